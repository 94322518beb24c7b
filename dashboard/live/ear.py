"""Hears the channel layer for the whole process, and knows whether it still hears."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer

from dashboard.live.timing import LiveTiming
from tasks.publishing import TASKS_GROUP

logger = logging.getLogger(__name__)

PULSE = {"type": "hub.pulse"}


class Ear:
    """One channel in the group of changed tasks.

    A layer may fall silent without an error: Redis gone, a group membership expired. So the ear sends itself a
    pulse, and takes missing ones for deafness. `heard` is called with task ids, `named` with those of people,
    `turned` when `hears` changes.
    """

    def __init__(
        self,
        heard: Callable[[Iterable[UUID]], None],
        named: Callable[[Iterable[int]], None],
        turned: Callable[[], None],
        timing: LiveTiming,
    ) -> None:
        self._heard = heard
        self._named = named
        self._turned = turned
        self._timing = timing
        self._layer: Any = get_channel_layer()
        self._channel: str | None = None
        self._heard_at = 0.0
        self.hears = False
        self.tried = asyncio.Event()
        """Set when the first subscription succeeded or failed."""

    async def listen(self) -> None:
        """Subscribe and hear, for ever; after a failure of the layer again."""
        while True:
            try:
                await self._subscribe()
                while True:
                    self._take(await self._layer.receive(self._channel))
            except Exception as error:  # noqa: BLE001  whatever the layer's transport raises
                self._set(hears=False, why=str(error) or type(error).__name__)
            self._channel = None
            await asyncio.sleep(self._timing.retry_s)

    async def pulse(self) -> None:
        """For ever: send the pulse, renew the membership (the layer in memory lets it expire), notice silence."""
        while True:
            await asyncio.sleep(self._timing.pulse_s)
            if self._channel is None:
                continue
            with suppress(Exception):
                async with asyncio.timeout(self._timing.pulse_s):
                    await self._layer.group_add(TASKS_GROUP, self._channel)
                    await self._layer.send(self._channel, PULSE)
            if time.monotonic() - self._heard_at > self._timing.deaf_after_pulses * self._timing.pulse_s:
                self._set(hears=False, why="its messages do not arrive")

    async def leave(self) -> None:
        """Leave the group."""
        if self._channel is not None:
            with suppress(Exception):
                await self._layer.group_discard(TASKS_GROUP, self._channel)

    async def _subscribe(self) -> None:
        channel = await self._layer.new_channel()
        await self._layer.group_add(TASKS_GROUP, channel)
        self._channel = channel
        self._set(hears=True)

    def _take(self, message: dict[str, Any]) -> None:
        self._set(hears=True)
        if message.get("type") == "tasks.changed":
            self._heard(UUID(one) for one in message["ids"])
        elif message.get("type") == "people.changed":
            self._named(message["ids"])

    def _set(self, *, hears: bool, why: str = "") -> None:
        if hears:
            self._heard_at = time.monotonic()
        self.tried.set()
        if hears == self.hears:
            return
        self.hears = hears
        if not hears:
            logger.warning("the channel layer is silent (%s); looking at the database instead", why)
        self._turned()
