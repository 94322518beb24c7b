"""Slows down who guesses passwords: so many tries for one thing from one address, then a pause."""

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

TRIES = 10
PAUSE_S = 15 * 60


def count_attempt(request: HttpRequest, subject: str, door: str = "sign-in") -> bool:
    """Count one try before the password is looked at; False when there were too many in the last 15 minutes.

    `subject`: what the password opens, a username or another name that is one of its kind at this `door`.
    Counted per process: several web processes allow as many times as much.
    """
    key = _key(request, subject, door)
    cache.add(key, 0, PAUSE_S)
    try:
        return cache.incr(key) <= TRIES
    except ValueError:  # it ran out between the two calls
        return True


def forget_attempts(request: HttpRequest, subject: str, door: str = "sign-in") -> None:
    """The right password came: earlier slips count no more."""
    cache.delete(_key(request, subject, door))


def address_of(request: HttpRequest) -> str:
    """Where the request came from: what the proxy next to us saw, when there is one."""
    forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.USE_X_FORWARDED_HOST else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def _key(request: HttpRequest, subject: str, door: str) -> str:
    who = f"{subject.strip().casefold()}\n{address_of(request)}"
    return f"{door}-" + hashlib.sha256(who.encode()).hexdigest()
