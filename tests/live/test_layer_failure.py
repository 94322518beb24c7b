"""The channel layer may fail, loudly or silently: the label says so, and nothing is lost."""

import shutil
import socket as network
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer
from pytest_django import Settings

from tests.live.changes import change, change_silently
from tests.live.conftest import QUICK, MakeTask, SetTiming
from tests.live.sockets import Open, Socket, elsewhere
from tests.processes import unavailable

pytestmark = pytest.mark.django_db(transaction=True)

UseLayer = Callable[[Any], None]


@pytest.fixture
def use_layer(settings: Settings, set_timing: SetTiming) -> Iterator[UseLayer]:
    """Puts a layer in place that counts as shared: while it works, the database is looked at only rarely."""
    settings.LAYER_IS_SHARED = True
    set_timing(replace(QUICK, relaxed_look_s=600))
    before = channel_layers["default"]
    yield lambda layer: channel_layers.set("default", layer) and None
    channel_layers.set("default", before)


class FailingLayer(InMemoryChannelLayer):  # type: ignore[misc]
    """Raises, or drops everything, when told to."""

    is_down = False
    is_silent = False

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        if self.is_down:
            raise ConnectionError("refused")
        if not self.is_silent:
            await super().send(channel, message)

    async def receive(self, channel: str) -> Any:
        message = await super().receive(channel)
        if self.is_down:
            raise ConnectionError("closed")
        return message

    async def new_channel(self, prefix: str = "specific.") -> Any:
        if self.is_down:
            raise ConnectionError("refused")
        return await super().new_channel(prefix)


async def live(socket: Socket) -> str:
    return str((await socket.next("hello"))["live"])


async def test_a_layer_that_falls_silent_is_noticed_and_made_up_for(
    page: Open, make_task: MakeTask, use_layer: UseLayer
) -> None:
    layer = FailingLayer()
    use_layer(layer)
    task = await elsewhere(make_task)
    async with page("view=rows") as socket:
        assert await live(socket) == "live"
        await socket.sync({task.id: 1})
        layer.is_silent = True
        version = await elsewhere(change, task.id, progress=1)
        assert await live(socket) == "second"
        assert (await socket.next("rows"))["rows"][0]["version"] == version
        version = await elsewhere(change_silently, task.id, progress=2)
        assert (await socket.next("rows"))["rows"][0]["version"] == version
        layer.is_silent = False
        assert await live(socket) == "live"


async def test_a_layer_that_fails_is_subscribed_to_again(
    page: Open, make_task: MakeTask, use_layer: UseLayer
) -> None:
    layer = FailingLayer()
    use_layer(layer)
    task = await elsewhere(make_task)
    async with page("view=rows") as socket:
        assert await live(socket) == "live"
        await socket.sync({task.id: 1})
        await layer.group_send("tasks", {"type": "tasks.changed", "ids": []})
        layer.is_down = True
        assert await live(socket) == "second"
        layer.is_down = False
        assert await live(socket) == "live"
        version = await elsewhere(change, task.id, progress=1)
        assert (await socket.next("rows"))["rows"][0]["version"] == version


async def test_it_opens_while_the_layer_is_down(page: Open, make_task: MakeTask, use_layer: UseLayer) -> None:
    layer = FailingLayer()
    layer.is_down = True
    use_layer(layer)
    task = await elsewhere(make_task)
    async with page("view=rows") as socket:
        assert await live(socket) == "second"
        await socket.sync({task.id: 1})
        version = await elsewhere(change_silently, task.id, progress=1)
        assert (await socket.next("rows"))["rows"][0]["version"] == version


class Redis:
    """A server of our own that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with network.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.start()

    def start(self) -> None:
        server = shutil.which("redis-server")
        if server is None:
            unavailable("redis-server", "$PATH", FileNotFoundError("it is not installed"))
        options = ["--port", str(self.port), "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            network.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    yield server
    server.stop()


async def test_redis_may_be_stopped_and_started(
    page: Open, make_task: MakeTask, use_layer: UseLayer, redis: Redis
) -> None:
    use_layer(RedisPubSubChannelLayer(hosts=[f"redis://127.0.0.1:{redis.port}"], prefix="restart"))
    task = await elsewhere(make_task)
    async with page("view=rows") as socket:
        assert await live(socket) == "live"
        await socket.sync({task.id: 1})
        version = await elsewhere(change, task.id, progress=1)
        assert (await socket.next("rows"))["rows"][0]["version"] == version
        await elsewhere(redis.stop)
        assert await live(socket) == "second"
        version = await elsewhere(change_silently, task.id, progress=2)
        assert (await socket.next("rows"))["rows"][0]["version"] == version
        await elsewhere(redis.start)
        assert await live(socket) == "live"
        version = await elsewhere(change, task.id, progress=3)
        assert (await socket.next("rows"))["rows"][0]["version"] == version
