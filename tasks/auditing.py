"""The audit log: who did what that others may ask about later."""

from django.contrib.auth.models import User

from tasks.models import AuditEntry
from tasks.vocabulary import Deed

SUBJECT_MAX = 300


def remember(
    deed: Deed, by: User | None, subject: object, *, subject_id: object = "", details: str = ""
) -> None:
    """Write a deed down, inside the transaction that does it. Never a key, a password or a token."""
    shown, actor = str(subject)[:SUBJECT_MAX], name_of(by)
    AuditEntry.objects.create(
        actor=by,
        actor_name=actor,
        deed=deed,
        subject=shown,
        subject_id=str(subject_id),
        details=details,
        search="\n".join((actor, shown, details)).casefold(),
    )


def name_of(user: User | None) -> str:
    """As the history shows a person; "" for nobody."""
    return (user.get_full_name() or user.get_username())[:150] if user else ""
