"""Pollers in processes of their own, on one database: killed, stopped for a while, sharing one account."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.benchmarks.counting import Counting
from tests.benchmarks.fleet import QUICK, Fleet, fleet, wait_until
from tests.benchmarks.kills import DOUBLE, Setting, run

pytestmark = pytest.mark.apart

KEY = "sk-benchmark-0123456789"
PATIENCE_S = 40.0


def running(name: str, _: float) -> object:
    return {"id": name, "status": "processing"}


@pytest.fixture
def provider() -> Iterator[Counting]:
    one = Counting(running)
    yield one
    one.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgresql" else ""


def begin(ours: Fleet, provider: Counting, tasks: int, pollers: int, **account: object) -> None:
    names = [f"t{n}" for n in range(tasks)]
    ours.fill([{"slug": "a", "key": KEY, "base_url": provider.url, "tasks": names, **account}])
    for _ in range(pollers):
        ours.start()
    ours.await_ready()


def test_kills_leave_nothing_wrong(postgres_url: str) -> None:
    assert run(postgres_url, Setting(tasks=100, rounds=2, round_s=3.0, per_window=60, at_once=5)) == []


def test_two_pollers_send_together_what_one_may_and_all_of_it(database: str, provider: Counting) -> None:
    timing = QUICK | {"budget_window_s": 4.0}
    with fleet(database, timing) as ours:
        begin(ours, provider, 60, 2, requests_per_minute=40, concurrency=3)
        times = provider.arrivals[f"Bearer {KEY}"]
        assert wait_until(lambda: len(times) >= 160, PATIENCE_S) is not None
        assert provider.excess({f"Bearer {KEY}": (40, 3)}, 4.0) == []
        assert min(ours.parts()) >= 20


def test_a_killed_one_s_tasks_are_asked_by_the_other(database: str, provider: Counting) -> None:
    with fleet(database, QUICK) as ours:
        begin(ours, provider, 20, 2)
        assert wait_until(lambda: ours.parts() == [10, 10], PATIENCE_S) is not None
        ours.kill(ours.pollers[0])
        killed_s = time.monotonic()
        assert wait_until(lambda: min(provider.asked.values()) > killed_s, PATIENCE_S) is not None
        assert ours.parts() == [20]


def test_one_that_was_declared_dead_applies_nothing(database: str) -> None:
    """It is stopped until others have what it held and have seen the end, and then goes on."""
    is_over = False

    def answer(name: str, _: float) -> object:
        if not is_over:
            return running(name, 0.0)
        return {"id": name, "status": "completed", "video_url": f"https://cdn.example/{name}"}

    provider = Counting(answer)
    try:
        with fleet(database, QUICK | {"dead_after_s": 2.0}) as ours:
            begin(ours, provider, 20, 2)
            assert wait_until(lambda: ours.parts() == [10, 10], PATIENCE_S) is not None
            ours.pollers[0].send_signal(signal.SIGSTOP)
            is_over = True
            ended = "SELECT count(*) FROM tasks_task WHERE status = 'succeeded'"
            assert wait_until(lambda: ours.query(ended) == [(20,)], PATIENCE_S) is not None
            ours.pollers[0].send_signal(signal.SIGCONT)
            sql = "SELECT count(*) FROM tasks_poller WHERE duty = 'polling'"
            assert wait_until(lambda: ours.query(sql) == [(2,)], PATIENCE_S) is not None
            assert ours.query(DOUBLE) == [(0,)]
            assert ours.query("SELECT count(*) FROM tasks_result") == [(20,)]
            assert ours.query("SELECT count(*) FROM tasks_task WHERE claimed_by_id IS NOT NULL") == [(0,)]
    finally:
        provider.close()
