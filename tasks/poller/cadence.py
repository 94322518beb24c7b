"""When to ask a task next. Pure functions: seconds in, seconds out."""

from datetime import datetime, timedelta
from random import Random

from tasks.timing import Timing
from tasks.vocabulary import Kind, Status


def next_gap_s(kind: Kind, age_s: float, interval_s: float | None, timing: Timing, random: Random) -> float:
    """Seconds until the next ask of a task that runs for `age_s`.

    Without an interval: the kind's first gap, growing by a tenth of the age beyond a minute, to 30 s. An
    interval set on the account is the longest gap and does not grow. Jitter only ever shortens.
    """
    if interval_s is None:
        first = dict(timing.first_gap_s).get(kind, timing.usual_first_gap_s)
        grown = first + max(0.0, age_s - timing.growth_after_s) / 10
        interval_s = min(grown, timing.longest_gap_s)
    return interval_s * (1 - timing.jitter * random.random())


def backoff_s(failures: int, timing: Timing) -> float:
    """Seconds to wait after that many failed asks in a row, the last of them just now."""
    return float(min(timing.transient_gap_s * 2 ** min(failures - 1, 16), timing.longest_transient_gap_s))


def next_recheck_at(status: Status, anchor: datetime, now: datetime, timing: Timing) -> datetime | None:
    """The next time to ask about a lost task (`anchor`: when it was lost) or one that timed out (its deadline)."""
    gaps = timing.lost_recheck_s if status is Status.LOST else timing.timed_out_recheck_s
    times = (anchor + timedelta(seconds=gap) for gap in gaps)
    return next((at for at in times if at > now), None)
