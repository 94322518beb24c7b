"""The submitter's side of the database. Synchronous; run in its own thread."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from tasks.lifecycle import Change, NewEvent, Raw, apply
from tasks.models import Poller, Submission, Task
from tasks.publishing import publish_tasks
from tasks.transactions import write_transaction
from tasks.vocabulary import EventType, Status

BATCH = 100

BROKE_OFF = "Dailies ended while the call was out. It may have been carried out, and is not sent again."


def claim(submitter_id: UUID) -> list[Submission]:
    """Unsent calls of accounts that are not paused, oldest first, now ours."""
    free = Submission.objects.unsent().filter(
        task__account__enabled=True, task__deleted_at=None, task__status=Status.SUBMITTING
    )
    free = free.order_by("created_at")
    if not free.exists():
        return []
    with write_transaction():
        if not Poller.objects.filter(pk=submitter_id).exists():
            return []
        if connection.features.has_select_for_update_skip_locked:
            free = free.select_for_update(skip_locked=True, of=("self",))
        ids = list(free.values_list("pk", flat=True)[:BATCH])
        Submission.objects.filter(pk__in=ids).update(claimed_by=submitter_id)
    return list(Submission.objects.select_related("task__account").filter(pk__in=ids).order_by("created_at"))


def mark_sent(submission: Submission, submitter_id: UUID, now: datetime) -> bool:
    """Before the call leaves. False: it is not ours to send, or was sent, or nobody wants it any more."""
    with write_transaction():
        if not Task.objects.filter(pk=submission.pk, deleted_at=None, status=Status.SUBMITTING).exists():
            return False
        open_ = Submission.objects.filter(
            pk=submission.pk, claimed_by=submitter_id, sent_at=None, settled_at=None
        )
        return bool(open_.update(sent_at=now))


def refuse(submission: Submission, submitter_id: UUID, change: Change, now: datetime) -> bool:
    """End a call that cannot be made, unsent. False: it is not ours."""
    with write_transaction():
        ours = Submission.objects.filter(
            pk=submission.pk, claimed_by=submitter_id, sent_at=None, settled_at=None
        )
        return bool(ours.update(claimed_by=None)) and settle(submission.pk, change, now)


def release(submission: Submission, submitter_id: UUID) -> None:
    """Give an unsent call back to whoever comes first."""
    with write_transaction():
        Submission.objects.filter(pk=submission.pk, claimed_by=submitter_id, sent_at=None).update(
            claimed_by=None
        )


def settle_orphans(now: datetime) -> int:
    """Calls that went out from a process that died: nobody knows what came of them. How many."""
    lost = list(Submission.objects.orphaned().values_list("pk", flat=True)[:BATCH])
    for task_id in lost:
        settle(task_id, doubt(BROKE_OFF, now), now)
    return len(lost)


def doubt(message: str, now: datetime, raw: Raw | None = None) -> Change:
    """The verdict that nobody knows."""
    event = NewEvent(EventType.STATUS, message, Status.SUBMITTING, Status.UNCONFIRMED)
    return Change({"status": Status.UNCONFIRMED, "status_at": now}, (event,), raw=raw)


def settle(task_id: UUID, change: Change, now: datetime) -> bool:
    """Write what came of a call. False: it is settled, or a person was faster."""
    with write_transaction():
        Submission.objects.filter(pk=task_id).update(settled_at=now, claimed_by=None)
        version = (
            Task.objects.filter(pk=task_id, status=Status.SUBMITTING)
            .values_list("version", flat=True)
            .first()
        )
        written = version is not None and apply(task_id, version, change, now)
        if written:
            publish_tasks([task_id])
    return written
