"""What the poller page shows: who holds what, what is asked next and why it waits, and what went wrong lately."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Count, Subquery

from dashboard.account_cards import AccountCard, read_cards
from dashboard.pulse import Pulse, is_alive, polling, pulse_of, read_free
from dashboard.wording import CHIPS
from tasks.models import Batch, Delivery, Event, Poller, Result, Submission, Task
from tasks.poller.report import WAKES, LineReport, Report, Wake
from tasks.vocabulary import WAITING, Duty, EventType, Status, Wait

PROBLEMS_SHOWN = 8
LOOKED_BACK = 2_000
"""Problems are looked for among so many of the newest events, however many there are."""

DUTIES = {
    Duty.POLLING: "Asks",
    Duty.SUBMITTING: "Sends new tasks",
    Duty.ARCHIVING: "Keeps results",
    Duty.NOTIFYING: "Notifies",
    Duty.BATCHING: "Acts on many",
}
NOUNS = {
    Duty.POLLING: "task",
    Duty.SUBMITTING: "create call",
    Duty.ARCHIVING: "result",
    Duty.NOTIFYING: "message",
    Duty.BATCHING: "batch",
}
WAITS = {
    Wait.BACKOFF: "The last ask failed",
    Wait.BUDGET: "The request budget is used up",
    Wait.AT_ONCE: "All requests at once are out",
    Wait.LIMITED: "The provider asked to slow down",
    Wait.KEY: "The key is refused",
    Wait.PAUSED: "The account is paused",
}
NOBODY = "Nobody asks just now"


@dataclass(frozen=True, slots=True)
class Worker:
    """A process with a heartbeat."""

    row: Poller
    held: int
    is_alive: bool

    @property
    def does(self) -> str:
        return DUTIES[Duty(self.row.duty)]

    @property
    def noun(self) -> str:
        return NOUNS[Duty(self.row.duty)]

    @property
    def host(self) -> str:
        return self.row.host.split("/")[0]


@dataclass(frozen=True, slots=True)
class Turn:
    """A task that is asked next; `due_at` None: not before a person does something."""

    task: Task
    due_at: datetime | None
    why: str

    @property
    def standing(self) -> str:
        """Of a task that is only asked again hours later, why that is."""
        return "" if self.task.status in WAITING else CHIPS[Status(self.task.status)].word


@dataclass(frozen=True, slots=True)
class Share:
    """How one account's tasks stand with all pollers."""

    card: AccountCard
    held: int
    due: int
    late_s: float
    why: str


@dataclass(frozen=True, slots=True)
class Room:
    pulse: Pulse
    workers: tuple[Worker, ...]
    shares: tuple[Share, ...]
    turns: tuple[Turn, ...]
    problems: tuple[Event, ...]

    @property
    def held(self) -> int:
        return sum(share.held for share in self.shares)

    @property
    def due(self) -> int:
        return sum(share.due for share in self.shares)

    @property
    def pollers(self) -> int:
        return sum(one.is_alive and one.row.duty == Duty.POLLING for one in self.workers)


def read_room(now: datetime) -> Room:
    """In nine queries through indexes, however many tasks there are."""
    rows = sorted(Poller.objects.order_by("started_at"), key=lambda one: list(DUTIES).index(Duty(one.duty)))
    reports = {one.pk: Report.from_json(one.report) for one in rows}
    pulse = pulse_of(polling(rows), free := read_free(), now)
    alive = [reports[one.pk] for one in polling(rows) if is_alive(one, now)]
    known = alive or [reports[one.pk] for one in polling(rows)]
    return Room(
        pulse,
        tuple(_workers(rows, reports, now)),
        tuple(_shares(read_cards(now, {}), list(chain(*(one.lines for one in alive))))),
        tuple(_turns(chain(free, *(one.wakes for one in known)), "" if alive else NOBODY)),
        tuple(_problems()),
    )


def _workers(rows: Iterable[Poller], reports: dict[UUID, Report], now: datetime) -> Iterable[Worker]:
    open_calls = Submission.objects.filter(settled_at__isnull=True)
    held = {pk: report.held for pk, report in reports.items()}
    held |= _held(Result.objects) | _held(open_calls) | _held(Batch.objects.open()) | _held(Delivery.objects)
    for one in rows:
        yield Worker(one, held.get(one.pk, 0), is_alive(one, now))


def _held(rows: Any) -> dict[UUID, int]:
    claimed = rows.filter(claimed_by__isnull=False).order_by()
    return dict(claimed.values_list("claimed_by").annotate(n=Count("pk")))


def _shares(cards: Iterable[AccountCard], lines: list[LineReport]) -> Iterable[Share]:
    for card in cards:
        ours = [line for line in lines if line.account == card.account.slug]
        late = max(ours, key=lambda line: line.late_s, default=None)
        why = next((WAITS[line.wait] for line in ours if line.wait), "")
        due, held = sum(line.due for line in ours), sum(line.held for line in ours)
        yield Share(card, held, due, late.late_s if late else 0.0, why)


def _turns(wakes: Iterable[Wake], otherwise: str) -> Iterable[Turn]:
    """Soonest first; what waits for a person comes last. `otherwise` is why tasks wait that nothing else holds up."""
    soonest = sorted(wakes, key=lambda wake: (wake.wait is Wait.PAUSED, wake.due_at))[:WAKES]
    asked = Task.objects.tracked().filter(next_poll_at__isnull=False).select_related("account")
    tasks = asked.in_bulk([wake.task_id for wake in soonest])
    for wake in soonest:
        if task := tasks.get(wake.task_id):  # else it ended since
            due_at = None if wake.wait is Wait.PAUSED else wake.due_at
            yield Turn(task, due_at, WAITS[wake.wait] if wake.wait else otherwise)


def _problems() -> Iterable[Event]:
    newest = Subquery(Event.objects.order_by("-pk").values("pk")[:1])
    recent = Event.objects.filter(pk__gt=newest - LOOKED_BACK, task__deleted_at=None)
    found = recent.filter(type__in=(EventType.PROBLEM.value, EventType.NOT_SAVED.value))
    return found.select_related("task__account").order_by("-pk")[:PROBLEMS_SHOWN]
