"""How an attempt ends in the database: one conditional UPDATE each, told to who looks at the task.

Everything here says `claimed_by = me`. False: the result is no longer ours, or no longer what it was.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, Sum

from tasks.archive.copies import Copy
from tasks.archive.inspection import INSPECTED, Facts
from tasks.archive.renewing import Renewed
from tasks.archive.verdicts import Verdict
from tasks.figures import counted, size
from tasks.lifecycle import Change, NewEvent, record, touch
from tasks.models import Event, Result
from tasks.models.result import ResultQuerySet
from tasks.providers.masks import mask_secrets
from tasks.transactions import write_transaction
from tasks.vocabulary import Archive, EventType, Kind

PROBLEM_MAX = 500


@dataclass(frozen=True, slots=True)
class Hold:
    """A result as it was when we took it, and whose it is."""

    poller_id: UUID
    result: Result

    def rows(self, archive: Archive) -> ResultQuerySet:
        """The row, as long as it is ours and stands so."""
        return Result.objects.filter(pk=self.result.pk, claimed_by=self.poller_id, archive=archive)


def settle_stored(hold: Hold, copy: Copy, now: datetime) -> bool:
    """Its bytes are in the media storage. One that can be looked into stays ours for that."""
    columns = copy.columns(Kind(hold.result.kind), now)
    if not copy.wants_look:
        columns["claimed_by"] = None
    with write_transaction():
        return _settle(hold, Archive.PENDING, columns, now, tell=True)


def settle_verdict(hold: Hold, verdict: Verdict, fetched_bytes: int, now: datetime) -> bool:
    """There is no copy: not yet, or never."""
    later = None if verdict.due_s is None else now + timedelta(seconds=verdict.due_s)
    problem = mask_secrets(verdict.problem)[:PROBLEM_MAX]
    columns = {
        "archive": verdict.archive,
        "archive_due_at": later,
        "problem": problem,
        "fetched_bytes": fetched_bytes,
        "attempts": hold.result.attempts + verdict.counts,
        "claimed_by": None,
    }
    given_up = verdict.archive is not Archive.PENDING
    with write_transaction():
        changed = given_up or problem != hold.result.problem
        if not _settle(hold, Archive.PENDING, columns, now, tell=changed):
            return False
        if given_up:
            _note(hold.result, NewEvent(EventType.NOT_SAVED, f"{hold.result}: {problem}"), now)
            _note_saved(hold.result, now)
        return True


def settle_renewed(hold: Hold, fresh: Renewed, now: datetime) -> bool:
    """The provider gave a fresh link; what was fetched by the old one may go on by it."""
    columns = {"remote_url": fresh.url, "inline": fresh.inline, "expires_at": fresh.expires_at}
    with write_transaction():
        return _settle(hold, Archive.PENDING, columns, now, tell=True)


def settle_inspected(hold: Hold, facts: Facts, *, has_poster: bool, problem: str, now: datetime) -> bool:
    """What a look into it brought; what was known before stays where nothing was found."""
    found = {
        "width": facts.width,
        "height": facts.height,
        "duration_s": facts.duration_s,
        "codec": facts.codec,
        "peaks": list(facts.peaks),
        "kind": facts.kind if Kind(hold.result.kind) in INSPECTED | {Kind.OTHER} else None,
    }
    columns: dict[str, Any] = {name: value for name, value in found.items() if value} | {
        "has_poster": has_poster,
        "poster_problem": problem[:200],
        "inspected_at": now,
        "archive_due_at": None,
        "claimed_by": None,
    }
    with write_transaction():
        return _settle(hold, Archive.STORED, columns, now, tell=True)


def settle_uninspected(hold: Hold, due_s: float, now: datetime) -> None:
    """It could not be looked into just now."""
    later = now + timedelta(seconds=due_s)
    with write_transaction():
        hold.rows(Archive.STORED).update(archive_due_at=later, claimed_by=None)


def _settle(hold: Hold, archive: Archive, columns: dict[str, Any], now: datetime, *, tell: bool) -> bool:
    """Who settles another result of the task at the same time waits in `touch`, and then sees this one."""
    if not hold.rows(archive).update(**columns):
        return False
    if tell:
        touch([hold.result.task_id], now)
    if columns.get("archive") is Archive.STORED:
        _note_saved(hold.result, now)
    return True


def _note_saved(result: Result, now: datetime) -> None:
    """One event for all files of a task, as soon as none is on its way any more."""
    files = Result.objects.filter(task=result.task_id)
    if files.filter(archive=Archive.PENDING).exists():
        return
    events = Event.objects.filter(task=result.task_id, type=EventType.SAVED)
    told_at = events.aggregate(last=Max("at"))["last"]
    saved = files.filter(archive=Archive.STORED, **({"stored_at__gt": told_at} if told_at else {}))
    if number := saved.count():
        total = saved.aggregate(total=Sum("bytes"))["total"]
        _note(result, NewEvent(EventType.SAVED, f"{counted(number, 'file')} saved, {size(total)}"), now)


def _note(result: Result, event: NewEvent, now: datetime) -> None:
    record(result.task_id, Change(events=(event,)), now)
