"""Watches the database: the safety net under the channel layer, and the only news of other processes without one."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from dashboard.live import frames, look
from dashboard.live.delivery import Delivery
from dashboard.live.ear import Ear
from dashboard.live.guard import Guard
from dashboard.live.timing import LiveTiming
from tasks.database_thread import DatabaseThread


class Watch:
    """Looks for changes that nobody told of, and knows how live the pages are. `told` is called when that changes."""

    def __init__(
        self,
        delivery: Delivery,
        guard: Guard,
        thread: DatabaseThread,
        told: Callable[[], None],
        timing: LiveTiming,
    ) -> None:
        self._delivery = delivery
        self._thread = thread
        self._told = told
        self._timing = timing
        self._since: datetime | None = None
        self._now = asyncio.Event()
        self._polled_elsewhere = False
        self.ear = Ear(delivery.note, guard.name, self._turn, timing)
        self.live: frames.Live = "live"
        self.looked = asyncio.Event()
        """Set after the first look."""

    async def look(self) -> None:
        """For ever. The first look comes after the first try to subscribe, so that nothing falls between them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.start_s):
                await self.ear.tried.wait()
        while True:
            self._now.clear()
            try:
                await self._look()
            finally:
                self.looked.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.gap_s):
                    await self._now.wait()

    @property
    def gap_s(self) -> float:
        """How long to wait between looks: longer while others tell of what they do."""
        told_by_layer = settings.LAYER_IS_SHARED and self.ear.hears
        return self._timing.relaxed_look_s if told_by_layer else self._timing.look_s

    async def _look(self) -> None:
        """What the first look finds was there before anybody asked; if it fails, the next one tells it all."""
        begun_at, is_first = timezone.now(), self._since is None
        since = self._since = min(self._since or begun_at, begun_at)
        rows = await self._thread.run(look.changed_since, since - timedelta(seconds=self._timing.overlap_s))
        memory, clock_s = self._delivery.memory, asyncio.get_running_loop().time()
        memory.forget_old(clock_s)
        if is_first:
            memory.remember(rows, clock_s)
        else:
            self._delivery.note(row.id for row in rows if memory.is_news(row.id, row.version))
        self._since = begun_at
        if not settings.LAYER_IS_SHARED:
            dead_after_s = self._timing.poller_dead_after_s
            self._polled_elsewhere = await self._thread.run(look.is_polled_elsewhere, dead_after_s)
        self._judge()

    def _turn(self) -> None:
        """The ear went deaf, or hears again: look at once."""
        self._now.set()
        self._judge()

    def _judge(self) -> None:
        waits = not self.ear.hears or self._polled_elsewhere
        live: frames.Live = "second" if waits else "live"
        if live != self.live:
            self.live = live
            self._told()
