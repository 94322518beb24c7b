"""The process that keeps: claims results that are due, fetches several at a time, and looks into what is stored."""

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from tasks.archive import claiming
from tasks.archive.attempt import Attempt
from tasks.archive.claiming import Claimed
from tasks.archive.failures import FailureKind, FetchFailed
from tasks.archive.incoming import Busy
from tasks.archive.lanes import Lanes
from tasks.archive.looking import look_into
from tasks.archive.means import Means
from tasks.archive.settling import Hold, settle_uninspected
from tasks.archive.sweeping import sweep
from tasks.archive.verdicts import Verdict
from tasks.budget.keeping import keeping_budgets
from tasks.lives import Life
from tasks.log_fields import about
from tasks.poller.duties import attempt, cancel, repeat
from tasks.poller.waking import listen
from tasks.vocabulary import Archive, Duty

logger = logging.getLogger(__name__)

FAULT = "A fault in Dailies itself; the log says which. We try again."


class Engine:
    """One archiver. `run` it, or `run_once`; not both, and not twice. `lanes` are those that `means` steps aside of."""

    def __init__(self, means: Means, lanes: Lanes) -> None:
        self._means = means
        self._timing = means.timing
        self._database = means.database
        self._lanes = lanes
        self._lanes.on_room = self._start
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._life = Life(self._database, Duty.ARCHIVING, means.timing.dead_after_s)
        self._jobs: dict[UUID, asyncio.Task[None]] = {}
        self._looks = asyncio.Semaphore(means.timing.inspections_at_once)
        self._looking = 0
        """How many are held only to be looked into."""
        self._astray = False
        """Something ended in an error: perhaps we hold results that we know nothing of."""
        self.stored = 0
        """How many results it has stored."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is under way then is left for the next one to go on with."""
        try:
            async with keeping_budgets(self._database.run):
                await self._run(stop)
        finally:
            await self._database.close()

    async def _run(self, stop: asyncio.Event) -> None:
        await self._life.begin()
        loops = [
            self._loop.create_task(listen(self._wake, self._timing.look_s)),
            self._loop.create_task(repeat(self._timing.look_s, self._look, self._wake)),
            self._loop.create_task(repeat(self._timing.heartbeat_s, self._beat)),
            self._loop.create_task(repeat(self._timing.sweep_s, self._sweep)),
        ]
        stopping = self._loop.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait({stopping, *loops}, return_when=asyncio.FIRST_COMPLETED)
            for one in done - {stopping}:
                one.result()
        finally:
            stopping.cancel()
            await self._leave(loops)

    async def run_once(self) -> int:
        """Keep everything that is due, until nothing is due at present. How many were stored."""
        try:
            async with keeping_budgets(self._database.run):
                return await self._run_once()
        finally:
            await self._database.close()

    async def _run_once(self) -> int:
        await self._life.begin()
        beating = self._loop.create_task(repeat(self._timing.heartbeat_s, self._beat))
        try:
            while True:
                await self._look()
                if not self._jobs:
                    return self.stored
                await asyncio.wait(self._jobs.values(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._leave([beating])

    # Coming and going

    async def _leave(self, loops: list["asyncio.Task[None]"]) -> None:
        self._lanes.clear()
        await cancel([*loops, *self._jobs.values()])
        if not await attempt(self._life.end):
            logger.warning("our claims are freed when we are missed")

    async def _beat(self) -> None:
        if not await self._life.beat():
            self._lanes.clear()
            await cancel(list(self._jobs.values()))
            await self._life.begin()
            self._wake.set()
        if await self._life.bury():
            self._wake.set()

    # What there is to do

    async def _look(self) -> None:
        try:
            await self._take()
        except BaseException:
            self._astray = True
            raise
        self._start()

    async def _take(self) -> None:
        run, now, timing = self._database.run, timezone.now(), self._timing
        if self._astray:
            await run(claiming.release, self._life.id, {*self._jobs, *self._lanes.waiting()})
            self._astray = False
        for one in await run(
            claiming.claim,
            self._life.id,
            now,
            self._lanes.held(),
            timing.ahead_per_account,
            timing.unknown_expiry_s,
        ):
            self._lanes.add(one)
        for result_id in await run(claiming.claim_uninspected, self._life.id, now, self._looking):
            self._looking += 1
            self._begin(result_id, self._look_into_claimed(result_id))

    def _start(self) -> None:
        while one := self._lanes.start():
            self._begin(one.result_id, self._keep(one))

    def _begin(self, result_id: UUID, work: Coroutine[object, object, None]) -> None:
        job = self._jobs[result_id] = self._loop.create_task(work)
        job.add_done_callback(partial(self._ended, result_id))

    def _ended(self, result_id: UUID, job: "asyncio.Task[None]") -> None:
        del self._jobs[result_id]
        error = None if job.cancelled() else job.exception()
        if error:
            self._astray = True
            logger.error(
                "result %s: a fault in Dailies itself, or in its database", result_id, exc_info=error
            )
        elif len(self._lanes.waiting()) < self._timing.at_once:
            self._wake.set()

    # One result

    async def _keep(self, one: Claimed) -> None:
        try:
            look = await self._fetch(one.result_id)
        finally:
            self._lanes.end(one)
        if look:
            await self._look_into(one.result_id)

    async def _fetch(self, result_id: UUID) -> bool:
        """Whether it is to be looked into now."""
        hold = await self._database.run(claiming.hold, self._life.id, result_id, Archive.PENDING)
        if hold is None:
            return False
        _tell_about(hold)
        one = Attempt(hold, self._means)
        try:
            with self._means.incoming.locked(result_id):
                look = await one.run()
        except Busy:
            gap_s = self._timing.busy_s
            await one.settle(Verdict(Archive.PENDING, hold.result.problem, gap_s, counts=False))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("result %s: a fault in Dailies itself; it is tried again later", result_id)
            await one.settle(one.judge(FetchFailed(FailureKind.TRANSIENT, FAULT)))
        else:
            self.stored += one.is_stored
            return look
        return False

    async def _look_into_claimed(self, result_id: UUID) -> None:
        try:
            await self._look_into(result_id)
        finally:
            self._looking -= 1

    async def _look_into(self, result_id: UUID) -> None:
        """A few at a time: each is a process of its own."""
        async with self._looks:
            hold = await self._database.run(claiming.hold, self._life.id, result_id, Archive.STORED)
            if hold is None:
                return
            _tell_about(hold)
            try:
                with self._means.incoming.locked(result_id):
                    await look_into(hold, self._means)
            except Busy:
                await self._look_later(hold, self._timing.busy_s)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                logger.exception("result %s: a fault in Dailies itself; looked into later", result_id)
                await self._look_later(hold, self._timing.sweep_s)

    async def _look_later(self, hold: Hold, gap_s: float) -> None:
        await self._database.run(settle_uninspected, hold, gap_s, timezone.now())

    async def _sweep(self) -> None:
        await sweep(self._means, set(self._jobs))


def _tell_about(hold: Hold) -> None:
    task = hold.result.task
    about(result=hold.result.pk, task=task.pk, account=task.account.slug)
