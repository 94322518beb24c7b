"""Hears that there is something new to do; without a channel layer the regular look at the database finds it."""

import asyncio
from typing import NoReturn

from channels.layers import get_channel_layer

from tasks import outages
from tasks.publishing import POLLERS_GROUP


async def listen(wake: asyncio.Event, again_s: float, group: str = POLLERS_GROUP) -> NoReturn:
    """Set `wake` at every message to the group, until cancelled. A layer that is away is tried `again_s` later."""
    while True:
        try:
            await _receive(wake, group)
        except Exception as error:  # noqa: BLE001  whatever the layer's transport raises
            outages.layer.begins(error)
            await asyncio.sleep(again_s)


async def _receive(wake: asyncio.Event, group: str) -> NoReturn:
    layer = get_channel_layer()
    if layer is None:
        await asyncio.Event().wait()
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    while True:
        await layer.receive(channel)
        outages.layer.ends()
        wake.set()
