"""An answer about a task that somebody else than the poller asked for: written down like any other. Synchronous."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from tasks.lifecycle import Change, Known, apply, change_from
from tasks.models import Task
from tasks.providers.contract import Answer, Snapshot
from tasks.publishing import publish_tasks
from tasks.raw import raw_of
from tasks.transactions import write_transaction
from tasks.vocabulary import FINAL

TRIES = 3


def hear(task_id: UUID, snapshot: Snapshot, answer: Answer, now: datetime) -> bool:
    """Whether the answer changed the task. Whoever writes at the same moment goes first."""
    for _ in range(TRIES):
        task = Task.objects.filter(pk=task_id, deleted_at=None).first()
        if task is None:
            return False
        change = change_from(Known.of(task, task.results.count()), snapshot, now)
        if not change:
            return False
        with write_transaction():
            if apply(task.pk, task.version, replace(_ended(change, task, now), raw=raw_of(answer)), now):
                publish_tasks([task.pk])
                return True
    return False


def _ended(change: Change, task: Task, now: datetime) -> Change:
    """A task that has ended is not asked about any more; when it did lies between the last ask and this one."""
    if change.columns.get("status") not in FINAL:
        return change
    columns = change.columns | {"next_poll_at": None}
    if columns.get("finished_at") == now:
        seen_at = task.last_poll_at or task.created_at
        columns["unseen_s"] = max(0.0, (now - seen_at).total_seconds())
    return replace(change, columns=columns)
