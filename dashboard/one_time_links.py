"""Links that let somebody in once: the first manager, a new person, the demo's visitor."""

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from tasks.publishing import publish_people

SETUP_VALID_S = 7 * 24 * 3600


class _EntranceTokens(PasswordResetTokenGenerator):
    """Dead after the first sign-in, as the token is made from the time of the last one."""

    key_salt = "dailies.entrance"


_signer = TimestampSigner(salt="dailies.setup")
_entrance = _EntranceTokens()


def setup_path() -> str:
    """The address of the page that makes the first manager. It is dead once there is any user."""
    return reverse("setup", args=[_signer.sign("setup").removeprefix("setup:")])


def opens_setup(token: str) -> bool:
    """Whether this is a setup link that still works."""
    if User.objects.exists():
        return False
    try:
        return _signer.unsign(f"setup:{token}", max_age=SETUP_VALID_S) == "setup"
    except BadSignature:
        return False


def sign_in_path(user: User) -> str:
    """An address that signs `user` in, once, and only while the demo runs (`settings.DEMO`)."""
    return reverse("enter", args=[f"{_user_id(user)}.{_entrance.make_token(user)}"])


def user_of_entrance(token: str) -> User | None:
    """Whom a sign-in link lets in; None when it was used, is unknown, or this is no demo."""
    if not getattr(settings, "DEMO", False):
        return None
    user_id, _, rest = token.partition(".")
    return _user_with(user_id, rest, _entrance)


def password_path(user: User) -> str:
    """An address where `user` sets a password, once, within three days."""
    return reverse("set-password", args=[_user_id(user), default_token_generator.make_token(user)])


def user_of_password_link(user_id: str, token: str) -> User | None:
    """Who may set a password with this link; None when it was used, is too old or unknown."""
    return _user_with(user_id, token, default_token_generator)


def use_password_link(user: User, password: str) -> bool:
    """Set the password of the link's `user`; False when somebody else used the link at the same moment."""
    before = user.password
    user.set_password(password)
    is_first = bool(User.objects.filter(pk=user.pk, password=before).update(password=user.password))
    publish_people([user.pk] if is_first else [])
    return is_first


def _user_id(user: User) -> str:
    return urlsafe_base64_encode(force_bytes(user.pk))


def _user_with(user_id: str, token: str, tokens: PasswordResetTokenGenerator) -> User | None:
    try:
        user = User.objects.filter(pk=int(urlsafe_base64_decode(user_id)), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return user if user and tokens.check_token(user, token) else None
