"""Who may do what, and what is personal on a page: role, time zone, theme."""

from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard.models import Profile, Theme

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class Role(IntEnum):
    """Each may do what the one before it may."""

    NOBODY = 0
    VIEWER = 1
    MEMBER = 2
    MANAGER = 3


GROUPS = tuple(role.name.lower() for role in Role if role is not Role.NOBODY)


class PeopleBackend(ModelBackend):
    """Signs people in, and loads the profile along with its user: every page needs both."""

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("profile").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None


def make_groups(**_: object) -> None:
    """After every migration: the three roles exist as Django groups."""
    for name in GROUPS:
        Group.objects.get_or_create(name=name)


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role:
    """The strongest role of a user's groups; a superuser is a manager, a user in no group a member.

    One query, remembered on the user object.
    """
    if not isinstance(user, User) or not user.is_active:
        return Role.NOBODY
    if user.is_superuser:
        return Role.MANAGER
    known: Role | None = getattr(user, "_dailies_role", None)
    if known is None:
        names = set(user.groups.values_list("name", flat=True)) & set(GROUPS)
        known = max((Role[name.upper()] for name in names), default=Role.MEMBER)
        user._dailies_role = known  # type: ignore[attr-defined]
    return known


def set_role(user: User, role: Role) -> None:
    """Put a user into exactly the group of that role."""
    user.groups.set(Group.objects.filter(name=role.name.lower()))


def needs(role: Role) -> Callable[[View[P]], View[P]]:
    """A page for people of at least this role: strangers sign in first, others read why not (403)."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if role_of(request.user) < role:
                raise PermissionDenied(f"This needs the role “{role.name.lower()}”. Ask a manager for it.")
            return view(request, *args, **kwargs)

        checked: View[P] = login_required(guarded)
        return checked

    return decorate


def person_of(request: HttpRequest) -> User:
    """Who is signed in, on a page behind `needs`; PermissionDenied on any other."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user


def profile_of(user: AbstractBaseUser | AnonymousUser) -> Profile:
    """The user's profile, or an unsaved one with every choice left open."""
    profile = getattr(user, "profile", None) if user.is_authenticated else None
    return profile if isinstance(profile, Profile) else Profile()


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The profile's time zone, else the one the browser told (cookie `timezone`), else UTC."""
    for name in (profile_of(request.user).timezone, unquote(request.COOKIES.get("timezone", ""))):
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            if name:
                return ZoneInfo(name)
    return ZoneInfo("UTC")


def personal(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: times on the page are in the person's zone."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(("/api/", "/static/")):
            return get_response(request)
        with timezone.override(zone_of(request)):
            return get_response(request)

    return middleware


def page_context(request: HttpRequest) -> dict[str, Any]:
    """For every template: `role`, `can_edit`, `can_manage`, and the `theme` and `timezone` of `<body>`."""
    user = getattr(request, "user", AnonymousUser())  # none when a middleware before it refused the request
    role = role_of(user)
    profile = profile_of(user)
    return {
        "role": role.name.lower(),
        "can_edit": role >= Role.MEMBER,
        "can_manage": role >= Role.MANAGER,
        "theme": "" if profile.theme == Theme.SYSTEM else profile.theme,
        "profile_timezone": profile.timezone,
    }
