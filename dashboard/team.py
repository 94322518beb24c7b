"""What managers do with people: add, change the role, disable, enable, hand out a new link."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Q, QuerySet

from dashboard.one_time_links import password_path
from dashboard.people import Role, set_role
from dashboard.roster import called
from dashboard.witness import NotAllowed, witnessed
from tasks.auditing import remember
from tasks.transactions import write_transaction
from tasks.vocabulary import Deed

__all__ = ["NotAllowed", "add_person", "change_role", "disable", "enable", "make_first_manager", "new_link"]

MANAGERS = Q(is_active=True) & (Q(is_superuser=True) | Q(groups__name=Role.MANAGER.name.lower()))


def managers() -> QuerySet[User]:
    """Everybody who can sign in and handles accounts and people."""
    return User.objects.filter(MANAGERS).distinct().order_by("username")


def make_first_manager(username: str, password: str) -> User | None:
    """The superuser that an empty installation begins with; None when somebody was faster."""
    with witnessed(None):
        if User.objects.exists():
            return None
        return User.objects.create_superuser(username, password=password)


def add_person(username: str, role: Role, by: User, *, name: str = "", email: str = "") -> User:
    """A person without a password: `new_link` lets them set one. ValidationError for a taken username."""
    try:
        with witnessed(by):
            user = User.objects.create_user(username, email=email, first_name=name)
            set_role(user, role)
    except IntegrityError as error:
        raise ValidationError({"username": f"There is somebody called “{username}” already."}) from error
    return user


def change_role(person: User, role: Role, by: User) -> None:
    """NotAllowed for oneself, for a superuser unless by one, and for the last manager."""
    with witnessed(by):
        _check(person, by, "change your own role", keeps_a_manager=role is Role.MANAGER)
        if person.is_superuser and role is not Role.MANAGER:
            person.is_superuser = person.is_staff = False
            person.save(update_fields=["is_superuser", "is_staff"])
        set_role(person, role)


def disable(person: User, by: User) -> None:
    """End the person's sessions and tokens. NotAllowed as for `change_role`."""
    with witnessed(by):
        _check(person, by, "disable yourself", keeps_a_manager=False)
        User.objects.filter(pk=person.pk).update(is_active=False)


def enable(person: User, by: User) -> None:
    """Let a disabled person in again, with the role, password and tokens from before."""
    with witnessed(by):
        _check(person, by, "enable yourself", keeps_a_manager=True)
        User.objects.filter(pk=person.pk).update(is_active=True)


def new_link(person: User, by: User) -> str:
    """The path where this person sets a password, once. Without a password yet, earlier links die."""
    _check_rank(person, by)
    with write_transaction():
        if not person.has_usable_password():
            person.set_unusable_password()
            person.save(update_fields=["password"])
        remember(Deed.LINK_GIVEN, by, called(person), subject_id=person.pk)
    return password_path(person)


def _check(person: User, by: User, deed: str, *, keeps_a_manager: bool) -> None:
    if person.pk == by.pk:
        raise NotAllowed(f"You cannot {deed}. Another manager can.")
    _check_rank(person, by)
    others = User.objects.select_for_update().filter(pk__in=managers().values("pk")).exclude(pk=person.pk)
    if not keeps_a_manager and not others.exists():
        raise NotAllowed(f"{person.username} is the last manager. Make somebody else a manager first.")


def _check_rank(person: User, by: User) -> None:
    if person.is_superuser and not by.is_superuser:
        raise NotAllowed(
            f"{person.username} administers this installation; only another administrator may do that."
        )
