"""One question after many tasks: the provider's list instead of a request for each, where that saves requests."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Protocol
from uuid import UUID

from tasks.budget import Budget
from tasks.poller.catalogue import Catalogue
from tasks.poller.inquiry import Inquiry
from tasks.poller.sender import Sender, digest
from tasks.poller.standing import Standing
from tasks.poller.tracked import Tracked
from tasks.providers.contract import ErrorKind, Lister, Page, ProviderError, Snapshot
from tasks.timing import HOUR, MINUTE
from tasks.vocabulary import FINAL, WAITING, Status

logger = logging.getLogger(__name__)

PAGES_AT_ONCE = 2
ALONE_S = MINUTE
"""A task that the list missed is asked by itself for so long."""
LONGEST_REST_S = HOUR
LEAST_SHARE = 0.25
"""Of the requests that a list was to save: in one without order, only chance finds some."""
ENDED = FINAL | {Status.LOST}


class Holder(Protocol):
    """Whose tasks they are: what a line does before and after each is asked."""

    tracked: dict[UUID, Tracked]

    def begin(self, tracked: Tracked) -> None: ...
    def done(self, tracked: Tracked, *, keep: bool) -> None: ...
    def put_back(self, tracked: Tracked) -> None: ...
    def hurry(self, tracked: Tracked) -> None: ...


class RollCall:
    """Of one account. Times are the loop's seconds."""

    def __init__(
        self,
        lister: Lister,
        sender: Sender,
        inquiry: Inquiry,
        standing: Standing,
        budget: Budget,
        ahead_s: float,
    ) -> None:
        self._lister = lister
        self._sender = sender
        self._inquiry = inquiry
        self._standing = standing
        self._budget = budget
        self._clock = asyncio.get_running_loop().time
        self._catalogue = Catalogue()
        self._alone_until_s: dict[UUID, float] = {}
        self._rests_until_s = 0.0
        self._rest_s = 0.0
        self._calling = False
        self.ahead_s = ahead_s
        """Tasks due so soon are asked along with those that are due."""

    def batch(self, now: float, tracked: Iterable[Tracked]) -> list[Tracked]:
        """The tasks to call now; empty when it is better to ask them one by one, or none is due."""
        if self._calling or now < self._rests_until_s:
            return []
        until_s = now + self.ahead_s
        found = [one for one in tracked if one.due_s <= until_s and self._can_call(one, now)]
        if self._catalogue.page_for([one.ref.remote_id for one in found]) is None:
            self._rests_until_s = now + self.ahead_s / 4  # nothing changes at once
            return []
        return found

    def call(self, batch: list[Tracked], holder: Holder, *, others: bool) -> Coroutine[object, object, None]:
        """Ask for the list and apply it to the batch and, with `others`, to all that it shows.

        What it misses is asked by itself: a list may be cut, or shift while it is read, so that proves nothing. What
        it calls ended is asked by itself at once: only a task's own answer names its files.
        """
        self._calling = True
        for one in batch:
            holder.begin(one)
        return self._call(batch, holder, others=others)

    async def _call(self, batch: list[Tracked], holder: Holder, *, others: bool) -> None:
        try:
            found = await self._pages([one.ref.remote_id for one in batch], holder)
        except BaseException:
            for one in batch:
                holder.put_back(one)
            raise
        finally:
            self._calling = False
        told = []
        for one in batch:
            snapshot = found.get(one.ref.remote_id)
            if snapshot and snapshot.status not in ENDED:
                told.append((one, snapshot))
            else:
                self._leave_alone(one, snapshot, holder)
        if others:
            told += self._others(found, holder)
        await asyncio.gather(*(self._tell(one, snapshot, holder) for one, snapshot in told))

    def _can_call(self, one: Tracked, now: float) -> bool:
        waits = one.known.status in WAITING and not (one.asking or one.hurried)
        return waits and bool(one.ref.remote_id) and self._alone_until_s.get(one.id, now) <= now

    async def _pages(self, wanted: list[str], holder: Holder) -> dict[str, Snapshot]:
        """By remote id what one page says, or two. The first request is charged by the line."""
        found: dict[str, Snapshot] = {}
        pages, page = 0, self._catalogue.page_for(wanted)
        while page is not None:
            pages += 1
            try:
                found |= await self._page(page, holder)
            except ProviderError as error:
                self._failed(error)
                return found
            missed = [one for one in wanted if one not in found]
            self._catalogue.forget(missed)
            before, page = page, self._catalogue.page_for(missed)
            if pages == PAGES_AT_ONCE or page in (None, before) or not self._may_send():
                break
        saved = sum(one in found for one in wanted) - pages
        self._judge(useful=saved > 0 and saved >= LEAST_SHARE * len(wanted))
        return found

    async def _page(self, page: Page, holder: Holder) -> dict[str, Snapshot]:
        answer = await self._sender.send(lambda: self._sender.build(self._lister.list_request(page)))
        listed = await digest(answer, self._lister.parse_list, answer, page)
        ours = {one.ref.remote_id for one in holder.tracked.values()}
        self._catalogue.learn(listed, len(answer.body), ours)
        return {one.remote_id: one.snapshot for one in listed.tasks if one and one.remote_id in ours}

    def _may_send(self) -> bool:
        now = self._clock()
        return not self._standing.held_s(now) and self._budget.take(now) == 0.0

    def _failed(self, error: ProviderError) -> None:
        """The tasks' own requests go on, and tell what it means for them and for the account."""
        if error.kind is ErrorKind.LIMITED:
            self._standing.pause(self._clock(), error)
        self._judge(useful=False)
        logger.info("the list of tasks is left alone for %.0f s: %s", self._rest_s, error)

    def _judge(self, *, useful: bool) -> None:
        """A list that saves little is left alone, ever longer."""
        if useful:
            self._rest_s = 0.0
            return
        self._rest_s = min(max(MINUTE, 2 * self._rest_s), LONGEST_REST_S)
        self._rests_until_s = self._clock() + self._rest_s

    def _leave_alone(self, one: Tracked, snapshot: Snapshot | None, holder: Holder) -> None:
        now = self._clock()
        holder.put_back(one)
        if snapshot is not None:
            if not one.gone:
                holder.hurry(one)
            return
        self._alone_until_s = {pk: until for pk, until in self._alone_until_s.items() if until > now}
        self._alone_until_s[one.id] = now + ALONE_S

    def _others(self, found: dict[str, Snapshot], holder: Holder) -> list[tuple[Tracked, Snapshot]]:
        """Tasks not due yet, whose answer came along: they need no request of their own for a while."""
        now, told = self._clock(), []
        for one in list(holder.tracked.values()):
            snapshot = found.get(one.ref.remote_id)
            if snapshot is None:
                continue
            self._alone_until_s.pop(one.id, None)
            if not self._can_call(one, now):
                continue
            if snapshot.status in ENDED:
                holder.hurry(one)
            else:
                holder.begin(one)
                told.append((one, snapshot))
        return told

    async def _tell(self, one: Tracked, snapshot: Snapshot, holder: Holder) -> None:
        holder.done(one, keep=await self._inquiry.hear(one, snapshot))
