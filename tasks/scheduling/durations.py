"""How long tasks of one kind take: a distribution learned from those that ended. Pure values, no I/O.

Times lie on one grid, equal steps of the logarithm (5 % each): durations spread over orders of magnitude, and what
counts is their ratio. An observation is an interval, because an end is only known to lie between the ask that still
saw the task running and the one that noticed; a task still running has no upper bound.

The fit has two parts. A log-normal shape, found by expectation-maximisation over the intervals (`lognormal`), is what
the observations are taken to be like, with the weight of `SHAPE_COUNT` of them; the prior stands beside it. Around
that, no shape is assumed: every observation is shared out over its interval as the present estimate says, and what is
known sharply is smoothed, a few times over (Turnbull's self-consistent estimate of 1976 with the smoothing of
Silverman, Jones, Wilson and Nychka, 1990). So failures after seconds beside successes after minutes, or short and
long clips under one model name, do no harm, and three observations are not taken for the whole truth.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from math import erf, exp, isfinite, log, sqrt

from tasks.scheduling import lognormal
from tasks.scheduling.observation import Observation

STEP = 0.05
SHORTEST_S = 0.25
LONGEST_S = 14 * 86_400.0
_LOW = log(SHORTEST_S)
SHAPE_COUNT = 10.0
CELLS = int((log(LONGEST_S) - _LOW) / STEP)
_EDGES = tuple(exp(_LOW + k * STEP) for k in range(CELLS + 1))
_ROUNDS = 3
_SPREAD_GUESS, _SPREAD_GUESS_COUNT = 0.5, 3
"""Before much is seen, logarithms are taken to spread by this much, with the weight of so many observations."""
_TINY = 1e-300
_LEAST_HAZARD = 1e-12
_TRACE = 1e-6
"""What every cell of an assumed distribution holds at least: nothing is impossible."""
_ROOT_2 = sqrt(2)


@dataclass(frozen=True)
class Durations:
    """A distribution: `cumulative` holds the cumulative hazard -log(survival) at the edges of the grid.

    `count` is how many ends of this very key it rests on.
    """

    masses: tuple[float, ...]
    count: float = 0.0

    @cached_property
    def cumulative(self) -> tuple[float, ...]:
        left = accumulate(reversed(self.masses), initial=_TINY)
        return tuple(-log(min(one, 1.0)) for one in reversed(list(left)))

    @cached_property
    def hazards(self) -> tuple[float, ...]:
        """Of ending per second, at the edges of the grid."""
        steps = [
            max((after - before) / (_EDGES[k + 1] - _EDGES[k]), _LEAST_HAZARD)
            for k, (before, after) in enumerate(pairwise(self.cumulative))
        ]
        inner = [(before + after) / 2 for before, after in pairwise(steps)]
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

    def spread_from(self, age_s: float) -> float:
        """The same for those that are that old already: their ends lie closer together."""
        _, hazard = self.at(age_s)
        return min(self.spread, 1 / max(age_s * hazard, _TINY))

    @cached_property
    def patience(self) -> float:
        """Mean of one over the square root of the hazard, where tasks end: what a price of asking is made from."""
        rates = pairwise(self.hazards)
        parts = zip(self.masses, rates, strict=True)
        return sum(mass / sqrt((one + other) / 2) for mass, (one, other) in parts if mass > _TINY)


def log_normal(centre: float, spread: float) -> Durations:
    """The logarithm of seconds normally distributed."""
    shares = [0.5 * (1 + erf((log(edge) - centre) / (spread * _ROOT_2))) for edge in _EDGES]
    masses = [after - before + _TRACE for before, after in pairwise(shares)]
    whole = sum(masses)
    return Durations(tuple(mass / whole for mass in masses))


def fit(observations: Sequence[Observation], prior: Durations, prior_count: float) -> Durations:
    """What the observations show, `prior` counting as `prior_count` more of them."""
    ended = sum(isfinite(one.high_s) for one in observations)
    if not ended:
        return Durations(prior.masses)
    shape = log_normal(*lognormal.fit(observations, prior.centre, prior.spread))
    base_count = SHAPE_COUNT + prior_count
    base = [
        (SHAPE_COUNT * mine + prior_count * theirs) / base_count
        for mine, theirs in zip(shape.masses, prior.masses, strict=True)
    ]
    return Durations(tuple(_estimate(observations, base, base_count)), float(ended))


def _estimate(observations: Sequence[Observation], base: list[float], base_count: float) -> list[float]:
    sharp = [_cells(one) for one in observations if one.is_sharp]
    vague = [_cells(one) for one in observations if not one.is_sharp]
    masses, total = base, len(observations) + base_count
    for _ in range(_ROUNDS):
        seen = _share_out(sharp, masses)
        if sharp:
            seen = _smooth(seen, _bandwidth(seen, len(sharp)))
        parts = zip(seen, _share_out(vague, masses), base, strict=True)
        masses = [(known + guessed + base_count * assumed) / total for known, guessed, assumed in parts]
    return masses


def _cells(one: Observation) -> tuple[int, int]:
    return _cell(one.low_s), _cell(one.high_s)


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


def _bandwidth(masses: Sequence[float], count: int) -> float:
    """Silverman's rule of thumb, on logarithms; a few observations say little of how far they spread."""
    below = list(accumulate(masses, initial=0.0))
    middle_half = bisect_left(below, 0.75 * below[-1]) - bisect_left(below, 0.25 * below[-1])
    squares = count * (middle_half * STEP / 1.349) ** 2 + _SPREAD_GUESS_COUNT * _SPREAD_GUESS**2
    spread = sqrt(squares / (count + _SPREAD_GUESS_COUNT))
    return 0.9 * spread * exp(-log(count) / 5)


def _smooth(masses: Sequence[float], width: float) -> list[float]:
    """As with a normal kernel of that deviation: three running means, one after the other, come close to it."""
    reach = max(1, round((sqrt(4 * (width / STEP) ** 2 + 1) - 1) / 2))
    for _ in range(3):
        padded = (*masses[reach - 1 :: -1], *masses, *masses[: -reach - 1 : -1])
        below = list(accumulate(padded, initial=0.0))
        whole = 2 * reach + 1
        masses = [(after - before) / whole for before, after in zip(below, below[whole:], strict=False)]
    return list(masses)
