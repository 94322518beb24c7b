"""The queues of results to fetch, one for each account: fair between them, the most urgent of each first."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from uuid import UUID

from tasks.archive.claiming import Claimed


@dataclass(slots=True)
class _Lane:
    waiting: list[tuple[datetime, UUID]] = field(default_factory=list)
    running: int = 0
    served: int = 0
    """When one of it was started last, as a running number."""


class Lanes:
    """`on_room` is called when something may be started that could not before: whoever starts them sets it."""

    def __init__(self, at_once: int, at_once_per_account: int) -> None:
        self._at_once = at_once
        self._at_once_per_account = at_once_per_account
        self.on_room: Callable[[], None] = lambda: None
        self._lanes: dict[int, _Lane] = {}
        self._turns = count(1)
        self._busy = 0

    def held(self) -> dict[int, int]:
        """How many of each account wait or run."""
        return {pk: lane.running + len(lane.waiting) for pk, lane in self._lanes.items()}

    def waiting(self) -> list[UUID]:
        return [result_id for lane in self._lanes.values() for _, result_id in lane.waiting]

    def add(self, one: Claimed) -> None:
        lane = self._lanes.setdefault(one.account_id, _Lane())
        heapq.heappush(lane.waiting, (one.urgent_at, one.result_id))

    def clear(self) -> None:
        """Forget what waits."""
        for lane in self._lanes.values():
            lane.waiting.clear()

    def start(self) -> Claimed | None:
        """The next one, which then runs; None when none may."""
        open_lanes = [
            (lane.running, lane.served, pk)
            for pk, lane in self._lanes.items()
            if lane.waiting and lane.running < self._at_once_per_account
        ]
        if self._busy >= self._at_once or not open_lanes:
            return None
        account_id = min(open_lanes)[2]
        lane = self._lanes[account_id]
        urgent_at, result_id = heapq.heappop(lane.waiting)
        lane.running += 1
        lane.served = next(self._turns)
        self._busy += 1
        return Claimed(result_id, account_id, urgent_at)

    def end(self, one: Claimed) -> None:
        """It runs no more."""
        self._lanes[one.account_id].running -= 1
        self._busy -= 1
        self.on_room()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """One that runs does nothing but wait for its turn at the provider: another account may go on."""
        self._busy -= 1
        self.on_room()
        try:
            yield
        finally:
            self._busy += 1
