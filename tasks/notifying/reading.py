"""From the history of tasks to what each channel is to be told. Synchronous; run in its own thread.

Events are read by their ids. A reader that was killed begins again from the bookmark, several readers read the same
events, and what becomes visible late is met by looking back: that a channel is told once is the database's to see to.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, QuerySet

from tasks.models import Bookmark, Channel, Event, Notice
from tasks.transactions import lock_in_order, write_transaction
from tasks.vocabulary import TOLD, WRONG, EventType, Tells

AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class Happened:
    """That a task came to a status of which channels tell."""

    event_id: int
    task_id: UUID
    status: str
    at: datetime
    owner_id: int | None


def newest_event_id() -> int:
    """Channels made now are told of what comes after it."""
    return int(Event.objects.aggregate(newest=Max("pk"))["newest"] or 0)


def wants(channel: Channel, one: Happened) -> bool:
    """Whether a channel is to be told."""
    if one.event_id <= channel.since_event_id or channel.tells == Tells.NOTHING:
        return False
    if channel.mine_only and one.owner_id != channel.owner_id:
        return False
    return channel.tells == Tells.ENDED or one.status in WRONG


class Reader:
    """Remembers what it has read since the bookmark. Clocks are passed in, in seconds."""

    def __init__(self, margin_s: float, bookmark_s: float) -> None:
        self._margin_s, self._bookmark_s = margin_s, bookmark_s
        self.forget()

    def forget(self) -> None:
        """Begin anew from the database's bookmark: others may have moved it, or nobody."""
        self._seen: set[int] = set()
        self._frontiers: deque[tuple[int, float]] = deque()
        self._bookmark: int | None = None
        self._written_s = 0.0

    def read(self, channels: Sequence[Channel], now: datetime, clock_s: float) -> bool:
        """Note what is new for these channels. True: there is more to read."""
        if self._bookmark is None:
            self._bookmark = _bookmark()
        since = max(self._bookmark, min(channel.since_event_id for channel in channels))
        frontier = newest_event_id()
        if frontier <= since:
            return False
        rows = _told(since).values_list("pk", flat=True)[: AT_A_TIME + len(self._seen) + 1]
        unread = [pk for pk in rows if pk not in self._seen]
        news = unread[:AT_A_TIME]
        if news:
            _note(channels, _happened(news), now)
            self._seen.update(news)
        more = len(unread) > len(news)
        self._advance(news[-1] if more else frontier, clock_s)
        return more

    def _advance(self, frontier: int, clock_s: float) -> None:
        """Everything up to `frontier` is noted, except for what cannot be seen yet."""
        if not self._frontiers or frontier > self._frontiers[-1][0]:
            self._frontiers.append((frontier, clock_s))
        moved = None
        while self._frontiers and self._frontiers[0][1] <= clock_s - self._margin_s:
            moved = self._frontiers.popleft()[0]
        if moved is None:
            return
        self._bookmark = moved
        self._seen = {pk for pk in self._seen if pk > moved}
        if clock_s - self._written_s >= self._bookmark_s:
            self.keep_place(clock_s)

    def keep_place(self, clock_s: float) -> None:
        """Write the bookmark down; it only ever moves forwards."""
        if not self._bookmark:
            return
        with write_transaction():
            if not Bookmark.objects.filter(pk=1).exists():
                Bookmark.objects.bulk_create([Bookmark(pk=1)], ignore_conflicts=True)
            Bookmark.objects.filter(pk=1, event_id__lt=self._bookmark).update(event_id=self._bookmark)
        self._written_s = clock_s


def _bookmark() -> int:
    return Bookmark.objects.filter(pk=1).values_list("event_id", flat=True).first() or 0


def _told(since: int) -> "QuerySet[Event]":
    rows = Event.objects.filter(pk__gt=since, type=EventType.STATUS, to_status__in=sorted(TOLD))
    return rows.order_by("pk")


def _happened(ids: Sequence[int]) -> list[Happened]:
    rows = Event.objects.filter(pk__in=ids, task__deleted_at=None).order_by("pk")
    return [
        Happened(*row) for row in rows.values_list("pk", "task_id", "to_status", "at", "task__created_by")
    ]


def _note(channels: Iterable[Channel], happened: Sequence[Happened], now: datetime) -> None:
    notices = [
        Notice(
            channel=channel,
            source=f"event:{one.event_id}",
            what=f"task.{one.status}",
            at=one.at,
            event_id=one.event_id,
            task_id=one.task_id,
            created_at=now,
        )
        for one in happened
        for channel in channels
        if wants(channel, one)
    ]
    if notices:
        with write_transaction():
            write_down(notices)


def write_down(notices: Iterable[Notice]) -> None:
    """Those that are not there yet, and whose channels still are. In a write transaction."""
    found = list(notices)
    rows = Channel.objects.filter(pk__in={one.channel_id for one in found})
    lock_in_order(rows)  # until we have committed, none of them is deleted
    alive = set(rows.values_list("pk", flat=True))
    Notice.objects.bulk_create([one for one in found if one.channel_id in alive], ignore_conflicts=True)
