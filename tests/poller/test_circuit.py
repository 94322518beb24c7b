"""A provider that is away for long: few requests meanwhile, and all its tasks soon current once it is back."""

import asyncio
from random import Random
from uuid import UUID

import pytest

from tasks.ids import uuid7
from tasks.poller.circuit import Circuit
from tasks.providers.contract import ErrorKind, ProviderError
from tasks.timing import HOUR, MINUTE, Timing
from tasks.vocabulary import Status
from tests.poller.simulated import GONE, LATENCY_S, simulated, simulated_line

INTERVAL_S = Timing().longest_gap_s
TIMING = Timing()


def circuit(interval_s: float | None = None) -> Circuit:
    return Circuit(interval_s, TIMING, Random(1), opened=False)


def ids(count: int) -> list[UUID]:
    return [uuid7() for _ in range(count)]


# By itself


def test_it_opens_after_three_tasks_in_a_row() -> None:
    one = circuit()
    for task_id in ids(2):
        one.failed(0.0, task_id)
        assert not one.opened
    one.failed(0.0, uuid7())
    assert 4.0 <= one.wait_s(0.0) <= 5.0


def test_one_task_that_fails_among_others_never_opens_it() -> None:
    one, bad = circuit(), uuid7()
    for _ in range(100):
        one.failed(0.0, bad)
        one.failed(0.0, bad)
        one.answered()
    assert not one.opened


def test_it_opens_for_a_task_alone_after_five() -> None:
    one, only = circuit(), uuid7()
    for _ in range(4):
        one.failed(0.0, only)
    assert one.wait_s(0.0) == 0.0
    one.failed(0.0, only)
    assert one.wait_s(0.0) > 0.0


def test_probes_come_one_at_a_time_with_growing_gaps() -> None:
    one = circuit()
    for task_id in ids(3):
        one.failed(0.0, task_id)
    now, gaps = 0.0, []
    for _ in range(6):
        gaps.append(one.wait_s(now))
        now += gaps[-1]
        assert one.wait_s(now) == 0.0
        one.begin_probe()
        assert one.wait_s(now) > MINUTE
        one.failed(now, uuid7())
        one.end_probe(now)
    for gap, longest in zip(gaps, (5.0, 10.0, 15.0, 15.0, 15.0, 15.0), strict=True):
        assert 0.8 * longest <= gap <= longest
    assert len(set(gaps)) == len(gaps)


def test_an_answer_closes_it_and_the_next_outage_begins_anew() -> None:
    one = circuit()
    for task_id in ids(3):
        one.failed(0.0, task_id)
    one.begin_probe()
    assert one.answered()
    one.end_probe(1.0)
    assert one.wait_s(1.0) == 0.0
    assert not one.answered()
    one.failed(1.0, uuid7())
    assert not one.opened


@pytest.mark.parametrize(("interval_s", "reach_s"), [(None, 15.0), (4.0, 2.0), (3600.0, 60.0)])
def test_its_reach_is_half_an_interval(interval_s: float | None, reach_s: float) -> None:
    assert circuit(interval_s).reach_s == reach_s


# In a line, through an hour


@pytest.mark.parametrize("count", [1, 2, 30, 1000])
@simulated
async def test_after_an_hour_all_tasks_are_current_within_one_interval(count: int) -> None:
    async with simulated_line(concurrency=20) as at:
        at.track(*(f"t{n}" for n in range(count)))
        await asyncio.sleep(10 * MINUTE)
        at.provider.error = GONE
        await asyncio.sleep(HOUR)
        gone_s, back_s = 10 * MINUTE, 10 * MINUTE + HOUR
        probes = HOUR / (0.8 * 15)
        assert len(at.provider.asked_between(gone_s + LATENCY_S, back_s)) <= probes + 2 * 20
        assert at.notes.account["health"] == "unreachable"
        assert at.notes.account["health_message"] == str(GONE)
        at.provider.error = None
        await asyncio.sleep(INTERVAL_S)
        assert len(at.provider.answered) == count
        assert min(at.provider.answered.values()) > back_s
        assert at.provider.busiest(back_s, back_s + INTERVAL_S, 1.0) <= 2 + 1.2 * count / 15
        assert at.notes.account["health"] == "ok"
        assert at.notes.healths.count("unreachable") == 1


@simulated
async def test_those_that_waited_do_not_break_the_budget() -> None:
    async with simulated_line(concurrency=20, requests_per_minute=60) as at:
        at.track(*(f"t{n}" for n in range(100)))
        await asyncio.sleep(5 * MINUTE)
        at.provider.error = GONE
        await asyncio.sleep(HOUR)
        at.provider.error = None
        await asyncio.sleep(4 * MINUTE)
        back_s = 5 * MINUTE + HOUR
        assert at.provider.busiest(0, back_s + 4 * MINUTE, 60.0) <= 60
        assert min(at.provider.answered.values()) > back_s
        assert len(at.provider.answered) == 100


@simulated
async def test_a_task_that_always_fails_keeps_nobody_away() -> None:
    """It fails as a probe too, so the next probe is another's."""
    async with simulated_line(concurrency=20) as at:
        at.track(*(f"t{n}" for n in range(30)))
        at.provider.errors = {f"t{n}": GONE for n in range(5)}
        await asyncio.sleep(10 * MINUTE)
        at.provider.error = GONE
        await asyncio.sleep(HOUR)
        at.provider.error = None
        await asyncio.sleep(5 * INTERVAL_S)
        back_s = 10 * MINUTE + HOUR
        assert {task for task, at_s in at.provider.answered.items() if at_s > back_s} == {
            f"t{n}" for n in range(5, 30)
        }


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (ErrorKind.NOT_FOUND, 404),
        (ErrorKind.MISSING, 404),
        (ErrorKind.INVALID, 400),
        (ErrorKind.QUOTA, 402),
        (ErrorKind.TRANSIENT, 408),
        (ErrorKind.INVALID, 200),
    ],
)
@simulated
async def test_answers_about_tasks_never_open_it(kind: ErrorKind, status: int) -> None:
    async with simulated_line() as at:
        at.track(*(f"t{n}" for n in range(30)))
        at.provider.error = ProviderError(kind, "No.", http_status=status)
        await asyncio.sleep(MINUTE)
        assert not at.line.standing.circuit.opened
        assert "unreachable" not in at.notes.healths
        assert len({remote_id for _, remote_id in at.provider.asked}) == 30


@simulated
async def test_a_refusal_of_one_task_shows_that_the_provider_is_back() -> None:
    async with simulated_line() as at:
        at.track(*(f"t{n}" for n in range(30)))
        at.provider.error = GONE
        await asyncio.sleep(HOUR)
        at.provider.error = ProviderError(ErrorKind.MISSING, "Nothing here.", http_status=404)
        await asyncio.sleep(INTERVAL_S)
        assert len({remote_id for _, remote_id in at.provider.asked_between(HOUR, HOUR + INTERVAL_S)}) == 30
        assert at.notes.account["health"] == "ok"


@simulated
async def test_deadlines_count_though_nobody_answers() -> None:
    async with simulated_line(concurrency=20) as at:
        at.provider.error = GONE
        at.track(*(f"t{n}" for n in range(500)), deadline_s=HOUR)
        await asyncio.sleep(HOUR + INTERVAL_S)
        assert set(at.notes.statuses.values()) == {Status.TIMED_OUT}
        assert len(at.notes.statuses) == 500
        assert len(at.provider.asked) <= 20 + HOUR / 12 + 10


@simulated
async def test_an_account_known_to_be_out_of_reach_is_met_with_one_request() -> None:
    async with simulated_line(health="unreachable") as at:
        at.provider.error = GONE
        at.track(*(f"t{n}" for n in range(100)))
        await asyncio.sleep(2.0)
        assert len(at.provider.asked) == 1


@simulated
async def test_whoever_is_waited_for_is_the_next_probe() -> None:
    async with simulated_line() as at:
        at.track(*(f"t{n}" for n in range(50)))
        at.provider.error = GONE
        await asyncio.sleep(HOUR)
        wanted = next(one for one in at.line.tracked.values() if one.ref.remote_id == "t33")
        at.line.hurry(wanted)
        at.provider.error = None
        await asyncio.sleep(15.0)
        assert next(task for at_s, task in at.provider.asked if at_s > HOUR) == "t33"


@simulated
async def test_a_server_in_trouble_that_names_a_time_is_not_asked_sooner() -> None:
    async with simulated_line() as at:
        at.provider.error = ProviderError(
            ErrorKind.TRANSIENT, "Trouble.", retry_after_s=100.0, http_status=503
        )
        at.track(*(f"t{n}" for n in range(10)))
        await asyncio.sleep(HOUR)
        assert len(at.provider.asked) <= 10 + HOUR / 100
        assert at.notes.healths.index("unreachable") == len(at.notes.healths) - 1
        at.provider.error = None
        await asyncio.sleep(100 + INTERVAL_S)
        assert min(at.provider.answered.values()) > HOUR
        assert at.notes.account["health"] == "ok"


@simulated
async def test_a_task_that_comes_meanwhile_waits_its_turn() -> None:
    async with simulated_line() as at:
        at.provider.error = GONE
        at.track(*(f"t{n}" for n in range(10)))
        await asyncio.sleep(10 * MINUTE)
        before = len(at.provider.asked)
        at.track("new")
        await asyncio.sleep(MINUTE)
        assert len(at.provider.asked) - before <= MINUTE / 12 + 1
        at.provider.error = None
        await asyncio.sleep(INTERVAL_S)
        assert at.provider.answered["new"] > 11 * MINUTE
