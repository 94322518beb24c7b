from math import exp, inf, isclose, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.scheduling.durations import Durations, fit, log_normal
from tasks.scheduling.observation import Observation

ANYTHING = log_normal(log(120), 1.2)
AGES = st.floats(0, 1e7)


def exact(seconds: list[float]) -> list[Observation]:
    return [Observation(one, one) for one in seconds]


def drawn(median_s: float, spread: float, count: int, seed: int = 1) -> list[float]:
    random = Random(seed)
    return [median_s * exp(random.gauss(0, spread)) for _ in range(count)]


@pytest.mark.parametrize(("count", "within"), [(3, 1.6), (20, 1.35), (200, 1.12)])
@pytest.mark.parametrize("seed", range(5))
def test_more_observations_come_closer_to_the_truth(count: int, within: float, seed: int) -> None:
    known = fit(exact(drawn(100, 0.4, count, seed)), ANYTHING, 4)
    assert 100 / within < known.quantile_s(0.5) < 100 * within


def test_failures_after_seconds_and_successes_after_minutes_stay_apart() -> None:
    known = fit(exact(drawn(4, 0.2, 60) + drawn(200, 0.2, 140)), ANYTHING, 4)
    _, before = known.at(4)
    _, between = known.at(30)
    _, after = known.at(220)
    assert between < before / 10
    assert between < after


def test_ends_known_only_between_two_asks_are_shared_out() -> None:
    seconds = drawn(100, 0.3, 200)
    spans = [Observation(one // 40 * 40, one // 40 * 40 + 40) for one in seconds]
    known = fit(spans, ANYTHING, 4)
    assert 85 < known.quantile_s(0.5) < 115


def test_tasks_that_still_run_count_as_long() -> None:
    """Of a batch begun together the quick ones end first: alone they would make all look quick."""
    seconds = drawn(100, 0.5, 200)
    ended = exact([one for one in seconds if one < 80])
    running = [Observation(80, inf) for one in seconds if one >= 80]
    assert fit(ended, ANYTHING, 4).quantile_s(0.5) < 70
    assert 80 < fit(ended + running, ANYTHING, 4).quantile_s(0.5) < 125


def test_without_an_end_it_is_the_prior() -> None:
    known = fit([Observation(50, inf)], ANYTHING, 4)
    assert known.masses == ANYTHING.masses
    assert known.count == 0


@given(st.lists(st.tuples(AGES, st.floats(0, 1e6)), min_size=1, max_size=30), AGES, AGES)
def test_any_observations_give_a_distribution(
    spans: list[tuple[float, float]], age: float, later: float
) -> None:
    known = fit([Observation(low, low + width) for low, width in spans], ANYTHING, 4)
    assert isclose(sum(known.masses), 1, rel_tol=1e-6)
    (gathered, hazard), (more, _) = known.at(min(age, later)), known.at(max(age, later))
    assert 0 <= gathered <= more
    assert hazard >= 0
    assert known.spread > 0


def test_quantiles_rise() -> None:
    known: Durations = ANYTHING
    quantiles = [known.quantile_s(share / 20) for share in range(20)]
    assert quantiles == sorted(quantiles)
    assert 110 < quantiles[10] < 131
