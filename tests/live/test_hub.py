"""The hub's life: when it runs, whom it serves, what it survives."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils import timezone
from pytest_django import Settings

from dashboard.live.outbox import BROKEN, NOT_ALLOWED
from tasks.identity import host_identity
from tasks.models import Poller, Task
from tests.live.changes import change
from tests.live.conftest import MakeTask
from tests.live.sockets import Headers, Open, communicator, elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def hub_threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("hub-")]


def hub_tasks() -> list[str]:
    return [one.get_name() for one in asyncio.all_tasks() if one.get_name().startswith("hub: ")]


async def test_it_runs_while_somebody_visits_and_leaves_nothing(page: Open, json_socket: Open) -> None:
    async with page("view=rows") as first:
        await first.sync()
        async with json_socket("") as second:
            await second.sync()
        await first.sync()
        assert len(hub_threads()) == 2
        assert hub_tasks()
    assert hub_tasks() == []
    for thread in hub_threads():
        await asyncio.to_thread(thread.join)


async def test_a_socket_that_is_cut_off_leaves_nothing(person: Headers) -> None:
    """The server cancels its applications when it stops."""
    one = communicator("/ws/tasks/?view=rows", person)
    assert (await one.connect())[0]
    assert hub_tasks()
    one.future.cancel()
    await asyncio.wait([one.future])
    assert hub_tasks() == []


@pytest.mark.parametrize("kind", ["disabled", "logged out"])
async def test_a_person_no_longer_allowed_is_closed_at_the_next_sync(
    page: Open, user: User, kind: str
) -> None:
    async with page("view=rows") as socket:
        await socket.sync()
        if kind == "disabled":
            await elsewhere(User.objects.filter(pk=user.pk).update, is_active=False)
        else:
            await elsewhere(Session.objects.all().delete)
        await socket.send('{"type":"sync","have":{}}')
        assert await socket.close_code() == NOT_ALLOWED


def poller(**columns: Any) -> Poller:
    now = timezone.now()
    given = {"host": host_identity(), "pid": os.getpid() + 1, "started_at": now, "heartbeat_at": now}
    return Poller.objects.create(**{**given, **columns})


async def test_it_says_live_within_a_second_while_another_process_polls_alone(
    page: Open, settings: Settings
) -> None:
    settings.LAYER_IS_SHARED = False
    async with page("view=rows") as socket:
        assert (await socket.next("hello"))["live"] == "live"
        other = await elsewhere(poller)
        assert (await socket.next("hello"))["live"] == "second"
        async with page("view=cards") as later:
            assert (await later.next())["live"] == "second"
        await elsewhere(other.delete)
        assert (await socket.next("hello"))["live"] == "live"


@pytest.mark.parametrize(
    ("columns", "live"),
    [
        ({"pid": os.getpid()}, "live"),
        ({"heartbeat_at": timezone.now() - timedelta(seconds=31)}, "live"),
        ({"pid": os.getpid(), "host": "another"}, "second"),
    ],
    ids=["our own", "dead", "same id on another machine"],
)
async def test_only_a_living_poller_elsewhere_counts(
    page: Open, settings: Settings, columns: dict[str, Any], live: str
) -> None:
    settings.LAYER_IS_SHARED = False
    await elsewhere(poller, **columns)
    async with page("view=rows") as socket:
        assert (await socket.next("hello"))["live"] == live


async def test_a_shared_layer_is_live_whoever_polls(page: Open, settings: Settings) -> None:
    settings.LAYER_IS_SHARED = True
    await elsewhere(poller)
    async with page("view=rows") as socket:
        assert (await socket.next("hello"))["live"] == "live"


async def test_a_task_that_cannot_be_drawn_holds_up_no_other(
    page: Open, make_task: MakeTask, caplog: pytest.LogCaptureFixture
) -> None:
    odd, good = [await elsewhere(make_task) for _ in range(2)]
    async with page("view=rows") as socket:
        await socket.sync({odd.id: 1, good.id: 1})
        await elsewhere(change, odd.id, status="no such status")
        await elsewhere(change, good.id, progress=9)
        assert [row["id"] for row in (await socket.next("rows"))["rows"]] == [str(good.id)]
        told = await socket.sync({odd.id: 1, good.id: 1})
        assert [row["id"] for row in told["rows"]] == [str(good.id)]
    assert str(odd.id) in caplog.text


@contextmanager
def breakable_connections(is_broken: threading.Event) -> Iterator[None]:
    """Every connection made from now on fails while `is_broken` is set."""

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if is_broken.is_set():
            raise OperationalError("the server closed the connection")
        return run(sql, params, many, context)

    def watch(connection: BaseDatabaseWrapper, **_: object) -> None:
        if threading.current_thread().name.startswith("hub-"):
            connection.execute_wrappers.append(execute)

    connection_created.connect(watch)
    try:
        yield
    finally:
        connection_created.disconnect(watch)


async def test_a_database_that_was_away_loses_no_change(page: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    is_broken = threading.Event()
    with breakable_connections(is_broken):
        async with page("view=rows") as socket, page("view=cards") as impatient:
            await socket.sync({task.id: 1})
            is_broken.set()
            version = await elsewhere(change, task.id, progress=50)
            await impatient.send('{"type":"sync","have":{}}')
            assert await impatient.close_code() == BROKEN
            is_broken.clear()
            assert (await socket.next("rows"))["rows"][0]["version"] == version
            assert (await socket.sync({task.id: 1}))["rows"][0]["version"] == version


async def test_it_starts_while_the_database_fails(page: Open, make_task: MakeTask) -> None:
    is_broken = threading.Event()
    is_broken.set()
    with breakable_connections(is_broken):
        async with page("view=rows") as socket:
            is_broken.clear()
            assert (await socket.sync())["fresh"] == 0
            task = await elsewhere(make_task)
            await elsewhere(change, task.id, progress=1)
            assert (await socket.next("rows"))["rows"][0]["id"] == str(task.id)
    assert await elsewhere(Task.objects.count) == 1
