"""A LemonData on a loopback port, beside the browser: each task stands there as a test last said."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from aiohttp import web

from tests.loopback import Loopback, reply, serving

FILM = "https://cdn.example.com/film.mp4"
QUEUED: dict[str, object] = {"status": "pending"}
RUNNING: dict[str, object] = {"status": "processing", "progress": 40, "model": "sora-2"}
DONE: dict[str, object] = {
    "status": "completed",
    "progress": 100,
    "model": "sora-2",
    "video_url": FILM,
    "video": {"url": FILM, "duration": 8, "width": 1280, "height": 720},
}


def failed(message: str) -> dict[str, object]:
    return {"status": "failed", "error": {"message": message, "code": "bad_prompt"}}


class Provider:
    """Used from the test's thread; the server has a thread and a loop of its own."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback
        self.url = loopback.url

    def say(self, remote_id: str, answer: dict[str, object]) -> None:
        """From now on the task stands like this."""
        self._loopback.say(f"/v1/tasks/{remote_id}", {"id": remote_id, "task_id": remote_id} | answer)

    def make(self, path: str, remote_id: str, answer: dict[str, object]) -> None:
        """A create call to `path` makes this task."""
        self._loopback.say(
            path, {"id": remote_id, "task_id": remote_id, "poll_url": f"/v1/tasks/{remote_id}"}
        )
        self.say(remote_id, answer)

    def answer(self, path: str, body: dict[str, object]) -> None:
        """From now on this path is answered so."""
        self._loopback.say(path, body)

    def listen(self, path: str, body: dict[str, object]) -> list[str]:
        """Answer this path so, and hold what it is sent."""
        sent: list[str] = []

        async def handle(request: web.Request) -> web.StreamResponse:
            sent.append(await request.text())
            return reply(body)

        self._loopback.answers[path] = handle
        return sent

    def give(self, path: str, data: bytes, content_type: str) -> str:
        """A file to fetch; where it lies."""
        self._loopback.say(path, data, headers={"Content-Type": content_type})
        return self.url + path

    def times_asked(self, remote_id: str) -> int:
        return self._loopback.times(f"/v1/tasks/{remote_id}")


@contextmanager
def running_provider() -> Iterator[Provider]:
    started: SimpleQueue[tuple[Loopback, asyncio.AbstractEventLoop, asyncio.Event]] = SimpleQueue()

    async def live() -> None:
        async with serving() as loopback:
            stop = asyncio.Event()
            started.put((loopback, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    loopback, loop, stop = started.get(timeout=10)
    try:
        yield Provider(loopback)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
