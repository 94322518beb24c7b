"""The tasks of one account by the time they are due; of those due at once, the one worth most goes first."""

import heapq
from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import count, islice
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)

CANDIDATES_MAX = 256
"""Of more due items, those that have waited longest are looked at: a decision stays cheap."""
PUT_OFF_MAX = 32


class Agenda(Generic[Item]):
    """Every item is in it at most once: put in again, it moves. Items that are due keep their order."""

    def __init__(self) -> None:
        self._later: list[tuple[float, int, Item]] = []
        self._places: dict[Item, int] = {}
        """Of items not due yet, the entry that counts: older ones stay in the heap until they come up."""
        self._due: OrderedDict[Item, None] = OrderedDict()
        self._count = count()

    def __len__(self) -> int:
        return len(self._places) + len(self._due)

    @property
    def due(self) -> int:
        """How many were due at the last look."""
        return len(self._due)

    def due_by(self, at_s: float, most: int) -> int:
        """About how many will be due by then, counted up to `most`."""
        found, places = self.due, [0]
        while places and found < most:
            place = places.pop()
            if place < len(self._later) and self._later[place][0] <= at_s:
                found += self._places.get(self._later[place][2]) == self._later[place][1]
                places += (2 * place + 1, 2 * place + 2)
        return found

    def put(self, item: Item, due_s: float) -> None:
        self.drop(item)
        place = self._places[item] = next(self._count)
        heapq.heappush(self._later, (due_s, place, item))

    def rush(self, item: Item) -> None:
        """Due now, ahead of all others."""
        self.drop(item)
        self._due[item] = None
        self._due.move_to_end(item, last=False)

    def drop(self, item: Item) -> None:
        self._places.pop(item, None)
        self._due.pop(item, None)

    def look(self, now_s: float) -> float | None:
        """Seconds until an item is due: 0 is now, None is never."""
        while self._later:
            due_s, place, item = self._later[0]
            if self._places.get(item) == place:
                if due_s > now_s:
                    break
                del self._places[item]
                self._due[item] = None
            heapq.heappop(self._later)
        if self._due:
            return 0.0
        return self._later[0][0] - now_s if self._later else None

    def take(self, worth: Callable[[Item], float] | None = None) -> Item:
        """The due item worth most; of equals, and without `worth`, the first. Look before: one must be due."""
        if worth is None or len(self._due) == 1:
            return self._due.popitem(last=False)[0]
        best = max(islice(self._due, CANDIDATES_MAX), key=worth)
        del self._due[best]
        return best

    def put_off(self, least: float, worth: Callable[[Item], float], due_s: Callable[[Item], float]) -> None:
        """Items that came due when requests were cheaper wait on: of a few, those worth less than `least`."""
        for item in list(islice(self._due, PUT_OFF_MAX)):
            if worth(item) < least:
                self.put(item, due_s(item))
            else:
                self._due.move_to_end(item)
