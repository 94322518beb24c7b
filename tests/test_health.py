import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard import health
from tasks.models import Account, Poller, Task
from tasks.poller.report import LineReport, Report, Wake
from tasks.vocabulary import Wait


def readyz() -> tuple[int, dict[str, str]]:
    response = Client().get("/readyz")
    assert response["Cache-Control"].startswith("max-age=0")
    return response.status_code, response.json()


def beat(age_s: float, report: Report = Report()) -> None:  # noqa: B008  a frozen value
    at = timezone.now() - timedelta(seconds=age_s)
    Poller.objects.create(host="here", pid=1, started_at=at, heartbeat_at=at, report=report.to_json())


def late(seconds: float, wait: Wait | None = None) -> Report:
    """Of a poller whose oldest task is due since so long."""
    due_at = timezone.now() - timedelta(seconds=seconds)
    wake = Wake(Task().pk, "lemon", due_at, wait)
    return Report((LineReport("lemon", 1, 1, seconds, wait),), (wake,))


def free_task(due_s: float, *, enabled: bool = True) -> None:
    """Nobody holds it, and it is due since so many seconds."""
    now = timezone.now()
    account = Account.objects.create(slug="pear", provider="lemondata", base_url="x", enabled=enabled)
    at = now - timedelta(seconds=due_s)
    Task.objects.create(account=account, remote_id="t", next_poll_at=at, deadline_at=now)


def test_healthz_answers_without_touching_the_database(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = Client().get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")
    assert Client().head("/healthz").status_code == 200
    assert Client().post("/healthz").status_code == 405


def test_everything_is_ready(db: None) -> None:
    beat(1)
    beat(300)
    assert readyz() == (200, {"database": "ok", "layer": "ok", "poller": "ok"})


def test_without_a_poller_pages_still_work(db: None) -> None:
    assert readyz() == (200, {"database": "ok", "layer": "ok", "poller": "no poller has run"})
    beat(31)
    status, parts = readyz()
    assert status == 200
    assert parts["poller"].startswith("no poller has reported since 20")


def test_a_dead_poller_is_told_with_its_age_and_what_waits_since(db: None) -> None:
    beat(45, late(40))
    status, parts = readyz()
    assert status == 200
    assert re.fullmatch(
        r"no poller has reported since \S+ \S+ UTC \(45 s ago\); the oldest due task waits for 40 s",
        parts["poller"],
    )


def test_a_poller_that_falls_behind_is_told(db: None) -> None:
    beat(2, late(29))
    assert readyz()[1]["poller"] == "ok"
    beat(2, late(31))
    told = "the last heartbeat is 2 s old, but the oldest due task waits for 31 s"
    assert readyz() == (200, {"database": "ok", "layer": "ok", "poller": told})


@pytest.mark.parametrize("wait", list(Wait))
def test_a_task_that_has_to_wait_is_nobody_s_fault(db: None, wait: Wait) -> None:
    beat(2, late(500, wait))
    free_task(500, enabled=False)
    assert readyz()[1]["poller"] == "ok"


def test_a_task_that_nobody_takes_is_told(db: None) -> None:
    beat(1)
    free_task(70)
    assert readyz()[1]["poller"].endswith("the oldest due task waits for 70 s")


def test_age_and_lag_are_told_when_all_is_well_to_whoever_asks(db: None) -> None:
    beat(3, late(0.5))
    parts = Client().get("/readyz?verbose").json()
    assert parts.pop("heartbeat_age_s") == pytest.approx(3, abs=1)
    assert parts.pop("lag_s") == 0.5
    assert parts == {"database": "ok", "layer": "ok", "poller": "ok"}


def test_without_a_poller_there_is_no_age(db: None) -> None:
    parts = Client().get("/readyz?verbose").json()
    assert (parts["heartbeat_age_s"], parts["lag_s"]) == (None, 0.0)


def test_a_database_that_does_not_answer_makes_503(db: None) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("password authentication failed for user dailies")

    with connection.execute_wrapper(fail):
        status, parts = readyz()
    assert (status, parts["layer"]) == (503, "ok")
    assert parts["database"] == "the database does not answer; the reason is in the log"
    assert "password" not in str(parts)


class DeafLayer(InMemoryChannelLayer):  # type: ignore[misc]
    """Takes messages and delivers none."""

    async def send(self, channel: str, message: object) -> None:
        await asyncio.sleep(0)


class DeadLayer(InMemoryChannelLayer):  # type: ignore[misc]
    async def send(self, channel: str, message: object) -> None:
        raise ConnectionError("redis://:secret@10.0.0.1 refused")


@pytest.fixture
def use_layer() -> Iterator[Any]:
    """Put a channel layer in the place of one that processes share."""
    usual = channel_layers["default"]
    with override_settings(LAYER_IS_SHARED=True):
        yield lambda layer: channel_layers.set("default", layer)
    channel_layers.set("default", usual)


def test_a_shared_layer_is_ready_when_a_message_comes_back_and_nothing_stays_behind(
    db: None, use_layer: Any
) -> None:
    layer = InMemoryChannelLayer()
    use_layer(layer)
    assert readyz()[1]["layer"] == "ok"
    assert layer.channels == {}


@pytest.mark.parametrize(
    ("layer", "reason"), [(DeafLayer(), "does not answer"), (DeadLayer(), "does not answer")]
)
def test_a_shared_layer_that_fails_makes_503(
    db: None, use_layer: Any, monkeypatch: pytest.MonkeyPatch, layer: object, reason: str
) -> None:
    monkeypatch.setattr(health, "LAYER_TIMEOUT_S", 0.05)
    use_layer(layer)
    status, parts = readyz()
    assert (status, parts["database"]) == (503, "ok")
    assert reason in parts["layer"]
    assert "secret" not in parts["layer"]
