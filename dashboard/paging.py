"""Keyset paging: page 10,000 costs what page 1 does, and no row comes twice when new ones arrive."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from tasks.models import Task
from tasks.models.task import TaskQuerySet

Row = TypeVar("Row", bound=Model)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class BadCursor(ValueError):
    """A cursor that this server did not make."""

    def __str__(self) -> str:
        return "This cursor is not one of ours. Take it from “next” of the page before."


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place just after a task in the order newest first, or just before it when `before`."""

    created_at: datetime
    id: UUID
    before: bool = False

    @classmethod
    def at(cls, task: Task, *, before: bool = False) -> "Cursor":
        return cls(task.created_at, task.id, before)

    @classmethod
    def read(cls, text: str) -> "Cursor":
        try:
            plain = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)).decode()
            micros, identifier, side = plain.split(".")
            created_at = EPOCH + int(micros) * MICROSECOND
            return cls(created_at, UUID(identifier), {"a": False, "b": True}[side])
        except (ValueError, KeyError, OverflowError, binascii.Error) as error:
            raise BadCursor from error

    def __str__(self) -> str:
        micros = (self.created_at - EPOCH) // MICROSECOND
        plain = f"{micros}.{self.id}.{'b' if self.before else 'a'}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` tasks, newest first, with the cursors of their neighbours."""

    tasks: list[Task]
    next: Cursor | None
    previous: Cursor | None


def page_of(found: TaskQuerySet, cursor: Cursor | None, limit: int) -> Page:
    """One page of `found`, newest by `created_at`, then id."""
    backwards = cursor is not None and cursor.before
    order = ("created_at", "id") if backwards else ("-created_at", "-id")
    rows = list(_beyond(found, cursor).order_by(*order)[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    has_next = more if not backwards else bool(rows)
    has_previous = more if backwards else cursor is not None
    return Page(
        rows,
        Cursor.at(rows[-1]) if rows and has_next else None,
        Cursor.at(rows[0], before=True) if rows and has_previous else None,
    )


def _beyond(found: "QuerySet[Task]", cursor: Cursor | None) -> "QuerySet[Task]":
    """The first condition is what the index is entered by; the second settles equal times."""
    if cursor is None:
        return found
    if cursor.before:
        tie = Q(created_at=cursor.created_at, id__gt=cursor.id)
        return found.filter(created_at__gte=cursor.created_at).filter(
            Q(created_at__gt=cursor.created_at) | tie
        )
    return after(found, "created_at", cursor.created_at, cursor.id)


def after(rows: "QuerySet[Row]", column: str, at: datetime, pk: object) -> "QuerySet[Row]":
    """What follows the row of that time and key in the order newest first by `column`, then id."""
    tie = Q(**{column: at, "id__lt": pk})
    return rows.filter(**{f"{column}__lte": at}).filter(Q(**{f"{column}__lt": at}) | tie)


def older_page(
    rows: "QuerySet[Row]", cursor: Cursor | None, limit: int, column: str = "created_at"
) -> tuple[list[Row], Cursor | None]:
    """At most `limit` of what is ordered newest first by `column`, then id; the place behind them when more follow."""
    if cursor:
        rows = after(rows, column, cursor.created_at, cursor.id)
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], Cursor(getattr(last, column), last.pk)
