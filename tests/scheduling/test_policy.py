"""Small simulations with fixed seeds: what the policy saves, as ratios of two ways in the same world."""

from dataclasses import replace
from math import inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.scheduling import CALM, History, Policy, Pressure, TaskView
from tasks.scheduling.cadence import next_gap_s
from tasks.scheduling.observation import Observation
from tasks.scheduling.policy import STARVED_ROUNDS
from tasks.timing import Timing
from tasks.vocabulary import Kind
from tests.scheduling.simulation import (
    MIXED,
    Job,
    Model,
    Outcome,
    Report,
    RoundRobin,
    Timed,
    World,
    backoff_like,
    by_worth,
    learned,
    linear,
    unreported,
)

UNTIL_S, WARM_S = 2_500.0, 700.0
MEDIUM = MIXED[1]


def spent(seed: int, report: Report = unreported, models: tuple[Model, ...] = MIXED, **known: int) -> Outcome:
    return World(models, by_worth(learned(models, seed + 50, **known), 60), seed, report).spend(
        60, UNTIL_S, WARM_S
    )


def round_robin(seed: int, models: tuple[Model, ...] = MIXED) -> Outcome:
    return World(models, RoundRobin(), seed).spend(60, UNTIL_S, WARM_S)


def policy(history: History | None = None) -> Policy:
    return Policy(learned(MIXED, 3) if history is None else history, Timing(), Random(1))


def view_of(model: Model, asked_s: float = 0.0) -> TaskView:
    return TaskView(model.key, 0.0, asked_s)


# A budget that does not suffice


def test_it_notices_sooner_than_round_robin_and_backoff() -> None:
    asked = spent(1)
    assert asked.mean_late_s <= 0.8 * round_robin(1).mean_late_s
    assert asked.mean_late_s <= 0.33 * backoff_like(asked.requests_each, MIXED, 1)


def test_reported_progress_makes_it_notice_much_sooner() -> None:
    assert spent(1, linear).mean_late_s <= 0.2 * round_robin(1).mean_late_s


def test_few_finished_tasks_help_already() -> None:
    assert spent(1, count=20).mean_late_s <= 0.85 * round_robin(1).mean_late_s
    assert spent(1, count=3).mean_late_s <= 0.95 * round_robin(1).mean_late_s


def plateau(share: float, random: Random) -> int:
    """As MoneyPrinterTurbo: 50 % for most of the time."""
    return 10 if share < 0.1 else 50 if share < 0.9 else 95


def too_early(share: float, random: Random) -> int:
    return 100 if share > 0.3 else int(share * 100)


def meaningless(share: float, random: Random) -> int:
    return random.randrange(100)


@pytest.mark.parametrize("report", [plateau, too_early, meaningless])
def test_misleading_progress_does_not_mislead(report: Report) -> None:
    assert spent(1, report).mean_late_s <= round_robin(1).mean_late_s


@pytest.mark.parametrize(
    "truth",
    [
        [replace(one, heavy=0.05) for one in MIXED],
        [replace(one, median_s=one.median_s * 1.5) for one in MIXED],
        [replace(one, batches=(1.0, 1.0, 2.0, 4.0)) for one in MIXED],
    ],
    ids=["heavier tails", "slower than before", "batches of several"],
)
def test_what_was_learned_may_be_wrong(truth: list[Model]) -> None:
    """It keeps learning; round robin knows nothing that could be wrong."""
    history = History()
    was = learned(MIXED, 51)
    for model, old in zip(truth, MIXED, strict=True):
        history.replace({model.key: was.observations(old.key)})
    asked = World(truth, by_worth(history, 60), 1).spend(60, UNTIL_S, WARM_S)
    blind = World(truth, RoundRobin(), 1).spend(60, UNTIL_S, WARM_S)
    assert asked.mean_late_s <= blind.mean_late_s


def test_nobody_starves() -> None:
    """Tasks that never end, at the end of everybody's queue."""
    endless = (*MIXED, Model(1e6, 0.1))
    asked = World(endless, by_worth(learned(endless, 5), 60), 1).spend(60, UNTIL_S, WARM_S)
    assert asked.longest_unasked_s <= STARVED_ROUNDS * 100 + 60


# A budget that suffices


def flowed(seed: int, report: Report) -> Outcome:
    return World(MIXED, by_worth(learned(MIXED, seed + 50), None), seed, report).flow(1_500, 500)


def test_without_a_budget_it_saves_requests_and_is_no_later() -> None:
    every_five = World(MIXED, Timed(lambda _: 5.0), 1).flow(1_500, 500)
    asked, told = flowed(1, unreported), flowed(1, linear)
    assert asked.requests_each <= 0.7 * every_five.requests_each
    assert asked.mean_late_s <= 1.1 * every_five.mean_late_s
    assert told.requests_each <= 0.3 * every_five.requests_each
    assert told.mean_late_s <= every_five.mean_late_s


# One decision


@given(st.floats(0, 1e5), st.floats(0, 1e4), st.none() | st.floats(0.2, 3600), st.integers(0, 100))
def test_a_gap_keeps_to_floor_and_ceiling(
    begun_s: float, age_s: float, interval_s: float | None, percent: int
) -> None:
    view = replace(view_of(MEDIUM), begun_s=begun_s, asked_s=begun_s, interval_s=interval_s)
    view.asked(begun_s + age_s, percent)
    gap_s = POLICY.next_at(view) - view.asked_s
    ceiling_s = interval_s or 40.0
    assert 0.8 * min(1.25, ceiling_s) - 1e-6 <= gap_s <= ceiling_s + 1e-6


POLICY = policy()


def test_without_history_it_is_the_cadence() -> None:
    for interval_s in (None, 7.0):
        for asked_s in (0.0, 100.0, 1e4):
            view = replace(view_of(MEDIUM, asked_s), interval_s=interval_s)
            gap_s = next_gap_s(Kind.VIDEO, asked_s, interval_s, Timing(), Random(1))
            assert policy(History()).next_at(view) == asked_s + gap_s


def test_it_decides_the_same_with_the_same_seed() -> None:
    times = [[policy().next_at(view_of(MEDIUM, age)) for age in range(0, 300, 7)] for _ in range(2)]
    assert times[0] == times[1]


def test_it_asks_often_when_the_end_is_likely_and_seldom_before() -> None:
    sharp = Model(120, 0.1)
    one = policy(learned([sharp], 1))
    gaps = {age: one.next_at(view_of(sharp, age)) - age for age in (10.0, 120.0)}
    assert gaps[10.0] > 4 * gaps[120.0]


def test_a_price_makes_it_wait_longer() -> None:
    one = policy()
    view = view_of(MEDIUM, 60.0)
    assert one.next_at(view, Pressure(30.0, 100.0)) > one.next_at(view) + 10


def test_the_worth_of_asking_grows_with_time_and_ends_at_the_ceiling() -> None:
    one, view = policy(), view_of(MEDIUM, 60.0)
    worths = [one.worth(view, now_s, Pressure(1.0, 100.0)) for now_s in (61, 70, 100, 200, 459)]
    assert worths == sorted(worths)
    assert worths[-1] < inf
    assert one.worth(view, 460, Pressure(1.0, 100.0)) == inf
    assert one.worth(view, 100, CALM) == inf


def test_other_accounts_of_the_provider_stand_in_for_what_this_one_has_not_seen() -> None:
    history = learned([Model(40, 0.2)], 1)
    elsewhere = Model(40, 0.2).key._replace(account_id=2)
    known = history.durations(elsewhere)
    assert known is not None
    assert 32 < known.quantile_s(0.5) < 50


def test_a_model_never_seen_is_taken_for_one_of_its_kind() -> None:
    history = learned(MIXED, 1)
    strange = MEDIUM.key._replace(model="new")
    known = history.durations(strange)
    assert known is not None
    assert known.count == 0 or known.spread > 0.6
    assert history.durations(strange._replace(kind=Kind.AUDIO)) is None


def test_what_an_ask_shows_is_learned() -> None:
    history = History()
    one = policy(history)
    for n in range(30):
        one.learn(TaskView(MEDIUM.key, n, n + 48.0), n + 52.0)
    known = history.durations(MEDIUM.key)
    assert known is not None
    assert 45 < known.quantile_s(0.5) < 56


def test_a_job_in_the_simulation_is_asked_until_its_end_is_noticed() -> None:
    asking = RoundRobin()
    world = World(MIXED, asking, 1, running=1)
    outcome = world.spend(60, 2_000, warm_s=0)
    assert outcome.late_s
    assert all(0 <= late_s <= 1 for late_s in outcome.late_s)
    assert isinstance(asking.pick(0.0), Job)


def test_observations_without_an_end_teach_nothing_by_themselves() -> None:
    history = History()
    history.replace({MEDIUM.key: [Observation(10, inf)] * 50})
    assert history.durations(MEDIUM.key) is None
