"""How long tasks of a model usually run, as this installation's own history says; read anew now and then."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from django.utils import timezone

from tasks import experience
from tasks.models import Task
from tasks.vocabulary import Kind, Status

ENOUGH = 5
"""Successes below which nothing is called usual."""
COUNTED = 100
WIDEST = 8.0
"""Where the longer ones run so many times as long as the shorter ones, there is no usual time."""
READ_EVERY_S = 60.0

Alike = tuple[str, str, Kind]
"""Provider, model and kind. Accounts of one provider differ in what they pay, not in its machines."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Six in ten run between `low_s` and `high_s`, half of them shorter than `middle_s`."""

    low_s: float
    middle_s: float
    high_s: float


class UsualTimes:
    """Safe to use from several threads: one of them reads, and meanwhile the others go by what was known."""

    def __init__(self) -> None:
        self._known: dict[Alike, Usual] = {}
        self._read_at: float | None = None
        self._lock = threading.Lock()

    def of(self, task: Task) -> Usual | None:
        """None where too little is known. Asks no database; `task` comes with its account."""
        return self._known.get((task.account.provider, task.model, Kind(task.kind)))

    def renew(self, tasks: Iterable[Task]) -> None:
        """Before these are drawn: if any of them runs and the last reading is a while ago, read again."""
        runs = any(task.status == Status.RUNNING for task in tasks)
        if runs and self._is_old and self._lock.acquire(blocking=False):
            try:
                self._known, self._read_at = read(), time.monotonic()
            finally:
                self._lock.release()

    def forget(self) -> None:
        """As after a restart of the process."""
        self._known, self._read_at = {}, None

    @property
    def _is_old(self) -> bool:
        return self._read_at is None or time.monotonic() - self._read_at > READ_EVERY_S


def read() -> dict[Alike, Usual]:
    """Out of the database: from the start, where it is known, to the end of those that succeeded."""
    seconds: dict[Alike, list[float]] = {}
    now = timezone.now()
    for one in experience.newest():
        ran = one.since(one.started_at or one.created_at, now)
        if one.status is Status.SUCCEEDED and ran and isfinite(ran.high_s):
            alike = (one.key.provider, one.key.model, one.key.kind)
            seconds.setdefault(alike, []).append((ran.low_s + ran.high_s) / 2)
    usual = {alike: summed_up(several[:COUNTED]) for alike, several in seconds.items()}
    return {alike: one for alike, one in usual.items() if one}


def summed_up(seconds: list[float]) -> Usual | None:
    ordered = sorted(seconds)
    count = len(ordered)
    if count < ENOUGH:
        return None
    low_s, middle_s, high_s = (ordered[min(int(count * share), count - 1)] for share in (0.2, 0.5, 0.8))
    return Usual(low_s, middle_s, high_s) if low_s > 0 and high_s <= WIDEST * low_s else None


usual_times = UsualTimes()
