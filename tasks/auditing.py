"""The audit log: who did what that others may ask about later."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from tasks.models import AuditEntry
from tasks.vocabulary import Deed

SUBJECT_MAX = 300
NAMED_MAX = 500
"""Of how many things one entry tells: its text must stay readable and small."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a deed was done to, as people call it, and its id."""

    name: str
    id: object

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


def remember(
    deed: Deed, by: User | None, subject: object, *, subject_id: object = "", details: str = ""
) -> None:
    """Write a deed down, inside the transaction that does it. Never a key, a password or a token."""
    shown, actor = str(subject).replace("\x00", "")[:SUBJECT_MAX], name_of(by)
    AuditEntry.objects.create(
        actor=by,
        actor_name=actor,
        deed=deed,
        subject=shown,
        subject_id=str(subject_id),
        details=details,
        search="\n".join((actor, by.get_username() if by else "", shown, details)).casefold(),
    )


def remember_many(
    deed: Deed, by: User | None, subjects: Sequence[Subject], plural: str, details: str = ""
) -> None:
    """The same deed, done to many at once: one entry that names all of them, after `details`."""
    if len(subjects) == 1:
        remember(deed, by, subjects[0].name, subject_id=subjects[0].id, details=details)
        return
    for start in range(0, len(subjects), NAMED_MAX):
        some = subjects[start : start + NAMED_MAX]
        lines = [details, *map(str, some)] if details else list(map(str, some))
        remember(deed, by, f"{len(some):,} {plural}", details="\n".join(lines))


def name_of(user: User | None) -> str:
    """As the history shows a person; "" for nobody."""
    return (user.get_full_name() or user.get_username())[:150] if user else ""
