"""What a socket signs in with. It is looked at when the socket opens, and again while it stays open."""

from dataclasses import dataclass, field
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest

from dashboard.tokens import authenticate


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
