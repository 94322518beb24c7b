"""Keeps the demo alive: the team tracks a new task every few seconds, and old ones go, so that it can run all day."""

import asyncio
import time
from contextlib import suppress
from datetime import datetime
from random import SystemRandom

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.demo.cast import TEAM, VISITOR
from dashboard.demo.rehearsal import replay
from dashboard.demo.scenes import PRINTER, SCENES, STUCK, Scene
from dashboard.demo.simulators import Simulators
from dashboard.demo.takes import Take
from tasks.database_thread import DatabaseThread
from tasks.models import Account, Task
from tasks.tracking import Intent, stop_tracking, track
from tasks.transactions import write_transaction
from tasks.vocabulary import Status

HISTORY, HISTORY_BEGINS_S, HISTORY_GROWTH = 40, 150.0, 1.16
"""Finished tasks at the first start; the youngest begun this long ago, each next one so much earlier."""
RUNNING_AT_START = 8
MOST_RUNNING = 12
MOST_TASKS = 300
PAUSE_S = (4.0, 10.0)
LISTED_BY_PRINTER = 40


class Script:
    """Run `begin` once, then `step` again and again."""

    def __init__(self, simulators: Simulators, accounts: dict[str, Account], people: dict[str, User]) -> None:
        self._simulators = simulators
        self._accounts = accounts
        self._people = people
        self._random = SystemRandom()
        self._bag: list[Scene] = []

    def begin(self) -> None:
        """A past at the first start, and tasks under way at every start."""
        now = timezone.now()
        self._remember_printed()
        with write_transaction():
            if not Task.objects.exists():
                self._replay_history(now)
            for scene in STUCK:
                if not self._waiting().filter(account__slug=scene.account).exists():
                    self._replay(Take.begin(scene, now.timestamp() - 60), now)
            for _ in range(RUNNING_AT_START - self._busy()):
                scene = self._draw()
                self._replay(
                    Take.begin(scene, now.timestamp() - self._random.uniform(0.02, 0.4) * scene.seconds), now
                )

    async def run(self, stop: asyncio.Event) -> None:
        """Step until `stop` is set."""
        thread = DatabaseThread("demo")
        while not stop.is_set():
            await thread.run(self.step)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._random.uniform(*PAUSE_S))
        await thread.close()

    def step(self) -> None:
        """Somebody tracks one more task, unless enough are under way; what is too much is deleted."""
        if self._busy() < MOST_RUNNING:
            self._track(Take.begin(self._draw(), time.time()))
        self._sweep()

    def _track(self, take: Take) -> None:
        """The way that the page and the API take."""
        account, scene = self._accounts[take.scene.account], take.scene
        adoption = account.provider_module.parse_created(self._simulators.created(take))
        self._list(take)
        intent = Intent(scene.kind, scene.model, scene.title, scene.prompt, scene.tags)
        track(account, adoption, self._somebody(), intent)

    def _replay_history(self, now: datetime) -> None:
        for n in range(HISTORY):
            begun_s = now.timestamp() - HISTORY_BEGINS_S * HISTORY_GROWTH**n
            self._replay(Take.begin(self._draw(), begun_s), now)

    def _replay(self, take: Take, now: datetime) -> None:
        self._list(take)
        replay(take, self._accounts[take.scene.account], self._somebody(), self._simulators, now)

    def _sweep(self) -> None:
        surplus = Task.objects.order_by("-created_at", "-id").values_list("pk", flat=True)[MOST_TASKS:]
        if ids := list(surplus):
            stop_tracking(ids, None)  # pages that show them are told
            with write_transaction():
                Task.objects.filter(pk__in=ids).delete()

    def _remember_printed(self) -> None:
        ids = (
            Task.objects.filter(account__slug=PRINTER)
            .order_by("created_at")
            .values_list("remote_id", flat=True)
        )
        for take in map(Take.of, filter(None, ids)):
            if take:
                self._list(take)

    def _list(self, take: Take) -> None:
        printed = self._simulators.printed
        if take.scene.account == PRINTER:
            printed[take.remote_id] = take
            for old in list(printed)[:-LISTED_BY_PRINTER]:
                del printed[old]

    def _waiting(self) -> QuerySet[Task]:
        return Task.objects.tracked().filter(status__in=[Status.QUEUED, Status.RUNNING])

    def _busy(self) -> int:
        return self._waiting().exclude(account__slug__in=[scene.account for scene in STUCK]).count()

    def _draw(self) -> Scene:
        """Every scene once before any comes again."""
        if not self._bag:
            self._bag = self._random.sample(SCENES, len(SCENES))
        return self._bag.pop()

    def _somebody(self) -> User:
        return self._people[self._random.choice([VISITOR, *TEAM])]
