"""What a socket signs in with. It is looked at when the socket opens, and again while it stays open."""

from collections.abc import Collection
from dataclasses import dataclass, field
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from dashboard.people import profile_of
from dashboard.tokens import authenticate
from tasks.models import ApiToken
from tasks.secrets import hash_token


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """A person's login in a browser."""

    key: str = field(repr=False)

    def user(self) -> User | None:
        """Who it is now; None after a logout, a new password, or when the person was disabled."""
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(self.key)
        user = get_user(request)
        return user if isinstance(user, User) and user.is_active else None


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A program's API token."""

    token: str = field(repr=False)

    def user(self) -> User | None:
        """Whom it acts for now; None when it was revoked, or the person disabled."""
        row = authenticate(self.token)
        return row.user if row else None


Credential = SessionCookie | BearerToken


@dataclass(frozen=True, slots=True)
class Login:
    """A credential, and whom it stood for when it was looked at; `password` as the database keeps it."""

    credential: Credential
    user_id: int
    password: str = field(repr=False)
    hears_all: bool = False
    """Whether the bell tells of everybody's tasks."""

    @classmethod
    def of(cls, credential: Credential) -> "Login | None":
        """None when it lets nobody in."""
        user = credential.user()
        if user is None:
            return None
        return cls(credential, user.pk, user.password, hears_all=profile_of(user).news_of_all)


def ended(logins: Collection[Login]) -> set[Login]:
    """Those that hold no longer: logged out, password changed, token revoked, person disabled. Few queries for all."""
    cookies = {one: one.credential.key for one in logins if isinstance(one.credential, SessionCookie)}
    tokens = {
        one: hash_token(one.credential.token) for one in logins if isinstance(one.credential, BearerToken)
    }
    keys, hashes = _living_sessions(cookies.values()), _known_hashes(tokens.values())
    people = User.objects.filter(pk__in={one.user_id for one in logins}, is_active=True)
    passwords = dict(people.values_list("pk", "password"))
    good = {one for one, key in cookies.items() if key in keys and passwords.get(one.user_id) == one.password}
    good |= {one for one, hashed in tokens.items() if hashed in hashes and one.user_id in passwords}
    return set(logins) - good


def _living_sessions(keys: Collection[str]) -> set[str]:
    living = Session.objects.filter(session_key__in=set(keys), expire_date__gt=timezone.now())
    return set(living.values_list("session_key", flat=True)) if keys else set()


def _known_hashes(hashes: Collection[str]) -> set[str]:
    known = ApiToken.objects.filter(token_hash__in=set(hashes))
    return set(known.values_list("token_hash", flat=True)) if hashes else set()
