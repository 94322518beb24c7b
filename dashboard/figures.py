"""Numbers as people read them. `static/js/figures.js` prints the same, for what goes on changing."""

from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.counts import SHOWN_UP_TO
from tasks.figures import counted, size

__all__ = ["absolute", "ago", "capped", "clock", "counted", "day", "day_name", "moment", "rough", "size"]

MINUTE, HOUR, DAY = 60, 3600, 86_400
JUST_NOW_S = 10


def clock(seconds: float) -> str:
    """A duration: `0:09`, `14:05`, `1:02:03`, from two days on `2 d 4 h`."""
    whole = max(0, round(seconds))
    if whole >= 2 * DAY:
        return f"{whole // DAY} d {whole % DAY // HOUR} h"
    hours, rest = divmod(whole, HOUR)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def rough(seconds: float) -> str:
    """A duration in its largest unit: `4 s`, `12 min`, `3 h`, `2 d`; half a unit rounds up."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {name}"
    return f"{min(59, max(0, round(seconds)))} s"


def ago(at: datetime, now: datetime) -> str:
    """`just now`, `3 min ago`, and after a week the day itself."""
    passed = (now - at).total_seconds()
    if passed < JUST_NOW_S:
        return "just now"
    return f"{rough(passed)} ago" if passed < 7 * DAY else day(at, now)


def day(at: datetime, now: datetime) -> str:
    """`22 Nov`, with the year when it is not this one; in the active zone."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def recent(at: datetime, now: datetime) -> str:
    """`14:02` of today, else the day; in the active zone."""
    local = timezone.localtime(at)
    return f"{local:%H:%M}" if local.date() == timezone.localtime(now).date() else day(at, now)


def moment(at: datetime, now: datetime) -> str:
    """`22 Nov 14:02:11`, in the active zone."""
    return f"{day(at, now)} {timezone.localtime(at):%H:%M:%S}"


def absolute(at: datetime) -> str:
    """`22 November 2026, 14:05:09 CET`: what a tooltip says, in the active zone."""
    local = timezone.localtime(at)
    return f"{local.day} {local:%B %Y, %H:%M:%S %Z}"


def long_date(at: datetime) -> str:
    """`22 November 2026`, in the active zone."""
    local = timezone.localtime(at)
    return f"{local.day} {local:%B %Y}"


def ends(at: datetime, now: datetime) -> str:
    """`ends in 3 h`, `ends 22 Nov`, `ended`."""
    left = at - now
    if left <= timedelta():
        return "ended"
    return f"ends in {rough(left.total_seconds())}" if left < timedelta(days=2) else f"ends {day(at, now)}"


def day_name(at: datetime, now: datetime) -> str:
    """`Today`, `Yesterday`, or the day, in the active zone."""
    that, today = timezone.localtime(at).date(), timezone.localtime(now).date()
    if that == today:
        return "Today"
    return "Yesterday" if that == today - timedelta(days=1) else day(at, now)


def capped(count: int) -> str:
    """A count with thousands set apart; beyond what is counted, `10,000+`."""
    return f"{SHOWN_UP_TO:,}+" if count > SHOWN_UP_TO else f"{count:,}"
