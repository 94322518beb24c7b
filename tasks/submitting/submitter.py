"""The process that sends create calls: claims, waits for room in the budget, sends once, writes the answer down."""

import asyncio
import contextlib
import logging
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from tasks.asking import Asker, Connection
from tasks.budget import Budget, budgets
from tasks.budget.keeping import keeping_budgets
from tasks.database_thread import DatabaseThread
from tasks.inputs.handing import Handed, NotToBeHanded, hand_over, look_up
from tasks.lives import Life
from tasks.log_fields import about
from tasks.models import Submission
from tasks.poller.duties import attempt, cancel, repeat
from tasks.poller.waking import listen
from tasks.providers.addresses import AddressRefused
from tasks.providers.contract import Answer, ErrorKind, ProviderError
from tasks.raw import raw_of
from tasks.secrets import KeyUnreadable
from tasks.submitting import claims
from tasks.submitting.outcome import not_made, unsent
from tasks.submitting.written import taken, write_down
from tasks.timing import Timing
from tasks.transport import AiohttpTransport
from tasks.vocabulary import Duty, Kind

logger = logging.getLogger(__name__)

KEY_UNREADABLE = "The account's key was encrypted with another secret key. Enter it again; nothing was sent."
BUSY_LOOK_S = 0.5
"""Others take part in the budget, and tell nobody here when they are done."""


class Submitter:
    """Many calls at a time, each within its account's budget. `run` it, or `run_once`."""

    def __init__(self, timing: Timing, transport: AiohttpTransport) -> None:
        self._timing = timing
        self._database = DatabaseThread("submitter-database")
        self._asker = Asker(transport, replace(timing, request_timeout_s=timing.create_timeout_s))
        self._life = Life(self._database, Duty.SUBMITTING, timing.dead_after_s)
        self._calls: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then take no more, and let the calls under way come to their answers."""
        try:
            async with keeping_budgets(self._database.run, self._timing):
                await self._run(stop)
        finally:
            await self._database.close()

    async def _run(self, stop: asyncio.Event) -> None:
        await self._life.begin()
        loops = [
            asyncio.create_task(repeat(self._timing.look_s, self._look, self._wake)),
            asyncio.create_task(repeat(self._timing.heartbeat_s, self._beat)),
            asyncio.create_task(listen(self._wake, self._timing.look_s)),
        ]
        try:
            await stop.wait()
        finally:
            await self._leave(loops)

    async def run_once(self) -> int:
        """Send what waits. How many calls."""
        try:
            async with keeping_budgets(self._database.run, self._timing):
                return await self._run_once()
        finally:
            await self._database.close()

    async def _run_once(self) -> int:
        await self._life.begin()
        try:
            await self._look()
            count = len(self._calls)
            if self._calls:
                await asyncio.wait(self._calls)
            return count
        finally:
            await self._leave([])

    async def _leave(self, loops: list["asyncio.Task[None]"]) -> None:
        self._stopping = True
        await cancel(loops)
        if self._calls:
            await asyncio.wait(self._calls, timeout=self._timing.stop_timeout_s)
        await cancel(list(self._calls))
        await attempt(self._resign)

    async def _resign(self) -> None:
        await self._life.end()
        await self._database.run(claims.settle_orphans, timezone.now())

    async def _beat(self) -> None:
        if await self._life.beat():
            await self._life.bury()
        else:
            await self._life.begin()

    async def _look(self) -> None:
        await self._database.run(claims.settle_orphans, timezone.now())
        for submission in await self._database.run(claims.claim, self._life.id):
            call = asyncio.create_task(self._submit(submission, self._life.id))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    # One call

    async def _submit(self, submission: Submission, holder: UUID) -> None:
        """From budget to written answer. A fault of ours after the sending leaves the task in doubt, never resent."""
        about(task=submission.pk, account=submission.task.account.slug)
        try:
            budget = await self._room(submission)
            if budget is None:
                await self._database.run(claims.release, submission, holder)
                return
            try:
                handed = await self._handed(submission, holder)
                if handed is None:
                    return
                if await self._database.run(claims.mark_sent, submission, holder, timezone.now()):
                    await self._send(submission, handed, budget)
            finally:
                budget.end(asyncio.get_running_loop().time())
        except Exception:
            logger.exception("task %s: a fault in Dailies itself while submitting", submission.pk)
            with contextlib.suppress(Exception):
                now = timezone.now()
                await self._database.run(
                    claims.settle, submission.pk, claims.doubt(claims.BROKE_OFF, now), now
                )

    async def _room(self, submission: Submission) -> Budget | None:
        """Wait until the account may send one more; None when this process is to end."""
        account, clock = submission.task.account, asyncio.get_running_loop().time
        budget = budgets.of(account.pk, account.requests_per_minute, account.concurrency)
        while not self._stopping:
            wait_s = budget.take(clock())
            if wait_s == 0.0:
                return budget
            await budget.more(min(wait_s or BUSY_LOOK_S, BUSY_LOOK_S))
        return None

    async def _handed(self, submission: Submission, holder: UUID) -> Handed | None:
        """What is sent, with files in the place of references. None: one is missing, so the task failed, unsent."""
        try:
            found = await self._database.run(look_up, submission)
            return await asyncio.to_thread(hand_over, submission, found, timezone.now())
        except NotToBeHanded as error:
            change = unsent(f"{error} Nothing was sent.", timezone.now())
            await self._database.run(claims.refuse, submission, holder, change, timezone.now())
            return None

    async def _send(self, submission: Submission, handed: Handed, budget: Budget) -> None:
        answer: Answer | None = None
        sent_s = asyncio.get_running_loop().time()
        try:
            answer = await self._ask(submission, handed)
            change = await asyncio.to_thread(taken, submission.task, answer)
        except ProviderError as error:
            raw = raw_of(answer) if answer else None
            if error.kind is ErrorKind.LIMITED:
                budget.refused(sent_s)
            change = not_made(submission.task, error, answer, raw, timezone.now())
        await self._database.run(write_down, submission, change, timezone.now())
        outcome = change.columns.get("status", submission.task.status)
        logger.debug("create call answered", extra={"outcome": outcome})

    async def _ask(self, submission: Submission, handed: Handed) -> Answer:
        account = submission.task.account
        provider = account.provider_module
        try:
            request = await asyncio.to_thread(
                provider.create_request, Kind(submission.task.kind), handed.params, submission.task.pk
            )
            built = Connection.of(account).build(request)
        except KeyUnreadable as error:
            raise ProviderError(ErrorKind.UNAUTHORIZED, KEY_UNREADABLE) from error
        except AddressRefused as error:
            raise ProviderError(ErrorKind.UNAUTHORIZED, f"{error} Nothing was sent.") from error
        return await self._asker.ask(replace(built, secrets=built.secrets + handed.secrets), provider.NAME)
