"""When to ask a task next where nothing is known of its like. Pure functions: seconds in, seconds out."""

from random import Random

from tasks.timing import Timing
from tasks.vocabulary import Kind


def next_gap_s(kind: Kind, age_s: float, interval_s: float | None, timing: Timing, random: Random) -> float:
    """Seconds until the next ask of a task that runs for `age_s`.

    Without an interval: the kind's first gap, growing by a tenth of the age beyond a minute, to 30 s. An
    interval set on the account is the longest gap and does not grow. Jitter only ever shortens.
    """
    if interval_s is None:
        grown = first_gap_s(kind, timing) + max(0.0, age_s - timing.growth_after_s) / 10
        interval_s = min(grown, timing.longest_gap_s)
    return interval_s * (1 - timing.jitter * random.random())


def first_gap_s(kind: Kind, timing: Timing) -> float:
    """Between the first asks of a task of that kind."""
    for one, gap_s in timing.first_gap_s:
        if one is kind:
            return gap_s
    return timing.usual_first_gap_s
