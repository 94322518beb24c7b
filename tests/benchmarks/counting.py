"""A provider in a thread of its own that counts as providers do: by key, in sliding windows, and at once."""

import asyncio
import threading
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping

from aiohttp import web

Answer = Callable[[str, float], object]
"""What is told of a task at a time; a string is sent as it is."""


class Counting:
    """LemonData's polls on a loopback port. `answer(name, now)` says how a task stands; times are monotonic.

    `limit`: of a key's requests in any so many seconds, those beyond the first number are answered with 429.
    """

    def __init__(self, answer: Answer, takes_s: float = 0.02, limit: tuple[int, float] | None = None) -> None:
        self.arrivals: dict[str, list[float]] = defaultdict(list)
        self.most_at_once: dict[str, int] = defaultdict(int)
        self.asked: dict[str, float] = {}
        """When each task was last asked about."""
        self.refused = 0
        """How many were answered with 429."""
        self._answer = answer
        self._limit = limit
        self._takes_s = takes_s
        self._flying: dict[str, int] = defaultdict(int)
        self._loop = asyncio.new_event_loop()
        self._runner: web.AppRunner
        self.url = ""
        begun = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[begun], daemon=True)
        self._thread.start()
        begun.wait(10)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def most_within(self, seconds: float) -> dict[str, int]:
        """By key, the most requests that any such time saw."""
        return {
            key: max(bisect_right(times, at + seconds - 1e-9) - place for place, at in enumerate(times))
            for key, times in self.arrivals.items()
        }

    def excess(self, limits: Mapping[str, tuple[int, int]], window_s: float) -> list[str]:
        """What went beyond limits of requests a window (with two in a hundred) and at once, by key."""
        found = self.most_within(window_s)
        return [
            f"{key}: {found.get(key, 0)} of {most} in {window_s:g} s, {self.most_at_once[key]} of {at_once} at once"
            for key, (most, at_once) in limits.items()
            if found.get(key, 0) > most * 1.02 or self.most_at_once[key] > at_once
        ]

    def _run(self, begun: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._begin())
        begun.set()
        self._loop.run_forever()

    async def _begin(self) -> None:
        app = web.Application()
        app.router.add_get("/v1/tasks/{name}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        key, name, now = (
            request.headers.get("Authorization", ""),
            request.match_info["name"],
            time.monotonic(),
        )
        self.arrivals[key].append(now)
        self.asked[name] = now
        self._flying[key] += 1
        self.most_at_once[key] = max(self.most_at_once[key], self._flying[key])
        try:
            await asyncio.sleep(self._takes_s)
        finally:
            self._flying[key] -= 1
        if self._is_too_many(key, now):
            self.refused += 1
            return web.json_response({"error": {"message": "Too many requests."}}, status=429)
        body = self._answer(name, now)
        return web.Response(text=body) if isinstance(body, str) else web.json_response(body)

    def _is_too_many(self, key: str, now: float) -> bool:
        if self._limit is None:
            return False
        most, seconds = self._limit
        times = self.arrivals[key]
        return bisect_right(times, now) - bisect_right(times, now - seconds) > most
