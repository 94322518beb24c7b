"""The results of a task that has just told of its files: to be kept at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tasks.archive.copies import Kept
from tasks.archive.expiry import expires_at
from tasks.models import Result, Task
from tasks.providers.contract import File
from tasks.providers.fields import MAX_ADDRESS
from tasks.storable import clean
from tasks.vocabulary import Archive, Kind


@dataclass(frozen=True, slots=True)
class Found:
    """Files of a task that follow `known` earlier ones. `kept` are those inside the answer that are with us already."""

    task_id: UUID
    files: Sequence[File]
    kept: Sequence[Kept]
    at: datetime
    known: int = 0


def results_of(found: Iterable[Found]) -> list[Result]:
    """Rows still to be written. The tasks' own rows are, by now."""
    found = list(found)
    tasks = Task.objects.filter(pk__in=[one.task_id for one in found])
    ends = {
        pk: (provider, at) for pk, provider, at in tasks.values_list("pk", "account__provider", "finished_at")
    }
    return [row for one in found for row in _rows(one, *ends[one.task_id])]


def _rows(found: Found, provider: str, ended_at: datetime | None) -> Iterator[Result]:
    waiting = iter(found.kept)
    for position, file in enumerate(found.files, found.known):
        row = _row(found, position, file)
        if not file.expired:
            row.expires_at = expires_at(row.remote_url, provider, ended_at or found.at)
        if file.inline and (kept := next(waiting, None)):
            _take_over(row, kept, found.at)
        yield row


def _row(found: Found, position: int, file: File) -> Result:
    return Result(
        task_id=found.task_id,
        position=position,
        kind=file.kind,
        role=clean(file.role, 32),
        name=clean(file.name, 255),
        remote_url=clean(file.url, MAX_ADDRESS),
        inline=file.inline,
        archive=Archive.EXPIRED if file.expired else Archive.PENDING,
        archive_due_at=None if file.expired else found.at,
        content_type=clean(file.content_type, 100),
        width=file.width,
        height=file.height,
        duration_s=file.duration_s,
    )


def _take_over(row: Result, kept: Kept, now: datetime) -> None:
    row.id = kept.id
    for name, value in kept.copy.columns(Kind(row.kind), now).items() if kept.copy else ():
        setattr(row, name, value)
