from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.notifying.quiet import is_quiet

BERLIN = ZoneInfo("Europe/Berlin")
TIMES = st.times().map(lambda at: at.replace(microsecond=0))


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("21:59", False), ("22:00", True), ("23:30", True), ("03:00", True), ("06:59", True), ("07:00", False)],
)
def test_a_night_goes_over_midnight(clock: str, quiet: bool) -> None:
    at = datetime.fromisoformat(f"2026-11-30T{clock}:00+00:00")
    assert is_quiet(at, time(22), time(7), UTC) is quiet


def test_the_site_s_clocks_count_in_winter_and_summer() -> None:
    assert is_quiet(datetime(2026, 1, 10, 21, 30, tzinfo=UTC), time(22), time(7), BERLIN)
    assert not is_quiet(datetime(2026, 7, 10, 5, 30, tzinfo=UTC), time(22), time(7), BERLIN)
    assert is_quiet(datetime(2026, 7, 10, 20, 30, tzinfo=UTC), time(22), time(7), BERLIN)


def test_without_hours_it_is_never_quiet() -> None:
    at = datetime(2026, 1, 10, tzinfo=UTC)
    assert not is_quiet(at, None, None, UTC)
    assert not is_quiet(at, time(8), None, UTC)
    assert not is_quiet(at, time(8), time(8), UTC)


@given(TIMES, TIMES, st.datetimes(timezones=st.just(UTC)))
def test_a_day_has_quiet_hours_and_their_opposite(begins: time, ends: time, at: datetime) -> None:
    if begins == ends:
        return
    assert is_quiet(at, begins, ends, UTC) is not is_quiet(at, ends, begins, UTC)


@given(TIMES, TIMES)
def test_it_is_quiet_from_the_beginning_and_not_at_the_end(begins: time, ends: time) -> None:
    if begins == ends:
        return
    day = datetime(2026, 3, 3, tzinfo=UTC)
    assert is_quiet(datetime.combine(day, begins, UTC), begins, ends, UTC)
    assert not is_quiet(datetime.combine(day, ends, UTC) + timedelta(), begins, ends, UTC)
