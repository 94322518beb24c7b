"""The password of a share: asked for once, then remembered by one cookie of this link's own."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from dashboard.attempts import count_attempt, forget_attempts
from tasks.models import Share
from tasks.sharing import opens

COOKIE = "dailies_share"
REMEMBERED_S = 12 * 3600
DOOR = "share"


class TooManyTries(Exception):
    """The password was not even looked at."""


def is_unlocked(request: HttpRequest, share: Share) -> bool:
    """Whether there is no password, or this browser gave it within the last 12 hours."""
    if not share.password_hash:
        return True
    try:
        signed = request.COOKIES.get(COOKIE, "")
        return _signer(share).unsign(signed, max_age=REMEMBERED_S) == str(share.pk)
    except BadSignature:
        return False


def try_password(request: HttpRequest, share: Share) -> bool:
    """Whether the form holds the password. TooManyTries after ten wrong ones from one address in 15 minutes."""
    name = str(share.pk)
    if not count_attempt(request, name, DOOR):
        raise TooManyTries
    if not opens(share, request.POST.get("password", "")):
        return False
    forget_attempts(request, name, DOOR)
    return True


def remember(request: HttpRequest, response: HttpResponse, share: Share, token: str) -> None:
    """Set the cookie. It is worth nothing after another password, a new link or a revocation."""
    response.set_cookie(
        COOKIE,
        _signer(share).sign(str(share.pk)),
        max_age=REMEMBERED_S,
        path=reverse("share-page", args=[token]),
        secure=request.is_secure() or settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_foreign(request: HttpRequest) -> bool:
    """Whether another site sent this form.

    There is no cookie to prove its origin by. Browsers say so themselves; on a page without referrers some of them
    say only "null", and those that say nothing at all are no browsers.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    return origin != "null" and urlsplit(origin).netloc != request.get_host()


def _signer(share: Share) -> TimestampSigner:
    return TimestampSigner(salt=f"dailies.share.{share.token_hash}.{share.password_hash}")
