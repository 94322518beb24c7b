"""Hints that rows changed: only of what is committed, from any thread, and never at the cost of the change."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import transaction

from tasks import publishing
from tasks.publishing import IDS_PER_MESSAGE, TASKS_GROUP, publish_tasks, set_home_loop, wake_pollers

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 5.0


class Ear:
    """Hears what is published to a group."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._layer: Any = get_channel_layer()

    async def begin(self) -> None:
        self._channel = await self._layer.new_channel()
        await self._layer.group_add(self._group, self._channel)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            message: dict[str, Any] = await self._layer.receive(self._channel)
        return message


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    set_home_loop(asyncio.get_running_loop())
    one = Ear(TASKS_GROUP)
    await one.begin()
    yield one
    set_home_loop(None)


@pytest.fixture
def no_home() -> Iterator[None]:
    set_home_loop(None)
    yield
    set_home_loop(None)


def change(task_id: UUID, *, fail: bool = False) -> None:
    """A transaction that publishes before its end."""
    try:
        with transaction.atomic():
            publish_tasks([task_id])
            if fail:
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass


async def test_a_change_from_a_foreign_thread_is_heard(ear: Ear) -> None:
    task_id = uuid4()
    await asyncio.to_thread(change, task_id)
    assert await ear.next() == {"type": "tasks.changed", "ids": [str(task_id)]}


async def test_a_transaction_that_failed_is_not_published(ear: Ear) -> None:
    failed, committed = uuid4(), uuid4()
    await asyncio.to_thread(change, failed, fail=True)
    await asyncio.to_thread(change, committed)
    assert (await ear.next())["ids"] == [str(committed)]


async def test_nothing_is_published_before_the_commit(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    async def note(group: str, _: object) -> None:
        sent.append(group)

    monkeypatch.setattr(publishing, "send", note)
    loop = asyncio.get_running_loop()

    def look() -> list[str]:
        """After the loop has had its turn."""
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(PATIENCE_S)
        return list(sent)

    def work() -> tuple[list[str], list[str]]:
        with transaction.atomic():
            publish_tasks([uuid4()])
            before = look()
        look()
        return before, look()

    assert await asyncio.to_thread(work) == ([], [TASKS_GROUP])


async def test_many_ids_travel_in_several_messages(ear: Ear) -> None:
    ids = [uuid4() for _ in range(IDS_PER_MESSAGE + 1)]
    await asyncio.to_thread(publish_tasks, ids)
    sizes = sorted([len((await ear.next())["ids"]), len((await ear.next())["ids"])])
    assert sizes == [1, IDS_PER_MESSAGE]


async def test_pollers_are_woken_in_their_own_group() -> None:
    set_home_loop(asyncio.get_running_loop())
    ear = Ear(publishing.POLLERS_GROUP)
    await ear.begin()
    await sync_to_async(wake_pollers)()
    assert await ear.next() == {"type": "pollers.wake"}
    set_home_loop(None)


class BrokenLayer:
    async def group_send(self, *_: object) -> None:
        raise ConnectionError("Redis is gone")


async def test_a_layer_that_fails_is_logged_and_forgotten(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publishing, "get_channel_layer", BrokenLayer)
    with caplog.at_level(logging.WARNING):
        await publishing.send(TASKS_GROUP, {"type": "tasks.changed", "ids": []})
    assert "Redis is gone" in caplog.text


class SilentLayer:
    async def group_send(self, *_: object) -> None:
        await asyncio.Event().wait()


async def test_a_layer_that_does_not_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publishing, "get_channel_layer", SilentLayer)
    monkeypatch.setattr(publishing, "SEND_TIMEOUT_S", 0.02)
    with caplog.at_level(logging.WARNING):
        await publishing.send(TASKS_GROUP, {"type": "tasks.changed", "ids": []})
    assert "TimeoutError" in caplog.text


def test_without_anybody_listening_a_change_is_still_a_change(no_home: None) -> None:
    change(uuid4())
    wake_pollers()


def test_a_loop_closed_just_now_does_not_fail_the_change(
    no_home: None, caplog: pytest.LogCaptureFixture
) -> None:
    class Closed(asyncio.SelectorEventLoop):
        def is_running(self) -> bool:
            """It ran when we looked."""
            return self.is_closed()

    loop = Closed()
    loop.close()
    set_home_loop(loop)
    with caplog.at_level(logging.WARNING):
        change(uuid4())
    assert "could not publish" in caplog.text
