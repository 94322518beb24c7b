"""Which versions were sent already, so that a change heard of twice is sent once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from tasks.models import Task

STANDING_COLUMNS = ("id", "version", "status", "deleted_at", "archived_at", "starred", "tag_words")


class Standing(NamedTuple):
    """What counters and versions need to know of a task: all that may change of what filters look at, but text."""

    id: UUID
    version: int
    status: str
    deleted: bool
    archived: bool
    starred: bool
    tag_words: str

    @classmethod
    def of(cls, task: Task) -> "Standing":
        return cls(
            task.id,
            task.version,
            task.status,
            task.deleted_at is not None,
            task.archived_at is not None,
            task.starred,
            task.tag_words,
        )


@dataclass(slots=True)
class _Remembered:
    standing: Standing
    at: float


class Memory:
    """The last version of every task that changed lately. Times are of the loop's clock."""

    def __init__(self, remembered_s: float) -> None:
        self._remembered_s = remembered_s
        self._known: dict[UUID, _Remembered] = {}

    def is_news(self, task_id: UUID, version: int) -> bool:
        known = self._known.get(task_id)
        return known is None or known.standing.version < version

    def turned(self, task_id: UUID, status: str) -> bool:
        """Whether it had another status, as far as is known."""
        known = self._known.get(task_id)
        return known is None or known.standing.status != status

    def remember(self, standings: Iterable[Standing], now: float) -> bool:
        """Whether any of them may change a counter: it stands differently, or nothing was known of it."""
        counts_changed = False
        for one in standings:
            known = self._known.get(one.id)
            if known is None or known.standing[2:] != one[2:]:
                counts_changed = True
            self._known[one.id] = _Remembered(one, now)
        return counts_changed

    def forget_old(self, now: float) -> None:
        old = [one for one, known in self._known.items() if known.at < now - self._remembered_s]
        for one in old:
            del self._known[one]
