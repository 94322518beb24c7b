"""Who is on the team and what lets them in, as a value: what a deed did to people is the difference of two."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User

from dashboard.people import GROUPS, Role
from tasks.models import ApiToken

ROLES = frozenset(GROUPS)
Powers = tuple[bool, bool, frozenset[str], frozenset[int]]
NO_POWERS: Powers = (False, False, frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody stands. `permissions` are Django's, for the admin site."""

    name: str
    active: bool
    superuser: bool
    staff: bool
    groups: frozenset[str]
    permissions: frozenset[int]
    password: str = field(repr=False)

    @property
    def role(self) -> Role:
        """What it would be again when enabled."""
        if self.superuser:
            return Role.MANAGER
        return max((Role[name.upper()] for name in self.groups & ROLES), default=Role.MEMBER)

    @property
    def powers(self) -> Powers:
        """What only an administrator hands out."""
        return self.superuser, self.staff, self.groups - ROLES, self.permissions

    @property
    def standing(self) -> tuple[object, ...]:
        """What nobody changes of themselves."""
        return self.active, self.role, self.powers

    @property
    def rank(self) -> str:
        """The role and the powers, in words."""
        word = "administrator" if self.superuser else self.role.name.lower()
        return f"{word} with the admin site" if self.staff and not self.superuser else word


@dataclass(frozen=True, slots=True)
class Token:
    """An API token that works."""

    owner_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody and every token, by their keys."""

    people: dict[int, Person]
    tokens: dict[int, Token]

    @classmethod
    def read(cls) -> "Roster":
        """As the database has it now, in four queries."""
        groups = _by_user(User.groups.through, "group__name")
        permissions = _by_user(User.user_permissions.through, "permission_id")
        people = {
            one.pk: Person(
                name=called(one),
                active=one.is_active,
                superuser=one.is_superuser,
                staff=one.is_staff,
                groups=frozenset(groups[one.pk]),
                permissions=frozenset(permissions[one.pk]),
                password=one.password,
            )
            for one in User.objects.all()
        }
        tokens = ApiToken.objects.order_by("pk")
        return cls(people, {one.pk: Token(one.user_id, str(one)) for one in tokens})

    @property
    def has_manager(self) -> bool:
        return any(one.active and one.role is Role.MANAGER for one in self.people.values())


def _by_user(through: Any, column: str) -> dict[int, set[Any]]:
    found: dict[int, set[Any]] = defaultdict(set)
    for user_id, value in through.objects.values_list("user_id", column):
        found[user_id].add(value)
    return found


def called(user: User) -> str:
    """As the audit log names a person: what people say, and what is signed in with."""
    name = user.get_full_name()
    return f"{name} ({user.get_username()})" if name else user.get_username()


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody who stands otherwise than before; None before being added, and after being deleted."""

    user_id: int
    was: Person | None
    now: Person | None

    @property
    def name(self) -> str:
        known = self.now or self.was
        return known.name if known else ""


def changes(before: Roster, after: Roster) -> list[Change]:
    everybody = sorted(before.people.keys() | after.people.keys())
    pairs = [Change(one, before.people.get(one), after.people.get(one)) for one in everybody]
    return [one for one in pairs if one.was != one.now]
