"""What a process counts of itself."""

import asyncio
import time

from channels.layers import InMemoryChannelLayer, channel_layers

from tasks.metrics import REGISTRY, watch_loop
from tasks.publishing import TASKS_GROUP, TasksChanged, send


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


class DeadLayer(InMemoryChannelLayer):  # type: ignore[misc]
    async def group_send(self, group: str, message: object) -> None:
        raise ConnectionError("refused")


async def test_changes_that_could_not_be_told_are_counted() -> None:
    usual, before = channel_layers["default"], value("dailies_publish_failures_total")
    channel_layers.set("default", DeadLayer())
    try:
        await send(TASKS_GROUP, TasksChanged(type="tasks.changed", ids=[]))
    finally:
        channel_layers.set("default", usual)
    assert value("dailies_publish_failures_total") == before + 1


async def test_a_blocked_loop_is_seen() -> None:
    before = value("dailies_loop_block_seconds_sum")
    stop = asyncio.Event()
    watching = asyncio.create_task(watch_loop(stop, look_s=0.001))
    await asyncio.sleep(0)
    time.sleep(0.05)  # noqa: ASYNC251  what must not happen
    await asyncio.sleep(0)
    stop.set()
    await watching
    assert value("dailies_loop_block_seconds_sum") - before >= 0.04
