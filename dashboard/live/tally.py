"""The counters: counted when a status changed, at most once a second, once for all who see the same."""

import asyncio
import time
from collections.abc import Collection
from functools import partial

from dashboard.live import frames, sync
from dashboard.live.interest import Interest
from dashboard.live.shared import Shared
from dashboard.live.subscription import Subscription
from dashboard.live.timing import LiveTiming
from tasks.database_thread import DatabaseThread

Counted = tuple[bool, str]
"""What the numbers depend on: exact or capped, and the filter without status and text."""

KEPT = 100
"""Different numbers remembered at a time."""


def counted_for(interest: Interest) -> Counted:
    return interest.is_program, interest.found.without("status").without("q").query()


class Tally:
    """Counts in the given thread."""

    def __init__(self, thread: DatabaseThread, timing: LiveTiming) -> None:
        self._thread = thread
        self._timing = timing
        self._touched = asyncio.Event()
        self._latest: Shared[dict[str, int]] = Shared(KEPT)

    def touch(self) -> None:
        """Some counter may have changed."""
        self._touched.set()

    async def tell(self, subscriptions: Collection[Subscription]) -> None:
        """For ever: wait for a change, count, send to those of `subscriptions` whose numbers differ."""
        while True:
            await self._touched.wait()
            self._touched.clear()
            try:
                await self._tell(list(subscriptions))
            except Exception:
                self._touched.set()
                raise
            await asyncio.sleep(self._timing.counts_s)

    def count(self, asked_at: float, interest: Interest) -> dict[str, int]:
        """Numbers not older than `asked_at` (time.monotonic): many who ask at once are counted for once."""
        return self._latest.get(counted_for(interest), asked_at, lambda: sync.count(interest))

    async def _tell(self, subscriptions: list[Subscription]) -> None:
        interests = {counted_for(one.interest): one.interest for one in subscriptions}
        now = time.monotonic()
        numbers = {}
        for wanted, interest in interests.items():
            counts = await self._thread.run(partial(self.count, now, interest))
            numbers[wanted] = counts, frames.counts(counts)
        for one in subscriptions:
            one.put_counts(*numbers[counted_for(one.interest)])
