"""What a running task's page says of its end. `static/js/outlook.js` says the same, and keeps it true."""

from dataclasses import dataclass
from datetime import datetime
from math import exp

from dashboard.figures import HOUR, MINUTE
from dashboard.usual import Usual, usual_times
from tasks.models import Task
from tasks.vocabulary import Status

SLOW_TIMES, STUCK_TIMES = 2.0, 4.0
"""So many usual times is longer than usual, and so many is perhaps for ever."""
PERCENT_FROM = 5
BELIEVED_WITHIN = 1.5
"""A reported percentage tells the end when that lies within this factor of what is usual."""
AT_MIDDLE, AT_MOST = 80.0, 97.0
"""What the estimated bar shows at the usual time, and what it comes near to after it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """`percent` is an estimate, None where the provider reports one."""

    usual: Usual
    begun_at: datetime
    told_s: float
    """How long it had run when it was last heard of."""
    says: str
    percent: int | None
    is_slow: bool
    is_stuck: bool


def outlook(task: Task, now: datetime) -> Outlook | None:
    """None for tasks that do not run, or whose like are not known well enough."""
    if task.status != Status.RUNNING:
        return None
    usual = usual_times.of(task)
    if usual is None:
        return None
    begun_at = task.started_at or task.created_at
    ran_s, told_s = (max(0.0, (at - begun_at).total_seconds()) for at in (now, task.changed_at))
    times = ran_s / usual.middle_s
    return Outlook(
        usual,
        begun_at,
        told_s,
        says(usual, ran_s, task.progress, told_s),
        estimate(times) if task.progress is None else None,
        times >= SLOW_TIMES,
        times >= STUCK_TIMES,
    )


def says(usual: Usual, ran_s: float, percent: int | None, told_s: float) -> str:
    """In words, for a task that has run `ran_s` and reported `percent` after `told_s`."""
    if ran_s >= STUCK_TIMES * usual.middle_s:
        return "maybe stuck"
    if ran_s >= SLOW_TIMES * usual.middle_s:
        return "taking longer than usual"
    if percent is not None and PERCENT_FROM <= percent < 100:
        end_s = told_s * 100 / percent
        credible = usual.low_s / BELIEVED_WITHIN <= end_s <= usual.high_s * BELIEVED_WITHIN
        if credible and end_s > ran_s:
            return f"about {left(end_s - ran_s)} left"
    return f"usually {between(usual.low_s, usual.high_s)}"


def estimate(times: float) -> int:
    """The estimated percentage after so many usual times; never 100."""
    if times <= 1:
        return int(AT_MIDDLE * times)
    return int(AT_MIDDLE + (AT_MOST - AT_MIDDLE) * (1 - exp(1 - times)))


def left(seconds: float) -> str:
    """`10 s`, `1 min`, `2 h`: no more exactly than it is known."""
    if seconds < 1.5 * MINUTE:
        return f"{max(10, _nearest(seconds / 10) * 10)} s"
    return f"{_nearest(seconds / MINUTE)} min" if seconds < 1.5 * HOUR else f"{_nearest(seconds / HOUR)} h"


def between(low_s: float, high_s: float) -> str:
    """`20–40 s`, `2–4 min`, `about 3 min`, in the unit of the longer one."""
    unit, name = (1, "s") if high_s < 1.5 * MINUTE else (MINUTE, "min")
    if high_s >= 1.5 * HOUR:
        unit, name = HOUR, "h"
    step = 5 if unit == 1 and high_s >= 20 else 1
    low, high = (max(1, _nearest(one / unit / step) * step) for one in (low_s, high_s))
    return f"about {high} {name}" if low == high else f"{low}–{high} {name}"


def _nearest(number: float) -> int:
    """Halves upwards, as JavaScript has it."""
    return int(number + 0.5)
