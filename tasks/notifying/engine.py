"""The process that tells: reads what happened, makes messages of it, and sends them, each channel by itself."""

import asyncio
import contextlib
import logging
from collections import Counter
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from tasks.database_thread import DatabaseThread
from tasks.lives import Life
from tasks.log_fields import about
from tasks.metrics import MESSAGES
from tasks.models import Channel
from tasks.notifying import claiming, gathering
from tasks.notifying.claiming import Claimed
from tasks.notifying.incidents import watch_accounts
from tasks.notifying.outcome import Outcome
from tasks.notifying.reading import Reader
from tasks.notifying.sending import Sender
from tasks.notifying.settling import cut_log, settle
from tasks.notifying.timing import NotifyTiming
from tasks.poller.duties import attempt, cancel, repeat
from tasks.poller.waking import listen
from tasks.publishing import NOTIFIERS_GROUP
from tasks.vocabulary import Duty

logger = logging.getLogger(__name__)

FAULT = "A fault in Dailies itself; the log says which. It is tried again."


class Notifier:
    """One of perhaps several. `run` it, or `run_once`. While there is no channel it has no row and no heartbeat."""

    def __init__(self, timing: NotifyTiming, sender: Sender) -> None:
        self._timing = timing
        self._sender = sender
        self._database = DatabaseThread("notify-database")
        self._loop = asyncio.get_running_loop()
        self._reader = Reader(timing.margin_s, timing.bookmark_s)
        self._wake = asyncio.Event()
        self._busy = True
        """Whether there was anybody to tell at the last look."""
        self._life = Life(self._database, Duty.NOTIFYING, timing.dead_after_s)
        self._jobs: dict[UUID, asyncio.Task[None]] = {}
        self._channels: dict[UUID, UUID] = {}
        """Of each message on its way, its channel."""
        self._chat_look_s = self._sweep_s = 0.0
        self._astray = False
        """Something ended in an error: perhaps we hold messages that we know nothing of."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is on its way then is given a moment, and sent again by the next one if need be."""
        loops = [
            self._loop.create_task(self._watch()),
            self._loop.create_task(repeat(self._timing.heartbeat_s, self._beat)),
            self._loop.create_task(listen(self._wake, self._timing.idle_s, NOTIFIERS_GROUP)),
        ]
        try:
            await stop.wait()
        finally:
            await cancel(loops)
            await self._leave()

    async def run_once(self) -> int:
        """Tell what there is to tell now. How many messages were sent."""
        sent = 0
        try:
            while await self._look() and self._jobs:
                sent += len(self._jobs)
                await asyncio.wait(self._jobs.values())
        finally:
            await self._leave()
        return sent

    async def _watch(self) -> None:
        while True:
            self._wake.clear()
            self._busy = False
            await attempt(self._look_once)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.look_s if self._busy else self._timing.idle_s):
                    await self._wake.wait()

    async def _look_once(self) -> None:
        self._busy = True  # also when it fails: then it is tried again soon
        self._busy = await self._look()

    # Coming and going

    async def _beat(self) -> None:
        if not self._life.is_begun:
            return
        if not await self._life.beat():
            await cancel(list(self._jobs.values()))
            await self._life.begin()
        if await self._life.bury():
            self._wake.set()

    async def _leave(self) -> None:
        if self._jobs:
            await asyncio.wait(self._jobs.values(), timeout=self._timing.stop_s)
        await cancel(list(self._jobs.values()))
        await attempt(self._resign)
        with contextlib.suppress(InterfaceError, OperationalError):
            await self._database.close()

    async def _resign(self) -> None:
        """Our row goes, and with it our claims."""
        if self._life.is_begun:
            await self._database.run(self._reader.keep_place, self._loop.time())
            await self._life.end()

    # What there is to do

    async def _look(self) -> bool:
        """Read, gather, and begin to send. False: there is nobody to tell."""
        channels = await self._database.run(_working_channels)
        if not channels:
            if not self._jobs:
                await self._resign()
            self._reader.forget()
            return False
        if not self._life.is_begun:
            await self._life.begin()
        try:
            await self._read(channels)
            await self._gather(channels)
            await self._claim(self._life.id)
        except BaseException:
            self._astray = True
            raise
        await self._sweep()
        return True

    async def _read(self, channels: list[Channel]) -> None:
        run, now = self._database.run, timezone.now()
        if await run(self._reader.read, channels, now, self._loop.time()):
            self._wake.set()
        await run(watch_accounts, channels, now, self._timing.settle_s)

    async def _gather(self, channels: list[Channel]) -> None:
        run, now = self._database.run, timezone.now()
        is_chat_time = self._loop.time() >= self._chat_look_s
        if is_chat_time:
            self._chat_look_s = self._loop.time() + self._timing.chat_look_s
        for channel in channels:
            if channel.is_webhook:
                if await run(gathering.gather_webhook, channel, now):
                    self._wake.set()  # the rest after the others' turn
            elif is_chat_time:
                await run(gathering.gather_chat, channel, now, self._timing)

    async def _claim(self, notifier_id: UUID) -> None:
        if self._astray:
            await self._database.run(claiming.release, notifier_id, set(self._jobs))
            self._astray = False
        held = Counter(self._channels.values())
        for one in await self._database.run(claiming.claim, notifier_id, timezone.now(), held, self._timing):
            pk = one.delivery.pk
            self._channels[pk] = one.channel.pk
            job = self._jobs[pk] = self._loop.create_task(self._send(one, notifier_id))
            job.add_done_callback(partial(self._ended, pk))

    async def _sweep(self) -> None:
        if self._loop.time() < self._sweep_s:
            return
        self._sweep_s = self._loop.time() + self._timing.sweep_s
        while await self._database.run(cut_log, timezone.now()):
            pass

    # One message

    async def _send(self, one: Claimed, notifier_id: UUID) -> None:
        about(duty=Duty.NOTIFYING, task=one.delivery.task_id)
        try:
            outcome = await self._sender.send(one.channel, one.delivery, timezone.now())
        except Exception:
            logger.exception("message %s: a fault in Dailies itself while sending", one.delivery.pk)
            outcome = Outcome(FAULT)
        word = "arrived" if outcome.arrived else "trouble"
        MESSAGES.labels(one.channel.kind, word).inc()
        logger.debug("message sent", extra={"outcome": word})
        now = timezone.now()
        await self._database.run(settle, one.delivery, notifier_id, outcome, now, self._timing)

    def _ended(self, pk: UUID, job: "asyncio.Task[None]") -> None:
        del self._jobs[pk]
        self._channels.pop(pk, None)
        error = None if job.cancelled() else job.exception()
        if job.cancelled() or error:
            self._astray = True
        if error and not isinstance(error, OperationalError | InterfaceError):
            logger.error("message %s: a fault in Dailies itself", pk, exc_info=error)
        self._wake.set()


def _working_channels() -> list[Channel]:
    return list(Channel.objects.working())
