"""From task ids to messages: load once, draw once for every view in use, put into the place of each socket."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from dashboard.live import frames, look
from dashboard.live.interest import Interest
from dashboard.live.memory import Memory, Standing
from dashboard.live.subscription import Subscription
from dashboard.live.tally import Tally
from dashboard.live.timing import LiveTiming
from dashboard.news import FRESH_FOR, NEWS
from tasks.database_thread import DatabaseThread
from tasks.models import Task

CHUNK = 500
"""Tasks loaded and drawn at a time."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    """One task for all the sockets of one interest that want it."""

    task: Task
    interest: Interest
    takers: list[Subscription]


class Delivery:
    """Sends what changed to those of `subscriptions` that show it."""

    def __init__(
        self,
        subscriptions: Collection[Subscription],
        thread: DatabaseThread,
        tally: Tally,
        timing: LiveTiming,
    ) -> None:
        self._subscriptions = subscriptions
        self._thread = thread
        self._tally = tally
        self._timing = timing
        self._waiting: dict[UUID, None] = {}
        self._changed = asyncio.Event()
        self.memory = Memory(timing.remembered_s)

    def note(self, ids: Iterable[UUID]) -> None:
        """These tasks changed, or may have."""
        self._waiting.update(dict.fromkeys(ids))
        if self._waiting:
            self._changed.set()

    async def send(self) -> None:
        """For ever: what changed first goes out at once, what follows within `merge_s` goes together."""
        while True:
            await self._changed.wait()
            ids = self._take()
            try:
                await self._deliver(ids)
            except (InterfaceError, OperationalError):  # the database is away: the same again when it is back
                self.note(ids)
                raise
            if len(ids) < CHUNK:
                await asyncio.sleep(self._timing.merge_s)

    async def _deliver(self, ids: list[UUID]) -> None:
        tasks = await self._thread.run(look.load, ids)
        news = [task for task in tasks if self.memory.is_news(task.id, task.version)]
        parcels = self._pack([task for task in news if task.deleted_at is None])
        drawings = await self._thread.run(frames.draw_all, _drawings_for(parcels)) if parcels else {}
        for parcel in parcels:
            _hand_over(parcel, drawings)
        gone = (set(ids) - {task.id for task in tasks}) | {task.id for task in news if task.deleted_at}
        self._drop(gone)
        self._tell_news(news)
        now = asyncio.get_running_loop().time()
        if self.memory.remember(map(Standing.of, news), now) or gone:
            self._tally.touch()

    def _tell_news(self, news: list[Task]) -> None:
        """Before they are remembered: what stands otherwise than it did is told to those whose bell it rings."""
        recent = timezone.now() - FRESH_FOR
        owners = {
            task.created_by_id
            for task in news
            if task.status in NEWS and task.status_at > recent and self.memory.turned(task.id, task.status)
        }
        if owners:
            for one in self._subscriptions:
                one.put_news(owners)

    def _take(self) -> list[UUID]:
        ids = list(islice(self._waiting, CHUNK))
        for one in ids:
            del self._waiting[one]
        if not self._waiting:
            self._changed.clear()
        return ids

    def _pack(self, tasks: list[Task]) -> list[_Parcel]:
        parcels = []
        for interest, sockets in self._audiences().items():
            for task in tasks:
                match = interest.matches(task)
                if takers := [one for one in sockets if one.wants(task, match)]:
                    parcels.append(_Parcel(task, interest, takers))
        return parcels

    def _audiences(self) -> dict[Interest, list[Subscription]]:
        audiences: dict[Interest, list[Subscription]] = {}
        for one in self._subscriptions:
            audiences.setdefault(one.interest, []).append(one)
        return audiences

    def _drop(self, gone: set[UUID]) -> None:
        for task_id in gone:
            for one in self._subscriptions:
                one.drop(task_id)


def _drawings_for(parcels: list[_Parcel]) -> dict[frames.Style, list[Task]]:
    wanted: dict[frames.Style, dict[UUID, Task]] = {}
    for parcel in parcels:
        wanted.setdefault(frames.style_of(parcel.interest), {})[parcel.task.id] = parcel.task
    return {style: list(tasks.values()) for style, tasks in wanted.items()}


def _hand_over(parcel: _Parcel, drawings: dict[tuple[frames.Style, UUID], str]) -> None:
    drawing = drawings.get((frames.style_of(parcel.interest), parcel.task.id))
    if drawing is not None:
        part = frames.part(parcel.task, drawing, parcel.interest)
        for one in parcel.takers:
            one.put(parcel.task, part)
