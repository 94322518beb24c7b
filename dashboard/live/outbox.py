"""What still has to go out on one socket: merged by task, bounded, and sent at the socket's own pace."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from dashboard.live import frames

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

NOT_ALLOWED = 4403
TOO_SLOW = 1013
BROKEN = 1011
PAGE_PENDING = 500
PROGRAM_PENDING = 5_000


class Outbox:
    """One socket's place. Nobody waits for it but the client's own request."""

    limit: int

    def __init__(self, send: Send) -> None:
        self._send = send
        self._notes: dict[str, str] = {}
        self._parts: dict[UUID, str] = {}
        self._gone: dict[UUID, None] = {}
        self._close_code: int | None = None
        self._closed = False
        self._writer: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def note(self, name: str, frame: str) -> None:
        """A frame of which only the latest of its name counts."""
        self._notes[name] = frame
        self._wake()

    def put(self, task_id: UUID, part: str) -> None:
        """News of a task, in place of older news of it that still waits."""
        self._gone.pop(task_id, None)
        self._parts[task_id] = part
        self._wake()

    def drop(self, task_id: UUID) -> None:
        """A task is gone."""
        self._parts.pop(task_id, None)
        self._gone[task_id] = None
        self._wake()

    def close(self, code: int) -> None:
        """End the socket; what still waits is left out."""
        self._close_code = code
        self._wake()

    async def say(self, frame: str) -> None:
        """Send an answer, and return when the socket has taken it."""
        if not self._closed:
            await self._send_in_turn({"type": "websocket.send", "text": frame})

    async def stop(self) -> None:
        self._closed = True
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])

    def _wake(self) -> None:
        if self._closed:
            return
        if len(self._parts) + len(self._gone) > self.limit:
            self._parts.clear()
            self._gone.clear()
            self._overflow()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="hub: socket")

    async def _write(self) -> None:
        try:
            while waiting := self._take():
                for message in waiting:
                    if self._close_code is None:
                        await self._send_in_turn(message)
        except Exception as error:  # noqa: BLE001  whatever a server raises for a connection that broke
            self._closed = True
            logger.debug("a socket took no more: %s", error)
        finally:
            self._writer = None

    async def _send_in_turn(self, message: dict[str, Any]) -> None:
        async with self._turn:
            await self._send(message)

    def _take(self) -> list[dict[str, Any]]:
        if self._close_code is not None:
            code, self._close_code, self._closed = self._close_code, None, True
            return [{"type": "websocket.close", "code": code}]
        if self._closed:
            return []
        texts = [*self._notes.values(), *self._assemble()]
        self._notes, self._parts, self._gone = {}, {}, {}
        return [{"type": "websocket.send", "text": text} for text in texts]

    def _assemble(self) -> list[str]:
        raise NotImplementedError

    def _overflow(self) -> None:
        raise NotImplementedError


class PageOutbox(Outbox):
    """One frame of rows at a time; a page that is too slow is told to sync."""

    limit = PAGE_PENDING

    def _assemble(self) -> list[str]:
        if not self._parts and not self._gone:
            return []
        return [frames.rows(tuple(self._parts.values()), tuple(str(one) for one in self._gone))]

    def _overflow(self) -> None:
        self._notes["resync"] = frames.RESYNC


class ProgramOutbox(Outbox):
    """A frame for each task. The programs' protocol has no word for "too slow": such a socket is closed."""

    limit = PROGRAM_PENDING

    def _assemble(self) -> list[str]:
        return list(self._parts.values())

    def _overflow(self) -> None:
        self._close_code = TOO_SLOW
