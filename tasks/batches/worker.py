"""The process that works batches off: a heartbeat, and two lanes, so that a slow provider holds up no quick act."""

import asyncio
import logging
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from tasks.batches import pieces
from tasks.budget.keeping import keeping_budgets
from tasks.database_thread import DatabaseThread
from tasks.lives import Life
from tasks.models import Batch
from tasks.poller.duties import attempt, cancel, repeat
from tasks.poller.waking import listen
from tasks.timing import Timing
from tasks.vocabulary import Duty

logger = logging.getLogger(__name__)


class Lane:
    """Does one piece after the other, of all its batches in turn, on a thread of its own."""

    def __init__(self, worker: "Worker", *, asking: bool) -> None:
        self._worker = worker
        self._asking = asking
        self.thread = DatabaseThread("batches-asking" if asking else "batches")

    async def look(self) -> None:
        """Until nothing is due, or this process is to end."""
        failed: set[UUID] = set()
        while batches := [one for one in await self._claim() if one.pk not in failed]:
            for batch in batches:
                if self._worker.stopping:
                    return
                if not await self._work(batch.pk):
                    failed.add(batch.pk)

    async def _work(self, batch_id: UUID) -> bool:
        """False: a fault of ours, which is logged and holds up no other batch; it is tried again at the next look."""
        try:
            await self.thread.run(pieces.work, batch_id, self._worker.id)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("batch %s: a fault in Dailies itself", batch_id)
            return False
        return True

    async def _claim(self) -> list[Batch]:
        if self._worker.stopping:
            return []
        return await self.thread.run(pieces.claim, self._worker.id, timezone.now(), asking=self._asking)


class Worker:
    """Works off batches: `run` it, or `run_once`."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._thread = DatabaseThread("batches-life")
        self._lanes = [Lane(self, asking=False), Lane(self, asking=True)]
        self._wakes = [asyncio.Event() for _ in self._lanes]
        self._life = Life(self._thread, Duty.BATCHING, timing.dead_after_s)
        self.stopping = False

    @property
    def id(self) -> UUID:
        return self._life.id

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then take no more, and come to the end of the pieces under way."""
        try:
            async with keeping_budgets(self._thread.run, self._timing):
                await self._run(stop)
        finally:
            await self._close()

    async def run_once(self) -> int:
        """Work off what is due. How many batches ended."""
        try:
            async with keeping_budgets(self._thread.run, self._timing):
                return await self._run_once()
        finally:
            await self._close()

    async def _run(self, stop: asyncio.Event) -> None:
        await self._life.begin()
        beats = asyncio.create_task(repeat(self._timing.heartbeat_s, self._beat))
        looks = [
            asyncio.create_task(self._follow(lane, wake))
            for lane, wake in zip(self._lanes, self._wakes, strict=True)
        ]
        ears = [asyncio.create_task(listen(wake, self._timing.look_s)) for wake in self._wakes]
        try:
            await stop.wait()
        finally:
            self.stopping = True
            for wake in self._wakes:
                wake.set()
            await asyncio.wait(looks, timeout=self._timing.stop_timeout_s)
            await cancel([beats, *ears, *looks])
            await attempt(self._life.end)

    async def _follow(self, lane: Lane, wake: asyncio.Event) -> None:
        """Look again and again; ends between two looks once this process is to end."""
        loop = asyncio.get_running_loop()
        while not self.stopping:
            wake.clear()
            await attempt(lane.look)
            timer = loop.call_later(self._timing.look_s, wake.set)
            if not self.stopping:
                await wake.wait()
            timer.cancel()

    async def _run_once(self) -> int:
        await self._life.begin()
        before = await self._thread.run(Batch.objects.open().count)
        try:
            await asyncio.gather(*(lane.look() for lane in self._lanes))
            return before - await self._thread.run(Batch.objects.open().count)
        finally:
            await attempt(self._life.end)

    async def _beat(self) -> None:
        if await self._life.beat():
            await self._life.bury()
        else:
            await self._life.begin()

    async def _close(self) -> None:
        for thread in (self._thread, *(lane.thread for lane in self._lanes)):
            await thread.close()
