"""Writing what was decided: changes of many tasks in a few statements, each under the version it was made from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models

from tasks.archive.making import Found, results_of
from tasks.bulk import update_rows
from tasks.models import Event, RawAnswer, Result, Task
from tasks.publishing import publish_tasks, wake_pollers
from tasks.storable import clean
from tasks.transactions import lock_by_keys

if TYPE_CHECKING:
    from tasks.lifecycle import Change, NewEvent, Raw

MESSAGE_MAX = 4_000
RAISE_VERSION = "version = t.version + 1"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one task, made from its row at `version`."""

    task_id: UUID
    version: int
    change: "Change"
    at: datetime


def apply_all(edits: Sequence[Edit], *, claimed_by: UUID | None = None) -> set[UUID]:
    """Write each change whose task still is at its version, held by `claimed_by` where given, and not in the trash.

    Call inside a write transaction, with each task once. Which were written: for the others somebody was faster.
    """
    if len(edits) > 1:
        lock_by_keys(Task, [edit.task_id for edit in edits])
    where = {"deleted_at": None} | ({"claimed_by": claimed_by} if claimed_by else {})
    written: set[UUID] = set()
    for rows in _alike(edits):
        written |= update_rows(Task, rows, match=("id", "version"), where=where, also=RAISE_VERSION)
    record_all([edit for edit in edits if edit.task_id in written])
    return written


def apply(
    task_id: UUID, version: int, change: "Change", now: datetime, *, claimed_by: UUID | None = None
) -> bool:
    """`apply_all` for one task. False: somebody was faster; read the row again."""
    return bool(apply_all([Edit(task_id, version, change, now)], claimed_by=claimed_by))


def touch(task_ids: Iterable[UUID], now: datetime) -> None:
    """Something beside these rows changed that their readers see: raise `version`, and tell. In a transaction."""
    ids = sorted(set(task_ids))
    lock_by_keys(Task, ids)
    Task.objects.filter(pk__in=ids).update(version=models.F("version") + 1, changed_at=now)
    publish_tasks(ids)


def _alike(edits: Sequence[Edit]) -> list[list[dict[str, Any]]]:
    """The rows to write, those with the same columns together."""
    searchable = _searchable([edit for edit in edits if "model" in edit.change.columns])
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    for edit in edits:
        row = {"id": edit.task_id, "version": edit.version, "changed_at": edit.at, **edit.change.columns}
        if edit.task_id in searchable:
            row["search"] = searchable[edit.task_id]
        alike.setdefault(frozenset(row), []).append(row)
    return list(alike.values())


def _searchable(edits: Sequence[Edit]) -> dict[UUID, str]:
    """What the text filter looks into, once these tasks have their models."""
    if not edits:
        return {}
    names = {edit.task_id: edit.change.columns["model"] for edit in edits}
    found = {}
    for task in Task.objects.filter(pk__in=names).only("title", "prompt", "remote_id"):
        task.model = names[task.pk]
        found[task.pk] = task.search_text()
    return found


def record_all(edits: Sequence[Edit]) -> None:
    """The rows beside the tasks: events, results, raw answers."""
    if events := [_event(edit.task_id, one, edit.at) for edit in edits for one in edit.change.events]:
        Event.objects.bulk_create(events)
    if with_files := [edit for edit in edits if edit.change.files]:
        first = _file_counts([edit.task_id for edit in with_files])
        found = [
            Found(one.task_id, one.change.files, one.change.kept, one.at, first.get(one.task_id, 0))
            for one in with_files
        ]
        Result.objects.bulk_create(results_of(found))
        wake_pollers()
    if answers := [_raw(edit, raw) for edit in edits if (raw := edit.change.raw)]:
        RawAnswer.objects.bulk_create(
            answers,
            update_conflicts=True,
            unique_fields=["task"],
            update_fields=["at", "http_status", "text", "whole"],
        )


def record(task_id: UUID, change: "Change", now: datetime) -> None:
    """`record_all` for one task; its version is of no interest here."""
    record_all([Edit(task_id, 0, change, now)])


def _file_counts(ids: list[UUID]) -> dict[UUID, int]:
    rows = Result.objects.filter(task_id__in=ids).order_by().values_list("task_id")
    return dict(rows.annotate(n=models.Count("pk")))


def _raw(edit: Edit, raw: "Raw") -> RawAnswer:
    return RawAnswer(
        task_id=edit.task_id, at=edit.at, http_status=raw.http_status, text=raw.text, whole=raw.whole
    )


def _event(task_id: UUID, one: "NewEvent", now: datetime) -> Event:
    return Event(
        task_id=task_id,
        at=now,
        type=one.type,
        from_status=one.from_status,
        to_status=one.to_status,
        actor=one.actor,
        message=clean(one.message, MESSAGE_MAX),
    )
