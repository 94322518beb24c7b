"""What a reported percentage tells of the end, and how far it is to be trusted. Pure values, no I/O.

A reading (so many seconds old, so many percent) would, were progress even, put the end at `age / percent`. How much
that is worth differs between services: one counts frames, another stops at 50 % for most of the work. So the end is
taken as log-normal around that guess, corrected and widened by what the readings of finished tasks of the same key
have shown in the same fifth of the way (`Habit`); before there are any, it is trusted a little only. A percentage
that did not move as it should have since it was first seen contradicts even progress and widens the guess too.
100 says nothing more than 99: an end is what the status says.
"""

from collections.abc import Sequence
from math import log, sqrt
from typing import NamedTuple

FIFTHS = 5
_ROUNDING = 0.3
"""Standard deviation of a percentage that was rounded down, in points."""
_FIRST_TRUST = 0.3
"""Deviation of the guess's logarithm before a key's habit is known."""
_FIRST_TRUST_COUNT = 2.0
_KNOWN_FROM = 3
_NARROWEST = 0.003
_WIDEST = 2.0
"""An end not known to within a factor of two teaches nothing."""
_REMEMBERED = 200.0
"""Older readings fade, so that a habit that changed is learned anew."""


class Reading(NamedTuple):
    """A percentage, how old the task was when it was first seen, and when it was last."""

    first_s: float
    last_s: float
    percent: int

    @property
    def fifth(self) -> int:
        """Of the way, 0 to 4."""
        return min(max(self.percent, 0) * FIFTHS // 100, FIFTHS - 1)


class Forecast(NamedTuple):
    """The end as the logarithm of the task's age: centre and deviation."""

    centre: float
    spread: float


class Tally(NamedTuple):
    """Count, sum and sum of squares of misses: logarithms of real end to guessed end."""

    count: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def with_miss(self, miss: float) -> "Tally":
        fade = min(1.0, _REMEMBERED / (self.count + 1))
        return Tally((self.count + 1) * fade, (self.total + miss) * fade, (self.squares + miss * miss) * fade)


class Habit:
    """How the percentages of one key's finished tasks related to their ends, for each fifth of the way."""

    __slots__ = ("_tallies", "spread")

    def __init__(self) -> None:
        self._tallies = [Tally()] * FIFTHS
        self.spread: float | None = None
        """How far, as a logarithm, ends were off what a percentage made one expect; None until that is known."""

    def learn(self, readings: Sequence[Reading], low_s: float, high_s: float) -> None:
        """A task with these readings ended when it was between so many seconds old."""
        if high_s > _WIDEST * low_s:
            return
        for reading in readings:
            if reading.percent > 0:
                guess = even_end(reading)
                miss = min(max(guess, log(low_s)), log(high_s)) - guess
                self._tallies[reading.fifth] = self._tallies[reading.fifth].with_miss(miss)
        self.spread = self._usual_spread()

    def _usual_spread(self) -> float | None:
        count = sum(one.count for one in self._tallies)
        if count < _KNOWN_FROM:
            return None
        around = sum(one.squares - one.total**2 / one.count for one in self._tallies if one.count)
        guess = _FIRST_TRUST_COUNT * _FIRST_TRUST**2
        return sqrt((max(around, 0.0) + guess) / (count + _FIRST_TRUST_COUNT))

    def forecast(self, reading: Reading) -> Forecast | None:
        """When a task with this newest reading ends; None when it says nothing."""
        if reading.percent <= 0:
            return None
        count, total, squares = self._tallies[reading.fifth]
        weight = count + _FIRST_TRUST_COUNT
        miss = total / weight
        variance = (squares + _FIRST_TRUST_COUNT * _FIRST_TRUST**2) / weight - miss * miss
        rounding = _ROUNDING / (reading.percent + 0.5)
        spread = sqrt(max(variance, 0.0) + rounding * rounding + stalled(reading) ** 2)
        return Forecast(even_end(reading) + miss, max(spread, _NARROWEST))


def even_end(reading: Reading) -> float:
    """Logarithm of the age at which even progress would end."""
    return log(reading.last_s * 100 / (min(reading.percent, 99) + 0.5))


def stalled(reading: Reading) -> float:
    """By how much of a logarithm the percentage stood still for longer than even progress allows."""
    if reading.last_s <= reading.first_s:
        return 0.0
    whole = log(reading.last_s / reading.first_s) - log((reading.percent + 1.5) / max(reading.percent, 0.5))
    return max(whole, 0.0)
