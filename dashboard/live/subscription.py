"""One socket at the hub: what it is about, what it shows, and where its messages wait."""

from collections.abc import Collection
from uuid import UUID

from django.utils import timezone

from dashboard.live import frames
from dashboard.live.credentials import Login
from dashboard.live.interest import Interest
from dashboard.live.outbox import Outbox, PageOutbox, ProgramOutbox, Send
from dashboard.live.sync import Answer, Have, Position
from tasks.models import Task

SHOWN_MAX = 2_000


class Subscription:
    """What every socket has."""

    outbox: Outbox

    def __init__(self, interest: Interest, login: Login) -> None:
        self.interest = interest
        self.login = login
        self._counts: dict[str, int] | None = None

    def wants(self, task: Task, match: bool) -> bool:
        """Whether a changed task, not in the trash, is sent. `match`: it is among those the socket is about."""
        raise NotImplementedError

    def put(self, task: Task, part: str) -> None:
        self.outbox.put(task.id, part)

    def drop(self, task_id: UUID) -> None:
        """A task went to the trash, or is no more. Programs hear of it when they sync."""

    def put_counts(self, counts: dict[str, int], frame: str) -> None:
        """The counters, if they are not what it was told last."""
        if counts != self._counts:
            self._counts = counts
            self.outbox.note("counts", frame)

    def put_live(self, live: frames.Live) -> None:
        """How live it is; programs are not told."""

    def put_news(self, owners: Collection[int | None]) -> None:
        """Tasks of these people came to an end; programs see that in the tasks."""

    def begin_sync(self, have: Have) -> None:
        """Before the answer is read from the database: what changes meanwhile is sent as well."""

    def end_sync(self, answer: Answer) -> None:
        self._counts = answer.counts


class ProgramSubscription(Subscription):
    """Every change of every task."""

    def __init__(self, interest: Interest, login: Login, send: Send) -> None:
        super().__init__(interest, login)
        self.outbox = ProgramOutbox(send)

    def wants(self, task: Task, match: bool) -> bool:
        return match


class PageSubscription(Subscription):
    """Changes of the tasks it shows, and those that come to belong on it."""

    def __init__(self, interest: Interest, login: Login, send: Send) -> None:
        super().__init__(interest, login)
        self.outbox = PageOutbox(send)
        self._shown: Have = {interest.task_id: -1} if interest.task_id else {}
        self._sent_since_sync: Have = {}
        self._floor: Position | None = (timezone.now(), UUID(int=0))

    def wants(self, task: Task, match: bool) -> bool:
        known = self._shown.get(task.id)
        if known is not None:
            return known < task.version
        return match and self.interest.grows and self._is_on_page(task)

    def _is_on_page(self, task: Task) -> bool:
        return self._floor is None or (task.created_at, task.id) >= self._floor

    def put(self, task: Task, part: str) -> None:
        self._shown[task.id] = self._sent_since_sync[task.id] = task.version
        super().put(task, part)
        if len(self._shown) > SHOWN_MAX:
            self._shown.clear()
            self._sent_since_sync.clear()
            self.outbox.note("resync", frames.RESYNC)

    def drop(self, task_id: UUID) -> None:
        if self._shown.pop(task_id, None) is not None:
            self._sent_since_sync.pop(task_id, None)
            self.outbox.drop(task_id)

    def put_live(self, live: frames.Live) -> None:
        self.outbox.note("hello", frames.hello(live))

    def put_news(self, owners: Collection[int | None]) -> None:
        if self.login.hears_all or self.login.user_id in owners:
            self.outbox.note("news", frames.NEWS)

    def begin_sync(self, have: Have) -> None:
        """What was sent since the last sync may have crossed this one on its way, so it stays."""
        self._shown = self._sent_since_sync | have
        self._sent_since_sync = {}

    def end_sync(self, answer: Answer) -> None:
        super().end_sync(answer)
        self._floor = answer.floor
        for task_id, version in answer.versions.items():
            self._shown[task_id] = max(version, self._shown.get(task_id, version))


def subscribe(interest: Interest, login: Login, send: Send) -> Subscription:
    kind = ProgramSubscription if interest.is_program else PageSubscription
    return kind(interest, login, send)
