"""One question after many tasks: the provider's list instead of a request for each, where that saves requests."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.utils import timezone

from tasks.poller.catalogue import Catalogue
from tasks.poller.inquiry import Inquiry
from tasks.poller.sender import Sender, digest
from tasks.poller.standing import Standing
from tasks.poller.tracked import Tracked
from tasks.providers.contract import ErrorKind, Lister, Page, ProviderError, Snapshot
from tasks.timing import HOUR, MINUTE
from tasks.vocabulary import FINAL, WAITING, Status

logger = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class Call:
    """A page to ask for, and the tasks that it should show."""

    page: Page
    tasks: list[Tracked]
    explores: bool
    """It is the first page that is seen of this list, and may show none of them."""


class RollCall:
    """Of one account. Times are the loop's seconds."""

    def __init__(
        self,
        lister: Lister,
        sender: Sender,
        inquiry: Inquiry,
        standing: Standing,
        ahead_s: float,
    ) -> None:
        self._lister = lister
        self._sender = sender
        self._inquiry = inquiry
        self._standing = standing
        self._clock = asyncio.get_running_loop().time
        self._catalogue = Catalogue()
        self._alone_until_s: dict[UUID, float] = {}
        self._rests_until_s = 0.0
        self._rest_s = 0.0
        self.ahead_s = ahead_s
        """Tasks due so soon are asked along with those that are due."""

    def due(self, now: float, tracked: Iterable[Tracked]) -> Call | None:
        """The page to ask for now; None when it is better to ask one by one, or nobody is due."""
        if now < self._rests_until_s:
            return None
        until_s = now + self.ahead_s
        due = {one.ref.remote_id: one for one in tracked if one.due_s <= until_s and self._can_call(one, now)}
        page = self._catalogue.page_for(due)
        expected = self._catalogue.expected(page, due) if page else []
        if page is None or not expected:
            self._rests_until_s = now + self.ahead_s / 4  # nothing changes at once
            return None
        return Call(page, [due[one] for one in expected], explores=self._catalogue.is_blank)

    def make(self, call: Call, holder: Holder, *, others: bool) -> Coroutine[object, object, None]:
        """Ask for the page and apply it to its tasks and, with `others`, to all that it shows.

        What it misses is asked by itself: a list may be cut, or shift while it is read, so that proves nothing. What
        it calls ended is asked by itself at once: only a task's own answer names its files.
        """
        for one in call.tasks:
            holder.begin(one)
        return self._make(call, holder, others=others)

    async def _make(self, call: Call, holder: Holder, *, others: bool) -> None:
        begun_at = timezone.now()
        try:
            found = await self._found(call, holder)
        except BaseException:
            self._judge(useful=False)
            for one in call.tasks:
                holder.put_back(one)
            raise
        told = self._sorted(call, found, holder)
        if others:
            told += self._others(found, holder, begun_at)
        await asyncio.gather(*(self._tell(one, snapshot, holder) for one, snapshot in told))

    def _can_call(self, one: Tracked, now: float) -> bool:
        waits = one.known.status in WAITING and not (one.asking or one.hurried)
        return waits and bool(one.ref.remote_id) and self._alone_until_s.get(one.id, now) <= now

    async def _found(self, call: Call, holder: Holder) -> dict[str, Snapshot]:
        """What the page says of our tasks, by remote id. The line has charged the budget."""
        page = call.page
        try:
            answer = await self._sender.send(lambda: self._sender.build(self._lister.list_request(page)))
            listed = await digest(answer, self._lister.parse_list, answer, page)
        except ProviderError as error:
            self._failed(error)
            return {}
        ours = {one.ref.remote_id for one in holder.tracked.values()}
        self._catalogue.learn(listed, len(answer.body), ours)
        found = {one.remote_id: one.snapshot for one in listed.tasks if one and one.remote_id in ours}
        if not call.explores:
            saved = sum(one.ref.remote_id in found for one in call.tasks) - 1
            self._judge(useful=saved > 0 and saved >= LEAST_SHARE * len(call.tasks))
        return found

    def _sorted(
        self, call: Call, found: dict[str, Snapshot], holder: Holder
    ) -> list[tuple[Tracked, Snapshot]]:
        """The tasks of the call that go on; the others are put back, to be asked by themselves."""
        now, told, missed = self._clock(), [], []
        for one in call.tasks:
            snapshot = found.get(one.ref.remote_id)
            if snapshot and snapshot.status not in ENDED:
                told.append((one, snapshot))
                continue
            holder.put_back(one)
            if snapshot is None:
                missed.append(one)
            elif not one.gone:
                holder.hurry(one)
        if missed and not call.explores:
            gone = set(self._catalogue.missed(call.page, (one.ref.remote_id for one in missed)))
            still = {pk: until for pk, until in self._alone_until_s.items() if until > now}
            alone = {one.id: now + ALONE_S for one in missed if one.ref.remote_id in gone}
            self._alone_until_s = still | alone
        return told

    def _failed(self, error: ProviderError) -> None:
        """The tasks' own requests go on, and tell what it means for them and for the account."""
        if error.kind is ErrorKind.LIMITED:
            self._sender.refused()
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

    def _others(
        self, found: dict[str, Snapshot], holder: Holder, begun_at: datetime
    ) -> list[tuple[Tracked, Snapshot]]:
        """Tasks not due yet, whose answer came along: they need no request of their own for a while.

        Not those that were asked since the page was: what it says of them may be older.
        """
        now, told = self._clock(), []
        for one in list(holder.tracked.values()):
            snapshot = found.get(one.ref.remote_id)
            if snapshot is None:
                continue
            self._alone_until_s.pop(one.id, None)
            is_older = one.last_poll_at is not None and one.last_poll_at >= begun_at
            if is_older or not self._can_call(one, now):
                continue
            if snapshot.status in ENDED:
                holder.hurry(one)
            else:
                holder.begin(one)
                told.append((one, snapshot))
        return told

    async def _tell(self, one: Tracked, snapshot: Snapshot, holder: Holder) -> None:
        holder.done(one, keep=await self._inquiry.hear(one, snapshot))
