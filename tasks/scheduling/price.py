"""How scarce the requests of one account are. Pure: times and facts are passed in."""

from dataclasses import dataclass
from typing import NamedTuple

_LEARNED_SHARE = 0.05
_FORGOTTEN_SHARE = 0.02


class Pressure(NamedTuple):
    """What one request must be worth, and how long the budget takes to go round all tasks, both in seconds."""

    price_s: float = 0.0
    round_s: float = 0.0


CALM = Pressure()
"""There are requests enough."""


@dataclass(slots=True)
class Price:
    """Finds what a request of an account must be worth so that demand and budget meet.

    While tasks wait for the budget, the price follows what the answers of the asked ones are worth (that is where
    the market clears: a task worth less would have been asked in vain). While requests are left over, it falls.
    """

    value_s: float = 0.0

    def spent(self, worth_s: float, waiting: int) -> None:
        """A request went to a task whose answer was worth that much, while so many other tasks were due too."""
        if waiting:
            self.value_s += _LEARNED_SHARE * (worth_s - self.value_s)
        else:
            self.value_s *= 1 - _FORGOTTEN_SHARE
