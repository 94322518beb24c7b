"""What may happen to a task: an answer becomes a change, a change becomes one conditional UPDATE.

`change_from` decides, purely; `apply` (in `applying.py`) writes, and tells whether it was in time.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tasks.applying import MESSAGE_MAX, apply, record, touch
from tasks.archive.copies import Kept
from tasks.models import Task
from tasks.providers.contract import File, Snapshot
from tasks.storable import clean
from tasks.vocabulary import FINAL, EventType, Kind, Status

__all__ = ["Change", "Known", "NewEvent", "Raw", "apply", "change_from", "record", "touch", "verdict"]

WORD_MAX = 200
REMOTE_CLOCK_SLACK = timedelta(days=31)
RAW_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event still to be written."""

    type: EventType
    message: str = ""
    from_status: str = ""
    to_status: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """A provider's answer as text, already cut."""

    http_status: int
    text: str
    whole: bool = False
    """Whether a program may read it in place of the answer: nothing of it was cut."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer changes: columns, new events, files not known before. Empty when nothing does."""

    columns: dict[str, Any] = field(default_factory=dict)
    events: tuple[NewEvent, ...] = ()
    files: tuple[File, ...] = ()
    raw: Raw | None = None
    kept: tuple[Kept, ...] = ()
    """Those files that came inside the answer, in their order, and need not be fetched."""

    def __bool__(self) -> bool:
        return bool(self.columns or self.events or self.files)


@dataclass(frozen=True, slots=True)
class Known:
    """What is held of a task to compare an answer with."""

    status: Status
    raw_status: str
    progress: int | None
    model: str
    kind: Kind
    started_at: datetime | None
    created_at: datetime
    file_count: int = 0

    @classmethod
    def of(cls, task: Task, file_count: int = 0) -> "Known":
        return cls(
            status=Status(task.status),
            raw_status=task.raw_status,
            progress=task.progress,
            model=task.model,
            kind=Kind(task.kind),
            started_at=task.started_at,
            created_at=task.created_at,
            file_count=file_count,
        )

    def after(self, change: Change) -> "Known":
        """The same task once `change` is written."""
        if not (change.columns or change.files):
            return self
        ours = {name: value for name, value in change.columns.items() if name in _KNOWN_COLUMNS}
        return replace(self, **ours, file_count=self.file_count + len(change.files))


_KNOWN_COLUMNS = frozenset({"status", "raw_status", "progress", "model", "kind", "started_at"})


def change_from(known: Known, snapshot: Snapshot, now: datetime) -> Change:
    """What a provider's answer changes. Final tasks never change."""
    if known.status in FINAL:
        return Change()
    status = _next_status(known.status, snapshot.status)
    columns = _facts(known, snapshot, status)
    if status is not known.status:
        columns |= _entering(status, known, snapshot, now)
    return Change(columns, _status_events(known, status, snapshot), snapshot.files[known.file_count :])


def _next_status(old: Status, told: Status | None) -> Status:
    """A task that we gave up waiting for stays so until the provider says how it ended."""
    if told is None or (old is Status.TIMED_OUT and told not in FINAL and told is not Status.LOST):
        return old
    return told


def _facts(known: Known, snapshot: Snapshot, status: Status) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    word = clean(snapshot.raw_status, WORD_MAX)
    if word != known.raw_status:
        columns["raw_status"] = word
    progress = _progress(known, snapshot, status)
    if progress != known.progress:
        columns["progress"] = progress
    if snapshot.model and not known.model:
        columns["model"] = clean(snapshot.model, WORD_MAX)
    if snapshot.kind and known.kind is Kind.OTHER and snapshot.kind is not Kind.OTHER:
        columns["kind"] = snapshot.kind
    return columns


def _progress(known: Known, snapshot: Snapshot, status: Status) -> int | None:
    """Never backwards; 100 when succeeded."""
    if status is Status.SUCCEEDED:
        return 100
    if snapshot.progress is None or known.progress is None:
        return snapshot.progress if known.progress is None else known.progress
    return max(known.progress, snapshot.progress)


def _entering(status: Status, known: Known, snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    columns: dict[str, Any] = {"status": status, "status_at": now}
    if known.started_at is None and status in {Status.RUNNING, *FINAL}:
        started_at = _plausible(snapshot.started_at, known, now)
        columns["started_at"] = started_at or (now if status is Status.RUNNING else None)
    if status in FINAL:
        finished_at = _plausible(snapshot.finished_at, known, now) or now
        begun_at = known.started_at or columns.get("started_at") or finished_at
        columns["finished_at"] = max(finished_at, begun_at)
    if status is Status.FAILED and snapshot.error:
        columns["error_reason"] = snapshot.error.reason
        columns["error_code"] = clean(snapshot.error.code or "", WORD_MAX)
        columns["error_message"] = clean(snapshot.error.message, MESSAGE_MAX)
    return columns


def _plausible(at: datetime | None, known: Known, now: datetime) -> datetime | None:
    """A provider's clock is believed when it is neither in the future nor absurdly old."""
    if at is None or not known.created_at - REMOTE_CLOCK_SLACK <= at <= now + timedelta(seconds=5):
        return None
    return min(at, now)


def _status_events(known: Known, status: Status, snapshot: Snapshot) -> tuple[NewEvent, ...]:
    if status is known.status:
        return ()
    message = f"The provider says “{snapshot.raw_status}”" if snapshot.raw_status else ""
    events = [NewEvent(EventType.STATUS, message, known.status, status)]
    if status is Status.SUCCEEDED and known.status in {Status.TIMED_OUT, Status.LOST}:
        events.append(NewEvent(EventType.RECOVERED, "It had finished after all"))
    if status is Status.SUCCEEDED and not snapshot.files and not known.file_count:
        events.append(NewEvent(EventType.NO_FILE, "It succeeded, but the answer names no file"))
    return tuple(events)


def verdict(known: Known, status: Status, message: str, now: datetime) -> Change:
    """A status that we conclude ourselves: lost, timed_out, canceled."""
    return Change(
        {"status": status, "status_at": now}, (NewEvent(EventType.STATUS, message, known.status, status),)
    )
