from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.poller.cadence import backoff_s, next_recheck_at
from tasks.scheduling.cadence import next_gap_s
from tasks.timing import Timing
from tasks.vocabulary import Kind, Status

USUAL = Timing()
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Still(Random):
    """No jitter."""

    def random(self) -> float:
        return 0.0


@pytest.mark.parametrize(
    ("kind", "age_s", "gap_s"),
    [
        (Kind.IMAGE, 0, 3.0),
        (Kind.VIDEO, 0, 5.0),
        (Kind.AUDIO, 60, 5.0),
        (Kind.VIDEO, 160, 15.0),
        (Kind.VIDEO, 3600, 30.0),
    ],
)
def test_the_gap_fits_the_kind_and_grows_with_age(kind: Kind, age_s: float, gap_s: float) -> None:
    assert next_gap_s(kind, age_s, None, USUAL, Still()) == gap_s


@given(st.sampled_from(list(Kind)), st.floats(0, 1e6), st.none() | st.floats(0.2, 3600), st.integers())
def test_jitter_only_shortens_and_by_a_fifth_at_most(
    kind: Kind, age_s: float, interval_s: float | None, seed: int
) -> None:
    longest = next_gap_s(kind, age_s, interval_s, USUAL, Still())
    gap = next_gap_s(kind, age_s, interval_s, USUAL, Random(seed))
    assert 0.8 * longest <= gap <= longest


def test_an_interval_is_the_longest_gap_and_does_not_grow() -> None:
    assert next_gap_s(Kind.VIDEO, 3600, 7.0, USUAL, Still()) == 7.0


def test_failures_back_off_to_a_minute() -> None:
    assert [backoff_s(n, USUAL) for n in (1, 2, 3, 4, 5, 500)] == [5, 10, 20, 40, 60, 60]


def test_a_lost_task_is_asked_about_again_three_times() -> None:
    asked: list[timedelta] = []
    while at := next_recheck_at(Status.LOST, NOW, NOW + (asked[-1] if asked else timedelta()), USUAL):
        asked.append(at - NOW)
    assert asked == [timedelta(minutes=10), timedelta(hours=1), timedelta(hours=24)]


def test_a_timed_out_task_is_asked_about_after_its_deadline() -> None:
    late = NOW + timedelta(hours=3)
    assert next_recheck_at(Status.TIMED_OUT, NOW, late, USUAL) == NOW + timedelta(hours=6)
