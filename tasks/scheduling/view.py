"""What the poller knows of one task when it decides about it. Times are seconds of the poller's clock."""

from dataclasses import dataclass
from typing import NamedTuple

from tasks.scheduling.progress import Reading
from tasks.vocabulary import Kind


class Key(NamedTuple):
    """Tasks of one key are taken to be alike."""

    account_id: int
    provider: str
    model: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task after its last ask; `after_ask` makes the next one."""

    key: Key
    begun_s: float
    """When it was created, or started at the provider if that was earlier."""
    asked_s: float
    """When it was last asked about and still ran; `begun_s` before that."""
    interval_s: float | None = None
    """The longest gap that its account allows, where a person set one."""
    readings: tuple[Reading, ...] = ()
    """What was reported of its progress: the newest last, of the others one for each fifth of the way."""

    @property
    def age_s(self) -> float:
        """Of the task when it was last asked about."""
        return self.asked_s - self.begun_s

    def after_ask(self, now_s: float, percent: int | None = None) -> "TaskView":
        """It was asked and still runs; `percent` as the provider reported it, None when it did not."""
        readings = self.readings if percent is None else self._with_reading(now_s - self.begun_s, percent)
        return TaskView(self.key, self.begun_s, now_s, self.interval_s, readings)

    def _with_reading(self, age_s: float, percent: int) -> tuple[Reading, ...]:
        before = self.readings[-1] if self.readings else None
        if before and before.percent == percent:
            return *self.readings[:-1], Reading(before.first_s, age_s, percent)
        newest = Reading(age_s, age_s, percent)
        return *(one for one in self.readings if one.fifth != newest.fifth), newest
