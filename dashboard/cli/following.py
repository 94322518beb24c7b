"""Tasks as they change, over the live socket; read again by version after every gap, and by HTTP without a socket."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.cli.client import Client, Json
from dashboard.cli.failures import SETTLED, Failure
from tasks.vocabulary import ACTIVE

if TYPE_CHECKING:
    import aiohttp

AWAY = frozenset({429, 500, 502, 503, 504})
"""Answers of a server that is about to be back."""
SYNC_MAX = 500
"""Tasks named in one sync; the server takes 1,000."""
FRAME_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """A task as it is now; `task` is None when it is no longer tracked."""

    id: str
    task: Json | None

    @property
    def is_settled(self) -> bool:
        return self.task is None or self.task["status"] in SETTLED


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds: between tries to connect, between pings, between syncs, and without contact until giving up."""

    again_s: float = 3.0
    ping_s: float = 30.0
    sync_s: float = 15.0
    patience_s: float = 600.0


@dataclass
class Follower:
    """Tells `see` of every change until it answers that it saw enough. Without `ids` it follows everything.

    `deadline` is a time of `time.monotonic()`, None for no end. `notice` is told when contact is lost and found.
    """

    client: Client
    see: Callable[[Change], bool]
    notice: Callable[[str], None]
    ids: tuple[str, ...] = ()
    deadline: float | None = None
    rhythm: Rhythm = field(default_factory=Rhythm)
    _versions: dict[str, int] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    _is_enough: bool = False
    _is_lost: bool = False
    _heard_at: float | None = None

    def run(self) -> bool:
        """True once `see` had enough, False at the deadline. Failure when the server lets nobody in, or stays away."""
        import asyncio  # slow to import, as aiohttp is below

        while not self._is_over():
            try:
                self._read()
                self._mark_contact()
                if not self._is_over():
                    asyncio.run(self._listen())
                    self._heard_at = time.monotonic()
            except Failure as error:
                self._mark_loss(error)
            if not self._is_over():
                time.sleep(max(0.0, min(self.rhythm.again_s, self._left_s())))
        return self._is_enough

    def _mark_contact(self) -> None:
        if self._is_lost:
            self.notice("Connected again.")
        self._is_lost, self._heard_at = False, time.monotonic()

    def _mark_loss(self, failure: Failure) -> None:
        """Said once. The failure itself when there never was contact, when it is no matter of time, or after long."""
        is_away = failure.status is None or failure.status in AWAY
        if (
            self._heard_at is None
            or not is_away
            or time.monotonic() - self._heard_at > self.rhythm.patience_s
        ):
            raise failure
        if not self._is_lost:
            self.notice(f"{failure.message} Trying again.")
        self._is_lost = True

    def _is_over(self) -> bool:
        return self._is_enough or self._is_late()

    def _left_s(self) -> float:
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()

    def _is_late(self) -> bool:
        return self._left_s() <= 0

    def _read(self) -> None:
        """How things stand, by HTTP: at the start, after a gap, and all there is where sockets do not get through."""
        if not self.ids:
            for task in self.client.tasks({"status": ",".join(sorted(ACTIVE))}):
                self._take(task)
            return
        for task_id in self.ids:
            try:
                self._take(self.client.task(task_id))
            except Failure as error:
                if error.status != 404:
                    raise
                self._tell(Change(task_id, None))

    def _take(self, task: Json) -> None:
        """Tell of a task that is wanted and newer than what is known."""
        task_id = task["id"]
        if self.ids and task_id not in self.ids:
            return
        if task["version"] <= self._versions.get(task_id, -1):
            return
        self._versions[task_id] = task["version"]
        self._tell(Change(task_id, {name: value for name, value in task.items() if name != "events"}))

    def _tell(self, change: Change) -> None:
        (self._open.discard if change.is_settled else self._open.add)(change.id)
        if not self._is_enough:
            self._is_enough = self.see(change)

    async def _listen(self) -> None:
        """Hear changes until there is enough, the time is over, or the connection is."""
        import aiohttp

        config = self.client.config
        headers = {"Authorization": f"Bearer {config.token}"}
        url = f"ws{config.url.removeprefix('http')}/ws/tasks/?format=json"
        try:
            async with (
                aiohttp.ClientSession(headers=headers, trust_env=True) as session,
                session.ws_connect(url, heartbeat=self.rhythm.ping_s, max_msg_size=FRAME_MAX_BYTES) as socket,
            ):
                await self._hear(socket)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return  # reading by HTTP, which comes next, says what is wrong

    async def _hear(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        await self._catch_up(socket)
        while not self._is_over():
            try:
                message = await socket.receive(min(self.rhythm.sync_s, self._left_s()))
            except TimeoutError:
                await self._catch_up(socket)
                continue
            if not isinstance(message.data, str):  # closed, or broken
                return
            self._answer(json.loads(message.data))

    async def _catch_up(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        """What was missed: tasks nobody here has heard of are in no sync."""
        import asyncio

        if not self.ids:
            await asyncio.to_thread(self._read)
        known = sorted(self._open)
        for start in range(0, len(known), SYNC_MAX):
            have = {task_id: self._versions[task_id] for task_id in known[start : start + SYNC_MAX]}
            await socket.send_json({"type": "sync", "have": have})

    def _answer(self, message: Json) -> None:
        if message["type"] == "task":
            self._take(message["task"])
        elif message["type"] == "sync":
            for task in message["tasks"]:
                self._take(task)
            for task_id in message["gone"]:
                self._tell(Change(task_id, None))
