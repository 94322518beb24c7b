"""Whether anybody asks, and how late: what `/readyz`, the metrics and the poller page go by. No look at held tasks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.models import Poller, Task
from tasks.poller.report import Report, Wake
from tasks.vocabulary import Duty, Wait

DEAD_AFTER = timedelta(seconds=30)
LATE_S = 30.0
"""A lag from which on something is wrong: a poller that keeps up is late by less than a second."""
FREE_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Pulse:
    """Of all pollers together at `now`."""

    now: datetime
    beat_at: datetime | None
    """The newest heartbeat; None when there is no poller."""
    lag_s: float
    """How late the oldest due task is that neither a person, a provider nor a budget holds up."""

    @property
    def age_s(self) -> float | None:
        return None if self.beat_at is None else max(0.0, (self.now - self.beat_at).total_seconds())

    @property
    def is_beating(self) -> bool:
        return self.beat_at is not None and self.now - self.beat_at <= DEAD_AFTER

    @property
    def trouble(self) -> str:
        """What is wrong, as a reason for `/readyz`; "" when nothing is."""
        if self.age_s is None or self.beat_at is None:
            return "no poller has run" + self._waits("; the oldest due task waits for")
        if not self.is_beating:
            since = f"no poller has reported since {self.beat_at:%Y-%m-%d %H:%M:%S} UTC"
            return f"{since} ({self.age_s:.0f} s ago)" + self._waits("; the oldest due task waits for")
        if self.lag_s > LATE_S:
            return f"the last heartbeat is {self.age_s:.0f} s old, but" + self._waits(
                " the oldest due task waits for"
            )
        return ""

    def _waits(self, words: str) -> str:
        return f"{words} {self.lag_s:.0f} s" if self.lag_s >= 1.0 else ""


def read_pulse(now: datetime) -> Pulse:
    """In two queries."""
    return pulse_of(Poller.objects.polling(), read_free(), now)


def pulse_of(pollers: Iterable[Poller], free: Iterable[Wake], now: datetime) -> Pulse:
    known = list(pollers)
    lags = [0.0, *(_lag_s(one, now) for one in known)]
    lags += [(now - wake.due_at).total_seconds() for wake in free if wake.wait is None]
    return Pulse(now, max((one.heartbeat_at for one in known), default=None), max(lags))


def is_alive(poller: Poller, now: datetime) -> bool:
    return now - poller.heartbeat_at <= DEAD_AFTER


def _lag_s(poller: Poller, now: datetime) -> float:
    """As it told; of one that tells no more, since its next task was due."""
    report = Report.from_json(poller.report)
    if is_alive(poller, now):
        return report.lag_s
    return max(((now - wake.due_at).total_seconds() for wake in report.wakes if not wake.wait), default=0.0)


def read_free() -> list[Wake]:
    """The first 500 tasks that nobody holds: they have just come, or wait for hours, or for a person."""
    rows = Task.objects.filter(next_poll_at__isnull=False, claimed_by__isnull=True).order_by("next_poll_at")
    found = rows.values_list("pk", "account__slug", "next_poll_at", "account__enabled")[:FREE_LOOKED_AT]
    return [Wake(pk, slug, at, None if enabled else Wait.PAUSED) for pk, slug, at, enabled in found if at]


def polling(pollers: Iterable[Poller]) -> list[Poller]:
    return [one for one in pollers if one.duty == Duty.POLLING]
