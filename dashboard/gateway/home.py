"""What the gateway keeps for each event loop: connections, a database thread, the calls that are out."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone

from dashboard.gateway.callers import Refused
from tasks.asking import Asker
from tasks.budget import Budget, budgets
from tasks.budget.keeping import keeping_budgets
from tasks.database_thread import DatabaseThread
from tasks.lives import Life
from tasks.models import Account
from tasks.poller.duties import cancel, repeat
from tasks.providers.contract import Answer
from tasks.submitting.claims import settle_orphans
from tasks.timing import Timing
from tasks.transport import AiohttpTransport
from tasks.vocabulary import Duty

T = TypeVar("T")

PATIENCE_S = 20.0
"""How long a request waits for room in its account's budget before its caller is told to come again."""
REMEMBERED_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Heard:
    """A provider's answer about a task, and when it came, in seconds of the loop's clock."""

    answer: Answer
    at_s: float


@dataclass
class Home:
    """Made inside a running loop. `close` it there; nothing that was sent is forgotten."""

    timing: Timing
    patience_s: float = PATIENCE_S
    database: DatabaseThread = field(default_factory=lambda: DatabaseThread("gateway-database"))
    heard: dict[UUID, Heard] = field(default_factory=dict)
    """The last answers about tasks that callers watch."""
    asks: dict[UUID, "asyncio.Task[Answer]"] = field(default_factory=dict)
    """Questions that are out: whoever wants to know the same waits for the same answer."""

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        connect_s = self.timing.connect_timeout_s
        self.kept_open = AiohttpTransport(connect_timeout_s=connect_s)
        self.once = AiohttpTransport(connect_timeout_s=connect_s, force_close=True)
        self.asker = Asker(self.kept_open, self.timing)
        create = replace(self.timing, request_timeout_s=self.timing.create_timeout_s)
        self.create_asker = Asker(self.once, create)
        self._calls: set[asyncio.Task[Any]] = set()
        self._life = Life(self.database, Duty.SUBMITTING, self.timing.dead_after_s)
        self._beats: asyncio.Task[None] | None = None
        self._registering, self._keeping = asyncio.Lock(), asyncio.Lock()
        self._open, self._kept = AsyncExitStack(), False

    def start(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Work that goes on when its caller leaves."""
        task = self._loop.create_task(work)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return task

    async def holder(self) -> UUID:
        """The living process that create calls leave from: when it dies, others say that nobody knows what became."""
        async with self._registering:
            if not self._life.is_begun:
                await self._life.begin()
                self._beats = self._loop.create_task(repeat(self.timing.heartbeat_s, self._beat))
            return self._life.id

    async def _beat(self) -> None:
        if not await self._life.beat():
            await self._life.begin()

    async def room(self, account: Account, patience_s: float | None = None) -> Budget:
        """Wait for a place in the account's budget, and take it; Refused (429) when none comes free in time."""
        async with self._keeping:
            if not self._kept:
                await self._open.enter_async_context(keeping_budgets(self.database.run, self.timing))
                self._kept = True
        budget = budgets.of(account.pk, account.requests_per_minute, account.concurrency)
        until_s = self._loop.time() + (self.patience_s if patience_s is None else patience_s)
        while (wait_s := budget.take(self._loop.time())) != 0.0:
            left_s = until_s - self._loop.time()
            if left_s <= 0:
                when = f"in {max(1.0, wait_s):.0f} s" if wait_s else "when one has ended"
                raise Refused(429, f"All requests that {account} may send are in use. Come again {when}.")
            await budget.more(min(wait_s or left_s, left_s))
        return budget

    def remember(self, task_id: UUID, answer: Answer) -> None:
        self.heard.pop(task_id, None)
        self.heard[task_id] = Heard(answer, self._loop.time())
        while len(self.heard) > REMEMBERED_MAX:
            del self.heard[next(iter(self.heard))]

    async def close(self) -> None:
        """Let what is out come to its answer, within bounds, and write it down."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=self.timing.stop_timeout_s)
        await cancel([*self._calls, *([self._beats] if self._beats else [])])
        if self._life.is_begun:
            await self._life.end()
            await self.database.run(settle_orphans, timezone.now())
        await self._open.aclose()
        await self.kept_open.aclose()
        await self.once.aclose()
        await self.database.close()


_homes: dict[asyncio.AbstractEventLoop, Home] = {}


def home() -> Home:
    """That of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _homes:
        _homes[loop] = Home(Timing())
    return _homes[loop]


async def close_home() -> None:
    """At the end of the loop."""
    if found := _homes.pop(asyncio.get_running_loop(), None):
        await found.close()


async def run_gateway(stop: asyncio.Event) -> None:
    """A companion of the server: at its end, calls that are out are waited for."""
    await stop.wait()
    await close_home()
