"""The queue of one account: asks what is due, as fast as its budget allows.

One line never waits for another: a slow or dead provider holds up only its own tasks.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from operator import attrgetter
from uuid import UUID

from django.utils import timezone

from tasks.budget import budgets
from tasks.log_fields import about
from tasks.models import Account
from tasks.poller.catalogue import WORTHWHILE
from tasks.poller.inquiry import Inquiry, Means
from tasks.poller.plan import Plan
from tasks.poller.roll_call import Call, RollCall
from tasks.poller.sender import Sender
from tasks.poller.standing import Standing
from tasks.poller.tracked import Tracked
from tasks.poller.usage import LastAnswer
from tasks.scheduling import Agenda
from tasks.vocabulary import WAITING

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
            if one.view:
                one.view.interval_s = account.poll_interval_s
        self._ask_waiting_soon()
        self._wake.set()

    def _configure(self, account: Account, *, probe_first: bool) -> None:
        self.account = account
        self.budget = budgets.of(account.pk, account.requests_per_minute, account.concurrency)
        writer, timing = self._means.writer, self._means.timing
        self.standing = Standing(account, writer, timing, self._means.random, probe_first=probe_first)
        self._plan = Plan(account, self._means.policy, self.budget, self._agenda)
        sender = Sender(account, self._means.asker, self.standing, self.budget, self._wake.set)
        self._inquiry = Inquiry(account, self._means, sender, self.standing, self._plan)
        lister, ahead_s = account.provider_module.LISTING, timing.usual_first_gap_s
        self._roll_call = lister and RollCall(lister, sender, self._inquiry, self.standing, ahead_s)

    def add(self, tracked: Tracked) -> None:
        if before := self.tracked.get(tracked.id):
            before.gone = True
            self._agenda.drop(before)
        self.tracked[tracked.id] = tracked
        self._plan.recall(tracked, self._loop.time(), timezone.now())
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
        about(account=self.account.slug)
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
        held_s = self.standing.held_s(self._loop.time())
        was_probed = (self.standing.circuit.opened or self.standing.stopped) and held_s > 0
        return was_probed or held_s > ONCE_WAITS_S or not len(self._agenda)

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
            wait_s = self.budget.take(now, evenly=not self._means.once)
            if wait_s != 0.0:
                return BUSY_LOOK_S if wait_s is None else wait_s
            self._send(now)
        return None

    def _send(self, now: float) -> None:
        """Ask whose turn it is; of a stopped account, or one out of reach, find out whether it works again."""
        if self.standing.stopped:
            self.standing.begin_probe(now)
            self._start(self._inquiry.probe())
        elif self.standing.circuit.opened:
            self.standing.circuit.begin_probe()
            self._start(self._probe(self.standing, self._begun(self._agenda.take())))
        elif self._roll_call and (call := self._call(self._roll_call, now)):
            self._start(self._roll_call.make(call, self, others=not self._means.once))
        else:
            self._start(self._ask(self._begun(self._plan.take(now))))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._asks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._asks.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            logger.error("account %s: a fault in Dailies itself", self.account.slug, exc_info=error)

    def _call(self, roll_call: RollCall, now: float) -> Call | None:
        """One request for the provider's list that stands for many tasks, where enough of them are due."""
        due = self._agenda.due_by(now + roll_call.ahead_s, WORTHWHILE)
        return roll_call.due(now, self.tracked.values()) if due >= WORTHWHILE else None

    def _begun(self, tracked: Tracked) -> Tracked:
        self.begin(tracked)
        return tracked

    async def _ask(self, tracked: Tracked) -> None:
        self.done(tracked, keep=await self._inquiry.ask(tracked))

    def begin(self, tracked: Tracked) -> None:
        """An ask of it is on its way."""
        self._agenda.drop(tracked)
        tracked.asking, tracked.hurried = True, False

    def done(self, tracked: Tracked, *, keep: bool) -> None:
        """The ask has ended. Not `keep`: it is final, or no longer ours."""
        tracked.asking = False
        if not keep:
            self.drop(tracked)
        elif not self._means.once:
            self.put_back(tracked)
        if self.standing.came_back:
            self.standing.came_back = False
            self._ask_waiting_soon()

    def put_back(self, tracked: Tracked) -> None:
        """It is asked when it is due, which may be now."""
        tracked.asking = False
        if not tracked.gone:
            self._enqueue(tracked)
            if tracked.hurried:
                self._agenda.rush(tracked)

    async def _probe(self, standing: Standing, tracked: Tracked) -> None:
        """Whoever has waited longest is asked alone. Deadlines count also while nobody answers."""
        await self._ask(tracked)
        standing.end_probe(self._loop.time())
        if standing.circuit.opened:
            now = timezone.now()
            for one in self.tracked.values():
                if one.deadline_at <= now and one.known.status in WAITING and not one.asking:
                    self._start(self._give_up(self._begun(one)))

    async def _give_up(self, tracked: Tracked) -> None:
        self.done(tracked, keep=await self._inquiry.give_up(tracked))

    def _ask_waiting_soon(self) -> None:
        """The provider is back, or reached otherwise: those that failed or were not asked share out the next while.

        Evenly, the longest waiting first: all at once would bring down what has just got up.
        """
        if self._means.once:
            return
        now, spread_s = self._loop.time(), self.standing.circuit.reach_s
        waiting = [
            one
            for one in self.tracked.values()
            if (one.failures or one.due_s <= now) and not (one.asking or one.hurried)
        ]
        for place, one in enumerate(sorted(waiting, key=attrgetter("due_s"))):
            one.due_s = now + spread_s * place / len(waiting)
            self._enqueue(one)
