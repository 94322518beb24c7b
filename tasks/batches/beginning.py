"""How a batch begins and is told to end: what people do with it, from pages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import EmptyResultSet
from django.db import IntegrityError, connection
from django.utils import timezone

from tasks.auditing import name_of
from tasks.batches.acts import UNDONE_BY
from tasks.ids import uuid7
from tasks.models import Batch, BatchItem, Task
from tasks.models.batch import BATCHES_KEPT
from tasks.models.task import TaskQuerySet
from tasks.publishing import wake_pollers
from tasks.transactions import write_transaction
from tasks.vocabulary import BatchAct, ItemState

MOST = 100_000
"""Tasks of one batch."""
MOST_AGAIN = 1_000
"""New tasks of one batch: each may cost money."""
PURGED_AT_ONCE = 5_000
_FILL = """
INSERT INTO tasks_batchitem (batch_id, task_id, state, reason)
SELECT %s, found.id, %s, '' FROM ({sql}) AS found
"""


class TooMany(ValueError):
    """More tasks than one batch takes. Its text is for people."""


class CannotUndo(ValueError):
    """The batch has not ended, did nothing, is undone already, or its act has no way back. Its text is for people."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch is to do. `key` is its id: the same plan sent twice is one batch."""

    act: BatchAct
    params: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    key: UUID = field(default_factory=uuid7)


def most_of(act: BatchAct) -> int:
    """How many tasks one batch of this act takes."""
    return MOST_AGAIN if act is BatchAct.AGAIN else MOST


def begin(plan: Plan, rows: TaskQuerySet, by: User) -> Batch:
    """A batch over the tasks that `rows` finds at this moment, newest first; the existing one when it began before.

    TooMany, and nothing changed, when there are more than it takes.
    """
    try:
        with write_transaction():
            return _known(plan.key, by) or _new(plan, rows, by)
    except IntegrityError:  # the same form arrived twice at the same moment
        found = _known(plan.key, by)
        if found is None:
            raise
        return found


def undo(batch: Batch, by: User) -> Batch:
    """A batch that takes back what this one did, and no more. CannotUndo."""
    back = UNDONE_BY.get(BatchAct(batch.act))
    if back is None or batch.ended_at is None or not batch.done:
        raise CannotUndo("There is nothing to undo here.")
    done = batch.items.filter(state=ItemState.DONE).values("task_id")
    try:
        with write_transaction():
            new = _new(Plan(back), Task.objects.filter(pk__in=done), by, undoes=batch)
    except IntegrityError as error:
        raise CannotUndo("Somebody undoes it already.") from error
    return new


def cancel_batch(batch: Batch, by: User) -> bool:
    """Let it end after the piece under way; what is done stays done. False: it has ended already."""
    now = timezone.now()
    with write_transaction():
        open_ = Batch.objects.open().filter(pk=batch.pk, canceled_at=None)
        told = open_.update(canceled_at=now, canceled_by=name_of(by), due_at=now)
        wake_pollers()
    return bool(told)


def purge_batches(now: datetime) -> bool:
    """Delete reports 30 days after their end, some rows at a time. Whether there may be more."""
    old = Batch.objects.filter(ended_at__lt=now - BATCHES_KEPT)
    items = list(
        BatchItem.objects.filter(batch__in=old.values("pk")).values_list("pk", flat=True)[:PURGED_AT_ONCE]
    )
    with write_transaction():
        BatchItem.objects.filter(pk__in=items).delete()
        if not items:
            old.delete()
    return bool(items)


def _known(key: UUID, by: User) -> Batch | None:
    return Batch.objects.filter(pk=key, by=by).first()


def _new(plan: Plan, rows: TaskQuerySet, by: User, undoes: Batch | None = None) -> Batch:
    batch = Batch(
        id=plan.key,
        act=plan.act,
        params=plan.params,
        query=plan.query,
        by=by,
        by_name=name_of(by),
        undoes=undoes,
    )
    batch.save(force_insert=True)
    most = most_of(plan.act)
    batch.total = _fill(batch, rows.order_by("-created_at", "-id")[: most + 1])
    if batch.total > most:
        raise TooMany(f"One time takes at most {most:,} tasks, and more than these match. Narrow the filter.")
    if not batch.total:
        batch.ended_at = batch.created_at
    batch.save(update_fields=["total", "ended_at"])
    wake_pollers()
    return batch


def _fill(batch: Batch, rows: TaskQuerySet) -> int:
    """Its items by one statement, so that nothing matches in between; how many."""
    try:
        sql, params = rows.values("id").query.sql_with_params()
    except EmptyResultSet:  # it names no account that exists
        return 0
    key = Batch._meta.pk.get_db_prep_value(batch.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(_FILL.format(sql=sql), [key, ItemState.WAITING.value, *params])
        return int(cursor.rowcount)


def named(ids: Iterable[UUID]) -> TaskQuerySet:
    """The tasks of these ids, wherever they are."""
    return Task.objects.filter(pk__in=list(ids))
