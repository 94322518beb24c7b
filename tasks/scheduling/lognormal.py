"""The normal distribution of logarithms that fits intervals best, by expectation-maximisation. Pure, no I/O."""

from collections.abc import Sequence
from math import erf, exp, isfinite, log, pi, sqrt
from typing import NamedTuple

from tasks.scheduling.observation import Observation

PRIOR_COUNT = 3.0
"""So many observations more, at the prior's centre and with `PRIOR_SPREAD` around it."""
PRIOR_SPREAD = 0.5
NARROWEST = 0.05
_ROUNDS = 8
_FAR = 20.0
_NARROW = 0.1
_TINY = 1e-9
_ROOT_2 = sqrt(2)
_ROOT_2_PI = sqrt(2 * pi)


class Shape(NamedTuple):
    """Of the logarithm of seconds."""

    centre: float
    spread: float


def fit(observations: Sequence[Observation], prior_centre: float, prior_spread: float) -> Shape:
    """The shape; the prior's centre matters little from ten observations on, its spread is only where to begin."""
    spans = [(_log(one.low_s), _log(one.high_s)) for one in observations]
    shape, total = Shape(prior_centre, prior_spread), PRIOR_COUNT + len(spans)
    for _ in range(_ROUNDS):
        moments = [_moments(low, high, shape) for low, high in spans]
        mean = (PRIOR_COUNT * prior_centre + sum(first for first, _ in moments)) / total
        around = sum(second - 2 * mean * first + mean * mean for first, second in moments)
        variance = (PRIOR_COUNT * PRIOR_SPREAD**2 + around) / total
        shape = Shape(mean, sqrt(max(variance, NARROWEST**2)))
    return shape


def _log(age_s: float) -> float:
    if not isfinite(age_s):
        return _FAR
    return max(log(age_s), -_FAR) if age_s > 0 else -_FAR


def _moments(low: float, high: float, shape: Shape) -> tuple[float, float]:
    """Mean and mean square of the shape between the two."""
    if high - low < _NARROW:
        middle = (low + high) / 2
        return middle, middle * middle
    begin, end = (low - shape.centre) / shape.spread, (high - shape.centre) / shape.spread
    inside = 0.5 * (erf(end / _ROOT_2) - erf(begin / _ROOT_2))
    if inside < _TINY:
        nearest = low if begin > 0 else high
        return nearest, nearest * nearest
    at_begin, at_end = _density(begin), _density(end)
    lean = (at_begin - at_end) / inside
    mean = shape.centre + shape.spread * lean
    narrowed = max(1 + (begin * at_begin - end * at_end) / inside - lean * lean, 0.0)
    return mean, mean * mean + shape.spread**2 * narrowed


def _density(place: float) -> float:
    return exp(-place * place / 2) / _ROOT_2_PI
