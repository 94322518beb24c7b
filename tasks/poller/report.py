"""What a poller tells of itself, for pages, `/readyz` and metrics: they live in other processes.

It is written into the poller's own row, so it costs nobody a look at the tasks, however many there are.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from itertools import chain
from typing import Any
from uuid import UUID

from django.utils import timezone

from tasks.database_thread import DatabaseThread
from tasks.models import Poller
from tasks.poller.line import Line
from tasks.poller.tracked import Tracked
from tasks.poller.writer import Writer
from tasks.transactions import write_transaction
from tasks.vocabulary import Wait

WAKES = 20


@dataclass(frozen=True, slots=True)
class LineReport:
    """How one account's tasks stand: those held, those due, and how late the one is that waits longest."""

    account: str
    held: int
    due: int
    late_s: float
    wait: Wait | None
    """Why due tasks are not asked just now; None: nothing holds them up."""


@dataclass(frozen=True, slots=True)
class Wake:
    """When a task is asked next, and what it waits for beside its time."""

    task_id: UUID
    account: str
    due_at: datetime
    wait: Wait | None


@dataclass(frozen=True, slots=True)
class Report:
    lines: tuple[LineReport, ...] = ()
    wakes: tuple[Wake, ...] = ()
    """The next 20, soonest first."""

    @property
    def held(self) -> int:
        return sum(line.held for line in self.lines)

    @property
    def due(self) -> int:
        return sum(line.due for line in self.lines)

    @property
    def lag_s(self) -> float:
        """How late the oldest task is that nothing but the poller itself holds up."""
        return max((line.late_s for line in self.lines if line.wait is None), default=0.0)

    def to_json(self) -> dict[str, Any]:
        return {
            "lines": [[one.account, one.held, one.due, round(one.late_s, 3), one.wait] for one in self.lines],
            "wakes": [
                [str(one.task_id), one.account, round(one.due_at.timestamp(), 3), one.wait]
                for one in self.wakes
            ],
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Report":
        """What `to_json` made; empty for the row of a poller that has told nothing yet."""
        return cls(
            tuple(
                LineReport(account, held, due, late_s, Wait(wait) if wait else None)
                for account, held, due, late_s, wait in said.get("lines", ())
            ),
            tuple(
                Wake(UUID(task_id), account, datetime.fromtimestamp(at, UTC), Wait(wait) if wait else None)
                for task_id, account, at, wait in said.get("wakes", ())
            ),
        )


def report_of(lines: Iterable[Line], now_s: float, now: datetime) -> Report:
    """How the lines stand at `now_s`, which is `now` on the loop's clock."""
    reports, wakes = [], []
    for line in sorted(lines, key=lambda line: line.account.slug):
        wait, wait_s = _held_up(line, now_s)
        waiting = [one for one in line.tracked.values() if not one.asking]
        due = sum(one.due_s <= now_s for one in waiting)
        soonest = nsmallest(WAKES, waiting, key=lambda one: one.due_s)
        late_s = max(0.0, now_s - soonest[0].due_s) if soonest else 0.0
        reports.append(LineReport(line.account.slug, len(line.tracked), due, late_s, wait))
        wakes.append([_wake(line.account.slug, one, wait, wait_s, now_s, now) for one in soonest])
    return Report(tuple(reports), tuple(nsmallest(WAKES, chain(*wakes), key=lambda wake: wake.due_at)))


def _held_up(line: Line, now_s: float) -> tuple[Wait | None, float]:
    """Why it may ask nobody now, and for how many seconds at least."""
    held_s = line.standing.held_s(now_s)
    if line.standing.stopped:
        return Wait.KEY, held_s
    if held_s:
        return Wait.LIMITED, held_s
    room_s = line.budget.wait_s(now_s)
    if room_s == 0.0:
        return None, 0.0
    return (Wait.AT_ONCE, 0.0) if room_s is None else (Wait.BUDGET, room_s)


def _wake(account: str, one: Tracked, wait: Wait | None, wait_s: float, now_s: float, now: datetime) -> Wake:
    """What holds up the whole line counts for a task that comes due meanwhile."""
    due_s, free_s = one.due_s, now_s + wait_s
    if wait and due_s <= free_s:
        return Wake(one.id, account, now + timedelta(seconds=max(due_s, free_s) - now_s), wait)
    return Wake(
        one.id, account, now + timedelta(seconds=due_s - now_s), Wait.BACKOFF if one.failures else None
    )


class Teller:
    """Writes the report into the poller's row whenever it changed."""

    def __init__(self, lines: Mapping[int, Line], writer: Writer, database: DatabaseThread) -> None:
        self._lines = lines
        self._writer = writer
        self._database = database
        self._told: tuple[UUID, dict[str, Any]] | None = None

    async def tell(self) -> None:
        now_s = asyncio.get_running_loop().time()
        now = self._writer.poller_id, report_of(self._lines.values(), now_s, timezone.now()).to_json()
        if now != self._told:
            await self._database.run(write_report, *now)
            self._told = now


def write_report(poller_id: UUID, report: dict[str, Any]) -> None:
    with write_transaction():
        Poller.objects.filter(pk=poller_id).update(report=report)
