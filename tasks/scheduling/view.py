"""What the poller knows of one task when it decides about it. Times are seconds of the poller's clock."""

from dataclasses import dataclass, field
from typing import NamedTuple

from tasks.scheduling.progress import Reading
from tasks.vocabulary import Kind


class Key(NamedTuple):
    """Tasks of one key are taken to be alike."""

    account_id: int
    provider: str
    model: str
    kind: Kind


@dataclass(slots=True)
class TaskView:
    """One task after its last ask.

    `asked` changes it where it lies: of thousands of tasks each is seldom in the processor's caches, and a new
    object in place of an old one is paid twice.
    """

    key: Key
    begun_s: float
    """When it was created, or started at the provider if that was earlier."""
    asked_s: float
    """When it was last asked about and still ran; `begun_s` before that."""
    interval_s: float | None = None
    """The longest gap that its account allows, where a person set one."""
    readings: list[Reading] = field(default_factory=list)
    """What was reported of its progress: the newest last, of the others one for each fifth of the way."""

    @property
    def age_s(self) -> float:
        """Of the task when it was last asked about."""
        return self.asked_s - self.begun_s

    def asked(self, now_s: float, percent: int | None = None) -> None:
        """It was asked and still runs; `percent` as the provider reported it, None when it did not."""
        self.asked_s = now_s
        if percent is None:
            return
        if self.readings and self.readings[-1].percent == percent:
            self.readings[-1].last_s = self.age_s
            return
        newest = Reading(self.age_s, self.age_s, percent)
        self.readings = [*(one for one in self.readings if one.fifth != newest.fifth), newest]
