from math import exp, log

import pytest

from tasks.scheduling import TaskView
from tasks.scheduling.durations import log_normal
from tasks.scheduling.progress import Forecast, Habit, Reading, joined
from tests.scheduling.simulation import MIXED

KEY = MIXED[0].key


def readings(*pairs: tuple[float, int]) -> TaskView:
    view = TaskView(KEY, 1000.0, 1000.0)
    for age_s, percent in pairs:
        view.asked(1000.0 + age_s, percent)
    return view


def trained(count: int = 30) -> Habit:
    """Its tasks reported evenly."""
    habit = Habit()
    for n in range(count):
        end_s = 80.0 + n
        habit.learn([Reading(age, age, int(100 * age / end_s)) for age in (20, 40, 70)], end_s, end_s)
    return habit


def test_even_progress_tells_the_end() -> None:
    forecast = trained().forecast(Reading(30.0, 30.0, 25))
    assert forecast
    assert 115 < exp(forecast.centre) < 121
    assert forecast.spread < 0.05


def test_it_is_trusted_little_before_it_has_proven_itself() -> None:
    forecast = Habit().forecast(Reading(30.0, 30.0, 25))
    assert forecast
    assert forecast.spread > 0.25


def test_a_service_that_stops_at_half_is_not_believed_there() -> None:
    habit = Habit()
    for n in range(30):
        habit.learn([Reading(20.0, 30.0 + 5 * n, 50)], 200.0, 200.0)
    forecast = habit.forecast(Reading(20.0, 60.0, 50))
    assert forecast
    assert forecast.spread > 0.4


def test_a_percentage_that_stands_still_is_believed_less_and_less() -> None:
    habit = trained()
    spreads = [
        one.spread for age in (30.0, 40.0, 60.0, 120.0) if (one := habit.forecast(Reading(30.0, age, 50)))
    ]
    assert spreads == sorted(spreads)
    assert spreads[-1] > 1


@pytest.mark.parametrize("percent", [0, -3])
def test_nothing_says_nothing(percent: int) -> None:
    assert trained().forecast(Reading(10.0, 10.0, percent)) is None


def test_a_hundred_says_no_more_than_ninety_nine() -> None:
    habit = trained()
    full, nearly = (habit.forecast(Reading(50.0, 50.0, percent)) for percent in (100, 99))
    assert full
    assert nearly
    assert full.centre == nearly.centre


def test_a_view_keeps_one_reading_for_each_fifth_and_the_newest_last() -> None:
    view = readings((10, 5), (20, 12), (30, 25), (40, 25), (50, 61))
    assert view.readings == [Reading(20, 20, 12), Reading(30, 40, 25), Reading(50, 50, 61)]


def test_an_answer_without_progress_keeps_what_was_known() -> None:
    view = readings((10, 5))
    view.asked(1_030.0)
    assert view.readings == [Reading(10, 10, 5)]
    assert view.age_s == 30


def test_an_end_known_vaguely_teaches_nothing() -> None:
    habit = Habit()
    for _ in range(10):
        habit.learn([Reading(20.0, 20.0, 50)], 20.0, 90.0)
    assert habit.spread is None


def test_forecast_and_durations_count_by_their_precision() -> None:
    known = log_normal(log(100), 0.3)
    near = joined(Forecast(log(130), 0.3), known)
    assert 105 < exp(near.centre) < 125
    assert near.spread < 0.25
    far = Forecast(log(1000), 0.1)
    assert joined(far, known) == far
