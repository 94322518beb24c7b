"""The process that asks: claims tasks, keeps a line for each account, and stays alive in the database."""

import asyncio
import logging
from datetime import timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

from tasks import experience
from tasks.asking import Asker
from tasks.budget.keeping import keeping_budgets
from tasks.database_thread import DatabaseThread
from tasks.lives import Life
from tasks.models import Account
from tasks.poller import claims, spreading
from tasks.poller.duties import attempt, cancel, repeat
from tasks.poller.inquiry import Means
from tasks.poller.line import Line
from tasks.poller.purging import purge
from tasks.poller.report import Teller
from tasks.poller.tracked import Tracked
from tasks.poller.usage import write_last_answers
from tasks.poller.waking import listen
from tasks.poller.writer import Facts, Writer, facts_of_all, write_facts
from tasks.scheduling import History, Policy
from tasks.timing import HOUR, Timing
from tasks.transport import AiohttpTransport
from tasks.vocabulary import Duty

logger = logging.getLogger(__name__)

FACTS_BATCH = 1_000
MODEST_LOOKS = 3


class Engine:
    """One poller. `run` it, or `run_once`; not both, and not twice."""

    def __init__(
        self, timing: Timing, transport: AiohttpTransport, random: Random, *, once: bool = False
    ) -> None:
        self._timing = timing
        self._database = DatabaseThread("poller-database")
        self._life = Life(self._database, Duty.POLLING, timing.dead_after_s)
        self._writer = Writer(self._database, timing)
        self._policy = Policy(History(), timing, random)
        self._means = Means(Asker(transport, timing), self._writer, timing, random, self._policy, once)
        self._lines: dict[int, Line] = {}
        self._runs: dict[int, asyncio.Task[None]] = {}
        self._teller = Teller(self._lines, self._writer, self._database)
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._cut_short = False
        """The last look ended in an error: perhaps we hold claims that we know nothing of."""
        self._modest_until_s = 0.0
        """What was just given up for others is not taken back at once."""

    @property
    def _id(self) -> UUID:
        return self._writer.poller_id

    @property
    def held(self) -> int:
        """How many tasks it holds."""
        return sum(len(line.tracked) for line in self._lines.values())

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then end what is in flight, write it, and free the claims."""
        try:
            async with keeping_budgets(self._database.run, self._timing):
                await self._run(stop)
        finally:
            await self._database.close()

    async def _run(self, stop: asyncio.Event) -> None:
        await self._register()
        loops = [
            self._loop.create_task(self._writer.run()),
            self._loop.create_task(listen(self._wake, self._timing.look_s)),
            self._loop.create_task(repeat(self._timing.look_s, self._look, self._wake)),
            self._loop.create_task(repeat(self._timing.heartbeat_s, self._beat)),
            self._loop.create_task(repeat(self._timing.facts_s, self._write_facts)),
            self._loop.create_task(repeat(self._timing.experience_s, self._remember)),
            self._loop.create_task(repeat(self._timing.tell_s, self._teller.tell)),
            self._loop.create_task(repeat(HOUR, purge)),
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
        """Ask every task that is due, one time. How many were asked: those of an account that is held are not."""
        try:
            async with keeping_budgets(self._database.run, self._timing):
                return await self._run_once()
        finally:
            await self._database.close()

    async def _run_once(self) -> int:
        await self._register()
        writing = self._loop.create_task(self._writer.run())
        try:
            await self._look(until_s=0.0)
            due = [(one, one.poll_count) for line in self._lines.values() for one in line.tracked.values()]
            await asyncio.gather(*(line.run() for line in self._lines.values()))
            return sum(one.poll_count > before for one, before in due)
        finally:
            await self._leave([writing])

    # Coming and going

    async def _register(self) -> None:
        await self._life.begin()
        self._writer.poller_id = self._life.id

    async def _leave(self, loops: list["asyncio.Task[None]"]) -> None:
        """The writer goes last: what the lines end with is still written."""
        writing, *others = loops
        await cancel([*others, *self._runs.values()])
        timeout_s = self._timing.stop_timeout_s
        await asyncio.gather(*(line.close(timeout_s) for line in self._lines.values()))
        await cancel([writing])
        for last in (self._writer.flush, self._write_facts, self._life.end):
            if not await attempt(last):
                logger.warning("our claims are freed when we are missed")
                break

    async def _beat(self) -> None:
        if not await self._life.beat():
            for line in self._lines.values():
                for tracked in list(line.tracked.values()):
                    line.drop(tracked)
            await self._register()
            self._wake.set()
        if await self._life.bury():
            self._wake.set()
        await self._spread()

    async def _spread(self) -> None:
        """Give what is beyond a fair share to pollers that have less; they find it at their next look."""
        count = spreading.surplus(self._id, await self._database.run(spreading.loads))
        given = spreading.choose([list(line.tracked.values()) for line in self._lines.values()], count)
        if not given:
            return
        self._modest_until_s = self._loop.time() + MODEST_LOOKS * self._timing.look_s
        self._cut_short = True  # should this end in an error: what is still ours is found again
        for one in given:
            self._lines[one.account_id].drop(one)
        await self._database.run(spreading.give_up, self._id, self._facts_of(given))
        logger.info("%d tasks given up for other pollers", len(given))

    # The look at the database

    async def _look(self, until_s: float | None = None) -> None:
        """Take edited accounts, requests to check now, and free tasks."""
        was_cut_short, self._cut_short = self._cut_short, True
        await self._take_accounts()
        if was_cut_short:
            known = {task_id for line in self._lines.values() for task_id in line.tracked}
            await self._add_all(await self._database.run(claims.strays, self._id, known))
        for task_id in await self._database.run(claims.take_checks, self._id, timezone.now()):
            self._hurry(task_id)
        await self._take_free(until_s)
        self._cut_short = False

    async def _take_free(self, until_s: float | None) -> None:
        if self._loop.time() < self._modest_until_s:
            return
        ahead_s = self._timing.claim_ahead_s if until_s is None else until_s
        while True:
            now = timezone.now()
            taken = await self._database.run(claims.claim, self._id, now + timedelta(seconds=ahead_s))
            if any(one.task.account_id not in self._lines for one in taken):
                await self._take_accounts()  # made or resumed since we looked
            await self._add_all(taken)
            if not taken:
                return

    async def _take_accounts(self) -> None:
        known = {pk: line.account.config_version for pk, line in self._lines.items()}
        changes = await self._database.run(claims.changed_accounts, known)
        for account_id in changes.gone:
            await self._close_line(account_id)
        for account in changes.edited:
            line = self._lines.get(account.pk)
            if not account.enabled:
                await self._close_line(account.pk)
            elif line:
                line.configure(account)
            else:
                self._open_line(account)

    def _open_line(self, account: Account) -> None:
        line = self._lines[account.pk] = Line(account, self._means)
        if not self._means.once:
            self._runs[account.pk] = self._loop.create_task(line.run())

    async def _close_line(self, account_id: int) -> None:
        """A person paused the account: what is in flight may end, the rest is anybody's again."""
        line = self._lines.pop(account_id, None)
        if line is None:
            return
        await cancel([self._runs.pop(account_id)] if account_id in self._runs else [])
        await line.close(self._timing.look_s)
        await self._database.run(claims.release_account, self._id, account_id, timezone.now())

    async def _add_all(self, taken: list[claims.Claimed]) -> None:
        for one in taken:
            line = self._lines.get(one.task.account_id)
            if line is None:  # paused since we claimed it
                account_id = one.task.account_id
                await self._database.run(claims.release_account, self._id, account_id, timezone.now())
                continue
            try:
                self._add(line, one)
            except ValueError:
                logger.exception("task %s: its row holds a word that this version does not know", one.task.pk)

    def _add(self, line: Line, one: claims.Claimed) -> None:
        due_at = one.task.next_poll_at or timezone.now()
        in_s = max(0.0, (due_at - timezone.now()).total_seconds())
        line.add(Tracked.of(one.task, one.file_count, self._loop.time() + in_s))

    def _hurry(self, task_id: UUID) -> None:
        for line in self._lines.values():
            if tracked := line.tracked.get(task_id):
                line.hurry(tracked)

    def _drop(self, task_id: UUID) -> None:
        for line in self._lines.values():
            if tracked := line.tracked.get(task_id):
                line.drop(tracked)

    # Small regular duties

    async def _write_facts(self) -> None:
        changed = [one for line in self._lines.values() for one in line.tracked.values() if one.facts_changed]
        for start in range(0, len(changed), FACTS_BATCH):
            await self._write_facts_of(changed[start : start + FACTS_BATCH])
        answers = [last for line in self._lines.values() if (last := line.last_answer())]
        await self._database.run(write_last_answers, answers)

    async def _write_facts_of(self, batch: list[Tracked]) -> None:
        for one in batch:
            one.facts_changed = False
        try:
            lost = await self._database.run(write_facts, self._id, self._facts_of(batch))
        except Exception:
            for one in batch:
                one.facts_changed = True
            raise
        for task_id in lost:
            self._drop(task_id)

    def _facts_of(self, batch: list[Tracked]) -> list[Facts]:
        return facts_of_all(batch, self._loop.time(), timezone.now())

    async def _remember(self) -> None:
        """What finished tasks have shown, those that other processes asked about among them."""
        self._policy.history.replace(await self._database.run(experience.observations, timezone.now()))
