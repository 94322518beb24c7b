"""Sockets of pages and programs, as tests use them: through the real application."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from dashboard.asgi import application
from dashboard.live.outbox import Receive, Send

P = ParamSpec("P")
T = TypeVar("T")

Frame = dict[str, Any]
Headers = dict[str, str]
Application = Callable[[Frame, Receive, Send], Awaitable[None]]
HOST = "127.0.0.1:8000"


def communicator(path: str, headers: Headers, app: Application = application) -> WebsocketCommunicator:
    pairs = [(name.lower().encode(), value.encode()) for name, value in ({"host": HOST} | headers).items()]
    return WebsocketCommunicator(app, path, headers=pairs)


def gated(gate: asyncio.Event) -> Application:
    """The application behind a connection that takes messages only while the gate is open."""

    async def app(scope: Frame, receive: Receive, send: Send) -> None:
        async def send_through(message: Frame) -> None:
            if message["type"] == "websocket.send":
                await gate.wait()
            await send(message)

        await application(scope, receive, send_through)

    return app


async def is_accepted(path: str, headers: Headers) -> bool:
    """Whether a handshake succeeds; the socket is closed again."""
    one = communicator(path, headers)
    accepted, _ = await one.connect(timeout=5)
    if accepted:
        await one.disconnect()
    else:
        await one.wait()
    return bool(accepted)


class Socket:
    """An accepted socket, from the client's side."""

    def __init__(self, one: WebsocketCommunicator) -> None:
        self._communicator = one

    async def next(self, *types: str) -> Frame:
        """The next message of one of these types, or of any; counters nobody asked for are passed over."""
        while True:
            text = await self._communicator.receive_from(timeout=5)
            frame: Frame = json.loads(text)
            if (frame["type"] in types) if types else (frame["type"] != "counts"):
                return frame

    async def close_code(self) -> int:
        """What it was closed with."""
        while (message := await self._communicator.receive_output(timeout=5))["type"] != "websocket.close":
            pass
        return int(message["code"])

    async def is_silent(self, timeout_s: float = 0.1) -> bool:
        """Whether nothing is told of tasks for a moment."""
        while not await self._communicator.receive_nothing(timeout=timeout_s):
            if json.loads(await self._communicator.receive_from())["type"] not in {"counts", "hello"}:
                return False
        return True

    async def send(self, text: str | bytes) -> None:
        kind = "text_data" if isinstance(text, str) else "bytes_data"
        await self._communicator.send_to(**{kind: text})

    async def sync(self, have: dict[UUID, int] | None = None) -> Frame:
        """Tell what the page has; the answer."""
        named = {str(one): version for one, version in (have or {}).items()}
        await self.send(json.dumps({"type": "sync", "have": named}))
        return await self.next("sync")


Open = Callable[[str], AbstractAsyncContextManager[Socket]]


@asynccontextmanager
async def opened(path: str, headers: Headers, app: Application = application) -> AsyncIterator[Socket]:
    one = communicator(path, headers, app)
    accepted, _ = await one.connect(timeout=5)
    assert accepted
    try:
        yield Socket(one)
    finally:
        await one.disconnect(timeout=5)


async def elsewhere(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call it in another thread, whose database connection is closed afterwards."""
    result: T = await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    return result
