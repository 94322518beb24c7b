"""The tasks of one account by the time they are due; of those due at once, the one worth most goes first."""

import heapq
from collections.abc import Callable, Hashable
from itertools import count, islice
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)

THINNED_MAX = 32
CANDIDATES_MAX = 256
"""Of more due items, those that have waited longest are looked at: a decision stays cheap."""


class Agenda(Generic[Item]):
    """Every item is in it at most once: put in again, it moves."""

    def __init__(self) -> None:
        self._later: list[tuple[float, int, Item]] = []
        self._due: dict[Item, None] = {}
        self._places: dict[Item, int] = {}
        self._count = count()

    def __len__(self) -> int:
        return len(self._places) + len(self._due)

    @property
    def due(self) -> int:
        """How many were due at the last look."""
        return len(self._due)

    def put(self, item: Item, due_s: float) -> None:
        self.drop(item)
        place = self._places[item] = next(self._count)
        heapq.heappush(self._later, (due_s, place, item))

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

    def take(self, worth: Callable[[Item], float]) -> Item:
        """Of the due items the one worth most, and of equals the one that waited longest. Look first: one is due."""
        if len(self._due) == 1:
            return self._due.popitem()[0]
        best = max(islice(self._due, CANDIDATES_MAX), key=worth)
        del self._due[best]
        return best

    def thin(self, least: float, worth: Callable[[Item], float], due_s: Callable[[Item], float]) -> None:
        """Put off items that came due when requests were cheaper, a few at a time: those worth less than `least`."""
        for item in list(islice(self._due, THINNED_MAX)):
            if worth(item) < least:
                self.put(item, due_s(item))
            else:
                self._due[item] = self._due.pop(item)
