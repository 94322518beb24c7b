"""Quiet hours. Pure: the zone and the clock are passed in."""

from datetime import datetime, time, tzinfo


def is_quiet(at: datetime, begins: time | None, ends: time | None, zone: tzinfo) -> bool:
    """Whether a moment lies from `begins` until before `ends` on the zone's clocks, over midnight where need be."""
    if begins is None or ends is None or begins == ends:
        return False
    clock = at.astimezone(zone).time().replace(tzinfo=None)
    if begins < ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends
