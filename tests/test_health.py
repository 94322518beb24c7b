import asyncio
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
from tasks.models import Poller


def readyz() -> tuple[int, dict[str, str]]:
    response = Client().get("/readyz")
    assert response["Cache-Control"].startswith("max-age=0")
    return response.status_code, response.json()


def beat(age_s: float) -> None:
    at = timezone.now() - timedelta(seconds=age_s)
    Poller.objects.create(host="here", pid=1, started_at=at, heartbeat_at=at)


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
