"""How scarce the requests of one account are. Pure: facts are passed in."""

from dataclasses import dataclass
from math import exp
from typing import NamedTuple

DUE_WANTED = 16
"""So many tasks are to be due at a time: enough to choose among, few enough to look at."""
_STEP = 0.05
_LARGEST_STEPS = 3.0
_LEAST_S = 0.05


class Pressure(NamedTuple):
    """What one request must be worth, and how long the budget takes to go round all tasks, both in seconds."""

    price_s: float = 0.0
    round_s: float = 0.0


CALM = Pressure()
"""There are requests enough."""


@dataclass(slots=True)
class Price:
    """Finds what a request of an account must be worth so that demand and budget meet.

    It rises while more tasks are due than the budget serves and falls while there are fewer, but never above what
    the last answer was worth: then nobody would be asked at all.
    """

    value_s: float = 0.0

    def spent(self, worth_s: float, due: int) -> None:
        """A request went to a task whose answer was worth that much, while so many others were due too."""
        steps = min((due - DUE_WANTED) / DUE_WANTED, _LARGEST_STEPS)
        raised_s = max(self.value_s, _LEAST_S) * exp(_STEP * steps)
        value_s = min(raised_s, worth_s)
        self.value_s = value_s if value_s > _LEAST_S else 0.0
