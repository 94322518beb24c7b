"""Answers that many ask for at the same moment, worked out once."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """The latest answers to `kept` different questions. For one thread."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._latest: dict[Hashable, tuple[float, T]] = {}

    def get(self, question: Hashable, asked_at: float, answer: Callable[[], T]) -> T:
        """An answer that was begun after `asked_at` (time.monotonic), so that nobody gets an outdated one."""
        latest = self._latest.pop(question, None)
        if latest is None or latest[0] < asked_at:
            begun_at = time.monotonic()
            latest = begun_at, answer()
        self._latest[question] = latest
        if len(self._latest) > self._kept:
            del self._latest[next(iter(self._latest))]
        return latest[1]
