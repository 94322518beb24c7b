"""When the tasks of one account are asked, and which of them first: the policy, fed with what the poller knows."""

from collections.abc import Callable
from datetime import datetime
from math import inf

from tasks.budget import Budget
from tasks.models import Account
from tasks.poller.tracked import Tracked
from tasks.scheduling import CALM, Agenda, Key, Policy, Pressure, Price, TaskView
from tasks.scheduling.price import DUE_WANTED
from tasks.vocabulary import WAITING


class Plan:
    """Belongs to one account as it was last configured. Times in `_s` are the loop's, `_at` the calendar's."""

    def __init__(self, account: Account, policy: Policy, budget: Budget, agenda: Agenda[Tracked]) -> None:
        self._account_id, self._provider = account.pk, account.provider
        self._interval_s = account.poll_interval_s
        self._policy = policy
        self._budget = budget
        self._agenda = agenda
        self._price = Price()

    def recall(self, tracked: Tracked, now_s: float, now: datetime) -> None:
        """What the row tells of a task that was claimed just now: whether its provider has said that it runs."""
        if tracked.known.raw_status and tracked.known.status in WAITING:
            tracked.view = self._view(tracked, now_s, now)

    def next_gap_s(self, tracked: Tracked, percent: int | None, now_s: float, now: datetime) -> float:
        """Seconds until the next ask of a task that was just seen running."""
        view = tracked.view = self._view(tracked, now_s, now)
        view.asked(now_s, percent)
        return self._policy.next_at(view, self._pressure) - now_s

    def learn(self, tracked: Tracked, now_s: float, now: datetime) -> None:
        """The task was just seen ended."""
        self._policy.learn(self._view(tracked, now_s, now), now_s)

    def take(self, now_s: float) -> Tracked:
        """Whom to ask now; somebody must be due. Requests that are counted go where they are worth most."""
        if self._budget.per_minute is None:
            return self._agenda.take()
        worth = self._worth_at(now_s)
        tracked = self._agenda.take(worth)
        self._price.spent(worth(tracked), self._agenda.due)
        if self._agenda.due > 2 * DUE_WANTED:
            self._agenda.put_off(self._price.value_s, worth, self._due_s)
        return tracked

    @property
    def _pressure(self) -> Pressure:
        per_minute = self._budget.per_minute
        if per_minute is None:
            return CALM
        return Pressure(
            self._price.value_s, (len(self._agenda) + 1) * self._budget.window_s / max(per_minute, 1)
        )

    def _worth_at(self, now_s: float) -> Callable[[Tracked], float]:
        """Somebody waits for a hurried task, and of one never asked here nothing is known: these go first."""
        pressure = self._pressure

        def worth(tracked: Tracked) -> float:
            if tracked.hurried or tracked.view is None or tracked.failures:
                return inf
            return self._policy.worth(tracked.view, now_s, pressure)

        return worth

    def _due_s(self, tracked: Tracked) -> float:
        if tracked.view is not None:
            tracked.due_s = self._policy.next_at(tracked.view, self._pressure)
        return tracked.due_s

    def _view(self, tracked: Tracked, now_s: float, now: datetime) -> TaskView:
        """As it was after the last ask; made from the row when this is our first."""
        if tracked.view is not None:
            return tracked.view
        known = tracked.known
        key = Key(self._account_id, self._provider, known.model, known.kind)
        begun_at = min(known.created_at, known.started_at or known.created_at)
        asked_at = max(tracked.last_poll_at or begun_at, begun_at)
        to_loop_s = now_s - now.timestamp()
        return TaskView(
            key, begun_at.timestamp() + to_loop_s, asked_at.timestamp() + to_loop_s, self._interval_s
        )
