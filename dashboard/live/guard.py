"""Ends the sockets whose logins ended, within a second or two, in every process."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

from dashboard.live import credentials
from dashboard.live.credentials import BearerToken
from dashboard.live.outbox import NOT_ALLOWED
from dashboard.live.subscription import Subscription
from dashboard.live.timing import LiveTiming
from dashboard.tokens import note_uses
from tasks.database_thread import DatabaseThread


class Guard:
    """Whoever is named on the channel layer is looked at at once, everybody again and again: a name may be missed."""

    def __init__(
        self,
        subscriptions: Collection[Subscription],
        thread: DatabaseThread,
        gap_s: Callable[[], float],
        timing: LiveTiming,
    ) -> None:
        self._subscriptions = subscriptions
        self._thread = thread
        self._gap_s = gap_s
        self._timing = timing
        self._suspects: set[Subscription] = set()
        self._woken = asyncio.Event()

    def name(self, user_ids: Iterable[int]) -> None:
        """Logins of these people ended, or may have."""
        named = set(user_ids)
        self._suspect(one for one in self._subscriptions if one.login.user_id in named)

    def welcome(self, one: Subscription) -> None:
        """A socket just joined: its login may have ended after it was looked at, and nobody named it since."""
        self._suspect([one])

    async def watch(self) -> None:
        """For ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._gap_s()):
                    await self._woken.wait()
            self._woken.clear()
            suspects, self._suspects = self._suspects, set()
            await self._look(suspects or set(self._subscriptions))
            await asyncio.sleep(self._timing.merge_s)

    async def note_uses(self) -> None:
        """For ever: a token whose socket is open is in use."""
        while True:
            await asyncio.sleep(self._timing.use_noted_s)
            used = [one.login.credential for one in self._subscriptions]
            tokens = {one.token for one in used if isinstance(one, BearerToken)}
            if tokens:
                await self._thread.run(note_uses, tokens)

    async def _look(self, whom: set[Subscription]) -> None:
        if not whom:
            return
        ended = await self._thread.run(credentials.ended, {one.login for one in whom})
        for one in whom:
            if one.login in ended:
                one.outbox.close(NOT_ALLOWED)

    def _suspect(self, ones: Iterable[Subscription]) -> None:
        self._suspects.update(ones)
        if self._suspects:
            self._woken.set()
