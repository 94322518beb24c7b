"""Following tasks over a connection that breaks, lies behind, or is not to be had."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from dashboard.cli.client import Client
from dashboard.cli.config import Config
from dashboard.cli.failures import Failure
from dashboard.cli.following import Change, Follower, Rhythm
from tests.threads import PATIENCE_S

QUICK = Rhythm(again_s=0.01, ping_s=5, sync_s=0.05, patience_s=PATIENCE_S)
ID = "0190f3a2-7c1e-7b7e-9a51-3d1c0c0e5a11"
OTHER = "0190f3a2-9d20-7f31-8c42-1b7e5f0a9d33"
Play = Callable[[web.WebSocketResponse], Awaitable[None]]


def task(version: int, status: str = "running", task_id: str = ID) -> dict[str, Any]:
    return {"id": task_id, "version": version, "status": status, "events": []}


@dataclass
class Dailies:
    """A server's two ways to tell: `now` by HTTP, and one `play` for each socket in turn; then sockets are refused."""

    now: dict[str, dict[str, Any]] = field(default_factory=dict)
    plays: list[Play] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    on_read: Callable[[], None] = lambda: None
    url: str = ""

    async def read(self, request: web.Request) -> web.Response:
        self.on_read()
        if self.refusals and (status := self.refusals.pop(0)) != 200:
            return web.json_response({"error": {"message": "No."}}, status=status)
        found = self.now.get(request.match_info.get("id", ""))
        if "id" not in request.match_info:
            return web.json_response({"items": list(self.now.values()), "next": None})
        return web.json_response(found or {"error": {"message": "None."}}, status=200 if found else 404)

    async def hear(self, request: web.Request) -> web.StreamResponse:
        if not self.plays:
            raise web.HTTPForbidden
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self.plays.pop(0)(socket)
        await socket.close()
        return socket


@pytest.fixture
async def dailies() -> AsyncIterator[Dailies]:
    async with _serving(Dailies()) as server:
        yield server


@asynccontextmanager
async def _serving(server: Dailies) -> AsyncIterator[Dailies]:
    app = web.Application()
    app.router.add_get("/api/v1/tasks", server.read)
    app.router.add_get("/api/v1/tasks/{id}", server.read)
    app.router.add_get("/ws/tasks/", server.hear)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@dataclass
class Heard:
    """What a follower was told."""

    changes: list[tuple[int | None, str | None]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def see(self, change: Change) -> bool:
        found = change.task
        self.changes.append((found["version"], found["status"]) if found else (None, None))
        return change.is_settled

    async def follow(self, server: Dailies, ids: tuple[str, ...] = (ID,)) -> bool:
        client = Client(Config(server.url, "dly_test"), lambda wait_s: None)
        deadline = time.monotonic() + PATIENCE_S
        try:
            return await asyncio.to_thread(
                Follower(client, self.see, self.notices.append, ids, deadline, QUICK).run
            )
        finally:
            client.close()


async def test_a_change_is_told_once_and_an_old_one_never(dailies: Dailies) -> None:
    dailies.now[ID] = task(3)

    async def play(socket: web.WebSocketResponse) -> None:
        for found in (task(2, "queued"), task(3), task(9, "failed", OTHER), task(4), task(5, "succeeded")):
            await socket.send_json({"type": "task", "task": found})

    dailies.plays = [play]
    heard = Heard()
    assert await heard.follow(dailies)
    assert heard.changes == [(3, "running"), (4, "running"), (5, "succeeded")]


async def test_what_was_missed_is_asked_for_by_version(dailies: Dailies) -> None:
    dailies.now[ID] = task(3)
    asked: list[Any] = []

    async def play(socket: web.WebSocketResponse) -> None:
        asked.append(await socket.receive_json())
        await socket.send_json({"type": "sync", "tasks": [task(7, "succeeded")], "gone": []})

    dailies.plays = [play]
    heard = Heard()
    assert await heard.follow(dailies)
    assert asked == [{"type": "sync", "have": {ID: 3}}]
    assert heard.changes[-1] == (7, "succeeded")


async def test_a_silent_connection_is_asked_again_and_again(dailies: Dailies) -> None:
    dailies.now[ID] = task(3)

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.receive_json()
        await socket.receive_json()
        await socket.send_json({"type": "sync", "tasks": [], "gone": [ID]})

    dailies.plays = [play]
    heard = Heard()
    assert await heard.follow(dailies)
    assert heard.changes == [(3, "running"), (None, None)]


async def test_a_connection_that_broke_is_made_again(dailies: Dailies) -> None:
    dailies.now[ID] = task(3)

    async def breaks(socket: web.WebSocketResponse) -> None:
        dailies.now[ID] = task(4)

    async def ends(socket: web.WebSocketResponse) -> None:
        await socket.send_json({"type": "task", "task": task(5, "succeeded")})

    dailies.plays = [breaks, ends]
    heard = Heard()
    assert await heard.follow(dailies)
    assert heard.changes == [(3, "running"), (4, "running"), (5, "succeeded")]
    assert heard.notices == []


async def test_without_a_socket_the_task_is_read_again(dailies: Dailies) -> None:
    answers = iter([task(3), task(3), task(4, "succeeded")])

    def change() -> None:
        dailies.now[ID] = next(answers)

    dailies.on_read = change
    heard = Heard()
    assert await heard.follow(dailies)
    assert heard.changes == [(3, "running"), (4, "succeeded")]


async def test_a_server_that_restarts_is_waited_for_and_spoken_of_once(dailies: Dailies) -> None:
    dailies.now[ID] = task(3)
    dailies.refusals = [200, *[503] * 12]

    def finish() -> None:
        if not dailies.refusals:
            dailies.now[ID] = task(4, "succeeded")

    dailies.on_read = finish
    heard = Heard()
    assert await heard.follow(dailies)
    assert heard.notices == ["No. Trying again.", "Connected again."]


async def test_a_token_that_ends_meanwhile_ends_it(dailies: Dailies) -> None:
    dailies.now[ID] = task(3)
    dailies.refusals = [200, 401]
    with pytest.raises(Failure, match="does not accept the token"):
        await Heard().follow(dailies)


async def test_a_task_that_came_while_nobody_listened_is_told(dailies: Dailies) -> None:
    async def play(socket: web.WebSocketResponse) -> None:
        dailies.now[OTHER] = task(1, "running", OTHER)
        await socket.receive_json()
        await socket.send_json({"type": "task", "task": task(2, "succeeded", OTHER)})

    dailies.plays = [play]
    heard = Heard()
    assert await heard.follow(dailies, ())
    assert heard.changes == [(1, "running"), (2, "succeeded")]
