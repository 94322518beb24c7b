"""The queue of one account: asks what is due, as fast as its budget allows.

One line never waits for another: a slow or dead provider holds up only its own tasks.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from uuid import UUID

from tasks.budget import budgets
from tasks.models import Account
from tasks.poller.inquiry import Inquiry, Means
from tasks.poller.plan import Plan
from tasks.poller.standing import Standing
from tasks.poller.tracked import Tracked
from tasks.poller.usage import LastAnswer
from tasks.scheduling import Agenda

logger = logging.getLogger(__name__)

ONCE_WAITS_S = 60.0
"""A poller that asks once does not stay longer for an account that was asked to slow down."""
BUSY_LOOK_S = 1.0
"""A person's test of the connection takes part in the budget too, and tells nobody here when it has ended."""


class Line:
    """Holds the claimed tasks of one account. Every method belongs to the event loop's thread."""

    def __init__(self, account: Account, means: Means) -> None:
        self._means = means
        self._loop = asyncio.get_running_loop()
        self._agenda: Agenda[Tracked] = Agenda()
        self._wake = asyncio.Event()
        self._asks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._told: LastAnswer | None = None
        self.tracked: dict[UUID, Tracked] = {}
        self._configure(account, probe_first=False)
        self.budget.grown.add(self._wake_soon)

    def configure(self, account: Account) -> None:
        """Take the account as a person last edited it: requests are built anew, a stopped one is probed at once."""
        self._configure(account, probe_first=self.standing.stopped)
        for one in self.tracked.values():
            one.request = None
        self._ask_failed_soon()
        self._wake.set()

    def _configure(self, account: Account, *, probe_first: bool) -> None:
        self.account = account
        self.budget = budgets.of(account.pk, account.requests_per_minute, account.concurrency)
        writer, timing = self._means.writer, self._means.timing
        self.standing = Standing(account, writer, timing, probe_first=probe_first)
        self._plan = Plan(account, self._means.policy, self.budget, self._agenda)
        self._inquiry = Inquiry(account, self._means, self.standing, self.budget, self._plan, self._wake.set)

    def add(self, tracked: Tracked) -> None:
        if before := self.tracked.get(tracked.id):
            before.gone = True
            self._agenda.drop(before)
        self.tracked[tracked.id] = tracked
        self._enqueue(tracked)

    def hurry(self, tracked: Tracked) -> None:
        """Ask it next, ahead of all others; once more when an answer is just on its way."""
        tracked.hurried = True
        if not tracked.asking:
            self._agenda.rush(tracked)
            self._wake.set()

    def drop(self, tracked: Tracked) -> None:
        tracked.gone = True
        self._agenda.drop(tracked)
        if self.tracked.get(tracked.id) is tracked:
            del self.tracked[tracked.id]

    async def run(self) -> None:
        """Until cancelled; for a poller that asks once, until everything was asked."""
        while not self._is_done():
            self._wake.clear()
            wait_s = self._send_due()
            timer = None if wait_s is None else self._loop.call_later(wait_s, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                if timer:
                    timer.cancel()

    async def close(self, timeout_s: float) -> None:
        """Ask nothing more; let what is in flight end, within `timeout_s`."""
        self._closing = True
        self.budget.grown.discard(self._wake_soon)
        if self._asks:
            await asyncio.wait(self._asks, timeout=timeout_s)
        for task in self._asks:
            task.cancel()

    def last_answer(self) -> LastAnswer | None:
        """The last good one, when it was not yet told."""
        if self.standing.last_answer_at is None:
            return None
        last = LastAnswer(self.account.pk, self.standing.last_answer_at, self.standing.last_latency_s)
        before, self._told = self._told, last
        return last if last != before else None

    def _wake_soon(self) -> None:
        """From any thread."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._wake.set)

    def _is_done(self) -> bool:
        if not self._means.once or self._asks:
            return False
        held_long = self.standing.held_s(self._loop.time()) > ONCE_WAITS_S
        return held_long or self.standing.stopped or not len(self._agenda)

    def _enqueue(self, tracked: Tracked) -> None:
        self._agenda.put(tracked, tracked.due_s)
        self._wake.set()

    def _send_due(self) -> float | None:
        """Send all that may be sent now. Seconds until there may be more; None: not before something happens."""
        while not self._closing:
            now = self._loop.time()
            if held_s := self.standing.held_s(now):
                return held_s
            if not self.standing.stopped:
                due_in_s = self._agenda.look(now)
                if due_in_s != 0.0:
                    return due_in_s
            wait_s = self.budget.take(now)
            if wait_s != 0.0:
                return BUSY_LOOK_S if wait_s is None else wait_s
            self._send(now)
        return None

    def _send(self, now: float) -> None:
        """Ask whose turn it is; of a stopped account, find out whether it works again."""
        if self.standing.stopped:
            self.standing.begin_probe(now)
            self._start(self._inquiry.probe())
        else:
            self._start(self._ask(self._plan.take(now)))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._asks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._asks.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            logger.error("account %s: a fault in Dailies itself", self.account.slug, exc_info=error)

    async def _ask(self, tracked: Tracked) -> None:
        tracked.asking, tracked.hurried = True, False
        keep = await self._inquiry.ask(tracked)
        tracked.asking = False
        if not keep:
            self.drop(tracked)
        elif not tracked.gone and not self._means.once:
            self._enqueue(tracked)
            if tracked.hurried:
                self._agenda.rush(tracked)
        if self._inquiry.came_back:
            self._inquiry.came_back = False
            self._ask_failed_soon()

    def _ask_failed_soon(self) -> None:
        """The provider is back, or reached otherwise: those backing off are asked within one usual gap."""
        now = self._loop.time()
        for one in self.tracked.values():
            if one.failures and not one.asking:
                spread_s = self._means.random.random() * self._means.timing.usual_first_gap_s
                one.due_s = min(one.due_s, now + spread_s)
                self._enqueue(one)
