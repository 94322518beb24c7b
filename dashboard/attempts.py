"""Slows down who guesses passwords: so many tries for a username from one address, then a pause."""

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

TRIES = 10
PAUSE_S = 15 * 60


def count_attempt(request: HttpRequest, username: str) -> bool:
    """Count one try before the password is looked at; False when there were too many in the last 15 minutes.

    Counted per process: several web processes allow as many times as much.
    """
    key = _key(request, username)
    cache.add(key, 0, PAUSE_S)
    try:
        return cache.incr(key) <= TRIES
    except ValueError:  # it ran out between the two calls
        return True


def forget_attempts(request: HttpRequest, username: str) -> None:
    """The right password came: earlier slips count no more."""
    cache.delete(_key(request, username))


def address_of(request: HttpRequest) -> str:
    """Where the request came from: what the proxy next to us saw, when there is one."""
    forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.USE_X_FORWARDED_HOST else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def _key(request: HttpRequest, username: str) -> str:
    who = f"{username.strip().casefold()}\n{address_of(request)}"
    return "sign-in-" + hashlib.sha256(who.encode()).hexdigest()
