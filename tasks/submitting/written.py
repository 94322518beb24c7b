"""From the answer to a create call to the task's row, whoever sent the call."""

from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError
from django.utils import timezone

from tasks.archive.handed import keep_handed
from tasks.lifecycle import Change
from tasks.models import Submission, Task
from tasks.providers.contract import Answer
from tasks.publishing import wake_pollers
from tasks.raw import raw_of
from tasks.submitting.claims import settle
from tasks.submitting.duplicates import make_room
from tasks.submitting.outcome import made


def taken(task: Task, answer: Answer) -> Change:
    """What the provider's answer makes of the task; ProviderError when it took nothing, or nobody can tell.

    Slow where the answer holds whole pictures, which are kept: call it beside the loop.
    """
    adoption = task.account.provider_module.read_created(answer)
    raw = replace(raw_of(answer), whole=False)  # it answers another question than how the task stands
    change = made(task, adoption, raw, timezone.now())
    return replace(change, kept=keep_handed(change.files, answer.body))


def write_down(submission: Submission, change: Change, now: datetime) -> None:
    """Settle the call with what came of it, and have it asked about. Synchronous."""
    try:
        settle(submission.pk, change, now)
    except IntegrityError:  # somebody tracked the same id while our call was out
        make_room(submission, change.columns["remote_id"])
        settle(submission.pk, change, now)
    wake_pollers()
