"""How long tasks of one kind take: a distribution learned from those that ended. Pure values, no I/O.

Times lie on one grid, equal steps of the logarithm (5 % each): durations spread over orders of magnitude, and what
counts is their ratio. An observation is an interval, because an end is only known to lie between the ask that still
saw the task running and the one that noticed; a task still running has no upper bound.

The fit repeats two steps (smoothed expectation-maximisation, after Silverman, Jones, Wilson and Nychka 1990; without
the smoothing it is Turnbull's self-consistent estimate of 1976): share every observation out over its interval as
the present estimate says, then smooth. No shape is assumed, so failures after seconds beside successes after minutes,
or short and long clips under one model name, do no harm. `prior` counts as so many observations more.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import erf, exp, inf, isfinite, log, sqrt
from typing import NamedTuple

STEP = 0.05
SHORTEST_S = 0.25
LONGEST_S = 14 * 86_400.0
_LOW = log(SHORTEST_S)
CELLS = int((log(LONGEST_S) - _LOW) / STEP)
_EDGES = tuple(exp(_LOW + k * STEP) for k in range(CELLS + 1))
_ROUNDS = 4
_SPREAD_GUESS, _SPREAD_GUESS_COUNT = 0.5, 3
"""Before much is seen, logarithms are taken to spread by this much, with the weight of so many observations."""
_NARROWEST = 0.02
_TINY = 1e-300
_TRACE = 1e-6
"""What every cell of an assumed distribution holds at least: nothing is impossible."""
_ROOT_2 = sqrt(2)


class Observation(NamedTuple):
    """A task ended when it was between so many seconds old; `high_s` is infinite while it runs."""

    low_s: float
    high_s: float


@dataclass(frozen=True)
class Durations:
    """A distribution: `cumulative` holds the cumulative hazard -log(survival) at the edges of the grid.

    `count` is how many ends of this very key it rests on.
    """

    masses: tuple[float, ...]
    count: float = 0.0

    @cached_property
    def cumulative(self) -> tuple[float, ...]:
        left = accumulate(reversed(self.masses), initial=self.masses[-1] / 2 + _TINY)
        return tuple(-log(one) for one in reversed(list(left)))

    @cached_property
    def hazards(self) -> tuple[float, ...]:
        """Of ending per second, at the edges of the grid."""
        steps = [
            (after - before) / (_EDGES[k + 1] - _EDGES[k])
            for k, (before, after) in enumerate(zip(self.cumulative, self.cumulative[1:], strict=False))
        ]
        inner = [(before + after) / 2 for before, after in zip(steps, steps[1:], strict=False)]
        return (steps[0], *inner, steps[-1])

    def at(self, age_s: float) -> tuple[float, float]:
        """Cumulative hazard and hazard per second at that age."""
        place = (log(age_s) - _LOW) / STEP if age_s > SHORTEST_S else 0.0
        cell = int(place)
        if cell >= CELLS:
            return self.cumulative[-1], self.hazards[-1]
        part = place - cell
        total, rate = self.cumulative, self.hazards
        return (
            total[cell] + part * (total[cell + 1] - total[cell]),
            rate[cell] + part * (rate[cell + 1] - rate[cell]),
        )

    def quantile_s(self, share: float) -> float:
        """The age by which that share has ended."""
        cell = min(bisect_left(self.cumulative, -log(1 - share)), CELLS)
        return _EDGES[cell]

    @cached_property
    def centre(self) -> float:
        """Mean of the logarithm of seconds."""
        return sum(mass * (_LOW + (k + 0.5) * STEP) for k, mass in enumerate(self.masses))

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the logarithm of seconds, as the middle half shows it: tails do not count."""
        return max(log(self.quantile_s(0.75) / self.quantile_s(0.25)) / 1.349, STEP)

    @cached_property
    def patience(self) -> float:
        """Mean of one over the square root of the hazard, where tasks end: what a price of asking is made from."""
        rates = zip(self.hazards, self.hazards[1:], strict=False)
        parts = zip(self.masses, rates, strict=True)
        return sum(mass / sqrt((one + other) / 2) for mass, (one, other) in parts if mass > _TINY)


def log_normal(median_s: float, spread: float) -> Durations:
    """The logarithm normally distributed: what is assumed where nothing is known."""
    centre = log(median_s)
    shares = [0.5 * (1 + erf((log(edge) - centre) / (spread * _ROOT_2))) for edge in _EDGES]
    masses = [after - before + _TRACE for before, after in zip(shares, shares[1:], strict=False)]
    whole = sum(masses)
    return Durations(tuple(mass / whole for mass in masses))


def fit(observations: Sequence[Observation], prior: Durations, prior_count: float) -> Durations:
    """What the observations show, `prior` counting as `prior_count` more of them."""
    cells = [(_cell(one.low_s), _cell(one.high_s)) for one in observations]
    ended = sum(isfinite(one.high_s) for one in observations)
    if not ended:
        return Durations(prior.masses)
    kernel = _kernel(_bandwidth(observations))
    masses, total = list(prior.masses), len(cells) + prior_count
    for _ in range(_ROUNDS):
        shared = _smooth(_share_out(cells, masses), kernel)
        masses = [
            (mine + prior_count * theirs) / total for mine, theirs in zip(shared, prior.masses, strict=True)
        ]
    return Durations(tuple(masses), float(ended))


def _cell(age_s: float) -> int:
    if age_s <= SHORTEST_S:
        return 0
    return CELLS - 1 if age_s >= LONGEST_S else min(int((log(age_s) - _LOW) / STEP), CELLS - 1)


def _share_out(cells: Iterable[tuple[int, int]], masses: Sequence[float]) -> list[float]:
    """Every interval's one observation over its cells, in proportion to `masses`."""
    below = list(accumulate(masses, initial=0.0))
    begins = [0.0] * (len(masses) + 1)
    for first, last in cells:
        weight = 1 / max(below[last + 1] - below[first], _TINY)
        begins[first] += weight
        begins[last + 1] -= weight
    return [mass * density for mass, density in zip(masses, accumulate(begins), strict=False)]


def _bandwidth(observations: Sequence[Observation]) -> float:
    """Silverman's rule of thumb, on logarithms."""
    ends = sorted(
        log(max(sqrt(one.low_s * one.high_s), SHORTEST_S)) for one in observations if isfinite(one.high_s)
    )
    count = len(ends)
    middle = sum(ends) / count
    squares = sum((end - middle) ** 2 for end in ends) + _SPREAD_GUESS_COUNT * _SPREAD_GUESS**2
    spread = sqrt(squares / (count - 1 + _SPREAD_GUESS_COUNT))
    if count >= 8:
        spread = min(spread, (ends[count * 3 // 4] - ends[count // 4]) / 1.349 + _NARROWEST)
    return max(0.9 * spread * count**-0.2, _NARROWEST)


def _kernel(width: float) -> list[float]:
    reach = int(3 * width / STEP)
    weights = [exp(-((k * STEP / width) ** 2) / 2) for k in range(-reach, reach + 1)]
    whole = sum(weights)
    return [weight / whole for weight in weights]


def _smooth(masses: Sequence[float], kernel: Sequence[float]) -> list[float]:
    reach, last = len(kernel) // 2, len(masses) - 1
    spread = [0.0] * len(masses)
    for cell, mass in enumerate(masses):
        if mass > _TINY:
            for k, weight in enumerate(kernel):
                spread[min(max(cell + k - reach, 0), last)] += mass * weight
    return spread
