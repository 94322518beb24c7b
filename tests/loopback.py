"""A provider on a loopback port that answers what a test tells it to, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    at_s: float


@dataclass
class Loopback:
    """`answers` maps a path to what it answers: a handler, or the bodies of one answer after the other."""

    answers: dict[str, Handler] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def say(
        self, path: str, *bodies: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Answer with each body in turn, the last one for ever."""
        rest = list(bodies)

        async def handler(_: web.Request) -> web.Response:
            body = rest.pop(0) if len(rest) > 1 else rest[0]
            return reply(body, status, headers)

        self.answers[path] = handler

    def say_after(self, path: str, release: asyncio.Event, body: object) -> None:
        """Answer once `release` is set."""

        async def handler(_: web.Request) -> web.Response:
            await release.wait()
            return reply(body)

        self.answers[path] = handler

    def times(self, path: str) -> int:
        return sum(1 for one in self.asked if one.path.partition("?")[0] == path)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        self.asked.append(
            Asked(request.raw_path, {k.lower(): v for k, v in request.headers.items()}, loop.time())
        )
        handler = self.answers.get(request.raw_path.partition("?")[0])
        if handler is None:
            return web.Response(status=404, text="Not Found")
        return await handler(request)


def reply(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """JSON for dicts and lists, bytes and text as they are."""
    if isinstance(body, bytes):
        return web.Response(body=body, status=status, headers=headers)
    if isinstance(body, str):
        return web.Response(text=body, status=status, headers=headers)
    return web.Response(
        text=json.dumps(body), status=status, headers=headers, content_type="application/json"
    )


@asynccontextmanager
async def serving() -> AsyncIterator[Loopback]:
    """A running server, closed afterwards."""
    loopback = Loopback()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", loopback.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    loopback.url = f"http://{host}:{port}"
    try:
        yield loopback
    finally:
        await runner.cleanup()
