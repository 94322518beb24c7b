"""Whether a provider is asked at all: a circuit breaker (Nygard, "Release It!", 2007). Pure but for what it remembers.

Closed: everybody is asked. Open: nobody, until a probe is due. Half-open: one task's ask, the probe, is on its way.
"""

from random import Random
from uuid import UUID

from tasks.poller.cadence import backoff_s
from tasks.timing import Timing

TASKS_TO_OPEN = 3
"""So many different tasks in a row without an answer: the trouble is not theirs."""
FAILURES_TO_OPEN = 5
"""Or so many failures in a row of fewer tasks, where there are no others."""
FAILURES_TO_LAST = 3
"""From then on people are told, and no task backs off further than `reach_s`: the return is to be noticed."""


class Circuit:
    """Of one account. Times are the loop's seconds.

    `reach_s` is half an interval: a probe comes at least so often, and once one is answered the tasks that waited are
    asked within as much again. So all are current within one interval of the provider's return.
    """

    def __init__(self, interval_s: float | None, timing: Timing, random: Random, *, opened: bool) -> None:
        self._timing = timing
        self._random = random
        self.reach_s = min((interval_s or timing.longest_gap_s) / 2, timing.longest_transient_gap_s)
        self.opened = opened
        self._failures = 0
        self._failing: set[UUID] = set()
        self._probes = 0
        self._probing = False
        self._probe_at_s = 0.0

    @property
    def lasting(self) -> bool:
        """Nothing else but failures for a while."""
        return self._failures >= FAILURES_TO_LAST

    def wait_s(self, now: float) -> float:
        """Seconds until somebody may be asked: 0 is now; longer than anything while a probe is on its way."""
        if not self.opened:
            return 0.0
        return self._timing.probe_s if self._probing else max(0.0, self._probe_at_s - now)

    def failed(self, now: float, task_id: UUID) -> None:
        """An ask brought no answer, or a server's own error."""
        self._failures += 1
        self._failing.add(task_id)
        if self.opened:
            return
        if len(self._failing) >= TASKS_TO_OPEN or self._failures >= FAILURES_TO_OPEN:
            self.opened, self._probes = True, 0
            self._wait_for_probe(now)

    def answered(self) -> bool:
        """The provider answered, whatever it said. True when it had been out of reach for a while."""
        was_away = self.opened or self.lasting
        self.opened = False
        self._failures = 0
        self._failing.clear()
        return was_away

    def begin_probe(self) -> None:
        self._probing = True

    def end_probe(self, now: float) -> None:
        """Unless it was answered, the next one comes later than this one did."""
        self._probing = False
        if self.opened:
            self._probes += 1
            self._wait_for_probe(now)

    def gap_s(self, failures: int) -> float:
        """Seconds until a task is asked again that has failed so many times in a row."""
        gap_s = backoff_s(failures, self._timing)
        return min(gap_s, self.reach_s) if self.lasting else gap_s

    def _wait_for_probe(self, now: float) -> None:
        """Growing gaps, shortened at random: many pollers and accounts must not come together."""
        gap_s = min(backoff_s(self._probes + 1, self._timing), self.reach_s)
        self._probe_at_s = now + gap_s * (1 - self._timing.jitter * self._random.random())
