"""When somebody tracked a task by its id while the call that made it was still out: one of the two has to go."""

from django.utils import timezone

from tasks.lifecycle import Change, NewEvent, record, touch
from tasks.models import Submission, Task
from tasks.transactions import write_transaction
from tasks.vocabulary import EventType


def make_room(submission: Submission, remote_id: str) -> None:
    """Put the other row into the trash and take the id from it: ours knows what was asked for."""
    now = timezone.now()
    with write_transaction():
        others = Task.objects.filter(account=submission.task.account_id, remote_id=remote_id)
        for other in others.exclude(pk=submission.pk):
            Task.objects.filter(pk=other.pk).update(
                remote_id=None, deleted_at=other.deleted_at or now, next_poll_at=None, claimed_by=None
            )
            message = f"The same as the task that was made here: {submission.pk}"
            record(other.pk, Change(events=(NewEvent(EventType.STOPPED, message),)), now)
            touch([other.pk], now)
