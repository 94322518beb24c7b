"""Processes that share one account's budget in simulated time: what they send, and the ledger they divide it by."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

from tasks.budget.division import LEASE_USED, Durations, Hold, divide, is_over
from tasks.budget.ledger import spent_steps
from tasks.budget.local import Budget, Part

DURATIONS = Durations()
BEGUN_S = 1_700_000_000.0
"""On the calendar, when the clocks of the processes show 0."""


@dataclass
class Process:
    id: UUID
    budget: Budget
    is_stopped: bool = False
    flights: list[float] = field(default_factory=list)
    """When the requests on their way will be answered."""


class World:
    """One account. `sent` are the times at which the provider saw requests; `flying` who is asking until when."""

    def __init__(self, per_minute: int, at_once: int) -> None:
        self.whole = per_minute, at_once
        self.now_s = 0.0
        self.rows: dict[UUID, Hold] = {}
        self.processes: list[Process] = []
        self.sent: list[tuple[float, UUID]] = []
        self.most_at_once = 0
        self._ended: list[float] = []
        self._count = 0

    def join(self) -> Process:
        self._count += 1
        budget = Budget(*self.whole)
        budget.part = Part(0, 0, -1.0)
        one = Process(UUID(int=self._count), budget)
        self.processes.append(one)
        return one

    def settle(self, one: Process, *, leaving: bool = False) -> None:
        """As `ledger.settle` does, with a dict for the table."""
        now_s, budget = BEGUN_S + self.now_s, one.budget
        self.rows = {
            key: row for key, row in self.rows.items() if key != one.id and not is_over(row, now_s, DURATIONS)
        }
        wish = budget.wish(*self.whole, self.now_s)
        mine = Hold(one.id, 0, 0, wish.requests, wish.places, now_s)
        share = divide(self.whole, mine, self.rows.values(), now_s, DURATIONS)
        if leaving:
            share = replace(share, requests=0, places=0)
        requests, places = budget.shrink(share, self.now_s)
        until_s = now_s + DURATIONS.lease_s * (not leaving or places > 0)
        spent = spent_steps(budget.spent(self.now_s), BEGUN_S, DURATIONS.window_s)
        self.rows[one.id] = replace(
            mine, requests=requests, places=places, until_s=until_s, spent=tuple((a, b) for a, b in spent)
        )
        budget.grow(share, self.now_s + LEASE_USED * DURATIONS.lease_s)

    def leave(self, one: Process) -> None:
        self.settle(one, leaving=True)
        self.processes.remove(one)
        self._ended += one.flights

    def kill(self, one: Process, *, is_seen: bool) -> None:
        """`is_seen`: others of its machine notice at once that it is gone."""
        self.processes.remove(one)
        if is_seen and one.id in self.rows:
            row = self.rows[one.id]
            self.rows[one.id] = replace(row, until_s=min(row.until_s, BEGUN_S + self.now_s))

    def tick(self, seconds: float) -> None:
        """Time passes; what is answered by then has ended at its own time."""
        self.now_s += seconds
        for one in self.processes:
            for ended_s in sorted(end for end in one.flights if end <= self.now_s):
                one.flights.remove(ended_s)
                one.budget.end(ended_s)

    def send(self, one: Process, takes_s: float) -> bool:
        if one.is_stopped or one.budget.take(self.now_s) != 0.0:
            return False
        one.flights.append(self.now_s + takes_s)
        self.sent.append((self.now_s, one.id))
        self.most_at_once = max(self.most_at_once, sum(len(each.flights) for each in self.processes))
        return True

    def run(self, seconds: float, takes_s: float = 0.2) -> None:
        """Everybody has more to ask than may be sent, and looks at the ledger every two seconds."""
        end_s, turn = self.now_s + seconds, 0
        while self.now_s < end_s:
            for one in self._awake():
                if turn % 4 == 0:
                    self.settle(one)
                while self.send(one, takes_s):
                    pass
            self.tick(0.5)
            turn += 1

    def sent_since(self, since_s: float, one: Process | None = None) -> int:
        return sum(at >= since_s and (one is None or who == one.id) for at, who in self.sent)

    def most_in_a_minute(self) -> int:
        times = [at for at, _ in self.sent]
        return max((sum(at <= other < at + 60.0 - 1e-6 for other in times) for at in times), default=0)

    def _awake(self) -> Iterator[Process]:
        return (one for one in list(self.processes) if not one.is_stopped)
