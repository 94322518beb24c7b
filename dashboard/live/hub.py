"""The hub: one per process and event loop. It hears of changes once, and sends every socket what it shows.

It lives as long as somebody visits it. The channel layer (`ear`) and the look at the database (`watch`) both end
as task ids in `delivery`; `tally` does the counters.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from django.db import Error as DatabaseError

from dashboard.live import sync, timing
from dashboard.live.credentials import Login
from dashboard.live.delivery import Delivery
from dashboard.live.guard import Guard
from dashboard.live.interest import Interest
from dashboard.live.outbox import BROKEN, NOT_ALLOWED, Send
from dashboard.live.shared import Shared
from dashboard.live.subscription import Subscription, subscribe
from dashboard.live.tally import Tally
from dashboard.live.watch import Watch
from tasks.database_thread import DatabaseThread
from tasks.publishing import set_home_loop

logger = logging.getLogger(__name__)

ANSWERS_KEPT = 8

Loop = Callable[[], Coroutine[Any, Any, None]]


class Hub:
    """Changes and answers have a thread each: a thousand pages that reconnect must not hold up what is new."""

    def __init__(self, durations: timing.LiveTiming) -> None:
        self._timing = durations
        self._subscriptions: set[Subscription] = set()
        self._changes = DatabaseThread("hub-changes")
        self._answers = DatabaseThread("hub-answers")
        self._tally = Tally(self._answers, durations)
        self._delivery = Delivery(self._subscriptions, self._changes, self._tally, durations)
        self._guard = Guard(self._subscriptions, self._answers, lambda: self._watch.gap_s, durations)
        self._watch = Watch(self._delivery, self._guard, self._changes, self._tell_live, durations)
        self._latest: Shared[sync.Answer] = Shared(ANSWERS_KEPT)
        self._running: list[asyncio.Task[None]] = []
        self.visitors = 0

    def start(self) -> None:
        set_home_loop(asyncio.get_running_loop())
        loops: dict[str, Loop] = {
            "listening": self._watch.ear.listen,
            "the pulse": self._watch.ear.pulse,
            "looking": self._watch.look,
            "sending": self._delivery.send,
            "counting": partial(self._tally.tell, self._subscriptions),
            "guarding": self._guard.watch,
            "noting uses": self._guard.note_uses,
        }
        self._running = [
            asyncio.create_task(self._keep(name, loop), name=f"hub: {name}") for name, loop in loops.items()
        ]

    async def ready(self) -> None:
        """Returns when changes are heard or looked for: nothing committed from then on is missed."""
        await self._watch.looked.wait()

    async def stop(self) -> None:
        await self._watch.ear.leave()
        for one in self._running:
            one.cancel()
        await asyncio.wait(self._running, timeout=self._timing.stop_s)
        for thread in (self._changes, self._answers):
            with suppress(DatabaseError):
                await thread.close()

    async def _keep(self, name: str, loop: Loop) -> None:
        """What fails is logged and begins again."""
        while True:
            try:
                await loop()
            except DatabaseError as error:
                logger.warning("live pages: %s failed: %s", name, error)
            except Exception:
                logger.exception("live pages: %s failed", name)
            await asyncio.sleep(self._timing.retry_s)

    @asynccontextmanager
    async def joined(self, interest: Interest, login: Login, send: Send) -> AsyncIterator[Subscription]:
        """A socket is sent what changes while the block runs."""
        one = subscribe(interest, login, send)
        one.put_live(self._watch.live)
        self._subscriptions.add(one)
        self._guard.welcome(one)
        try:
            yield one
        finally:
            self._subscriptions.discard(one)
            await one.outbox.stop()

    async def answer(self, one: Subscription, have: sync.Have) -> None:
        """Answer a sync, if the socket is still allowed to know."""
        asked_at = time.monotonic()
        try:
            if not await self._check(one):
                return
            one.begin_sync(have)
            answer = await self._answers.run(self._work_out, one.interest, have, asked_at)
        except DatabaseError as error:
            logger.warning("live pages: a sync failed: %s", error)
            one.outbox.close(BROKEN)
            return
        one.end_sync(answer)
        await one.outbox.say(answer.frame)

    def _work_out(self, interest: Interest, have: sync.Have, asked_at: float) -> sync.Answer:
        """In the answers' thread. Pages that reconnect together have the same question."""
        question = interest, tuple(sorted(have.items()))
        count = partial(self._tally.count, asked_at)
        return self._latest.get(question, asked_at, lambda: sync.answer(interest, have, count))

    async def _check(self, one: Subscription) -> bool:
        """Whether its login still holds; if not, the socket is closed."""
        allowed = await self._answers.run(one.login.credential.user) is not None
        if not allowed:
            one.outbox.close(NOT_ALLOWED)
        return allowed

    def _tell_live(self) -> None:
        for one in self._subscriptions:
            one.put_live(self._watch.live)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


@asynccontextmanager
async def visit_hub() -> AsyncIterator[Hub]:
    """The hub of the running loop, made for its first visitor and stopped after its last."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub(timing.TIMING)
        hub.start()
    hub.visitors += 1
    try:
        await hub.ready()
        yield hub
    finally:
        hub.visitors -= 1
        if not hub.visitors:
            del _hubs[loop]
            await asyncio.shield(hub.stop())
