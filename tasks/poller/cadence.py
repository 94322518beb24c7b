"""When to ask again after a failed ask, and about tasks that are not waited for any more. Pure functions."""

from datetime import datetime, timedelta

from tasks.timing import Timing
from tasks.vocabulary import Status


def backoff_s(failures: int, timing: Timing) -> float:
    """Seconds to wait after that many failed asks in a row, the last of them just now."""
    return float(min(timing.transient_gap_s * 2 ** min(failures - 1, 16), timing.longest_transient_gap_s))


def next_recheck_at(status: Status, anchor: datetime, now: datetime, timing: Timing) -> datetime | None:
    """The next time to ask about a lost task (`anchor`: when it was lost) or one that timed out (its deadline)."""
    gaps = timing.lost_recheck_s if status is Status.LOST else timing.timed_out_recheck_s
    times = (anchor + timedelta(seconds=gap) for gap in gaps)
    return next((at for at in times if at > now), None)
