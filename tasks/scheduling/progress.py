"""What a reported percentage tells of the end, and how far it is to be trusted. Pure values, no I/O.

A reading (so many seconds old, so many percent) would, were progress even, put the end at `age / percent`. How much
that is worth differs between services: one counts frames, another stops at 50 % for most of the work. So the end is
taken as log-normal around that guess, corrected and widened by what the readings of finished tasks of the same key
have shown in the same fifth of the way (`Habit`); before there are any, it is trusted a little only. A percentage
that did not move as it should have since it was first seen contradicts even progress and widens the guess too.
100 says nothing more than 99: an end is what the status says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import NamedTuple

from tasks.scheduling.durations import Durations

FIFTHS = 5
_ROUNDING = 0.3
"""Standard deviation of a percentage that was rounded down, in points."""
_FIRST_TRUST = 0.3
"""Deviation of the guess's logarithm before a key's habit is known."""
_KNOWN_FROM = 3
_TOO_YOUNG_S = 0.5
_NARROWEST = 0.003
_BARELY = 0.1
_WIDEST = 2.0
"""An end not known to within a factor of two teaches nothing."""
_REMEMBERED = 200.0
"""Older readings fade, so that a habit that changed is learned anew."""


@dataclass(slots=True)
class Reading:
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
    """Weight, sum and sum of squares of misses: logarithms of real end to guessed end."""

    weight: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def with_miss(self, miss: float) -> "Tally":
        fade = min(1.0, _REMEMBERED / (self.weight + 1))
        return Tally(
            (self.weight + 1) * fade, (self.total + miss) * fade, (self.squares + miss * miss) * fade
        )


class Habit:
    """How the percentages of one key's finished tasks related to their ends, for each fifth of the way."""

    __slots__ = ("_tallies", "spread")

    def __init__(self) -> None:
        self._tallies = [Tally()] * FIFTHS
        self.spread: float | None = None
        """How far, as a logarithm, ends were off what a percentage made one expect; None until that is known."""

    def learn(self, readings: Sequence[Reading], low_s: float, high_s: float) -> None:
        """A task with these readings ended when it was between so many seconds old."""
        if low_s < _TOO_YOUNG_S or high_s > _WIDEST * low_s:
            return
        low, high = log(low_s), log(high_s)
        for reading in readings:
            guess = even_end(reading.first_s, reading.percent)
            if guess is None or low <= guess < low + _BARELY * (high - low):
                continue  # it promised the end at once, and whether that came nobody saw
            miss = min(max(guess, low), high) - guess
            self._tallies[reading.fifth] = self._tallies[reading.fifth].with_miss(miss)
        self.spread = self._usual_spread()

    def _usual_spread(self) -> float | None:
        weight = sum(one.weight for one in self._tallies)
        if weight < _KNOWN_FROM:
            return None
        around = sum(one.squares - one.total**2 / one.weight for one in self._tallies if one.weight)
        return sqrt(max(around, 0.0) / weight + _doubt(weight))

    def forecast(self, reading: Reading) -> Forecast | None:
        """When a task with this newest reading ends; None when it says nothing."""
        guess = even_end(reading.last_s, reading.percent)
        if guess is None:
            return None
        weight, total, squares = self._tallies[reading.fifth]
        miss = total / (weight + 1)
        variance = max(squares / weight - miss * miss, 0.0) if weight else 0.0
        rounding = _ROUNDING / (reading.percent + 0.5)
        spread = sqrt(variance + _doubt(weight) + rounding * rounding + stalled(reading) ** 2)
        return Forecast(guess + miss, max(spread, _NARROWEST))


def _doubt(weight: float) -> float:
    """The variance that so few readings cannot exclude: soon small where they agree."""
    return (_FIRST_TRUST / (1 + weight)) ** 2


def even_end(age_s: float, percent: int) -> float | None:
    """Logarithm of the age at which even progress would end; None where that percentage at that age says nothing."""
    if percent <= 0 or age_s < _TOO_YOUNG_S:
        return None
    return log(age_s * 100 / (min(percent, 99) + 0.5))


def stalled(reading: Reading) -> float:
    """By how much of a logarithm the percentage stood still for longer than even progress allows."""
    if reading.last_s <= reading.first_s:
        return 0.0
    whole = log(reading.last_s / reading.first_s) - log((reading.percent + 1.5) / max(reading.percent, 0.5))
    return max(whole, 0.0)


def joined(forecast: Forecast, known: Durations) -> Forecast:
    """The forecast with what is known of durations, each by its precision; alone where the two contradict."""
    own, theirs = forecast.spread**2, known.spread**2
    if (forecast.centre - known.centre) ** 2 > 4 * (own + theirs):
        return forecast
    centre = (forecast.centre * theirs + known.centre * own) / (own + theirs)
    return Forecast(centre, sqrt(own * theirs / (own + theirs)))
