"""Stored files: opened by whoever answers the request, then read in threads of their own, never on the loop."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, TypeVar

from dashboard.media.ranges import Span
from dashboard.media.shown import Shown
from dashboard.media.streams import BrokenOff

T = TypeVar("T")

CHUNK_BYTES = 64 * 1024
THREADS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="media")
"""More than a disk needs: a storage across the network may keep some of them waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Shown):
    """A file that we keep. It never changes: a new one has another `etag`."""

    open: Callable[[Span], BinaryIO]
    """Opens it anew, where the span begins; nothing beyond it is read. OSError when it fails."""
    size_bytes: int
    etag: str
    """Strong, with its quotes: of the file's hash, or of its id."""
    modified_at: datetime


class Reader:
    """An open file. Whoever made it closes it, however the answer ends."""

    def __init__(self, file: BinaryIO, first: bytes = b"") -> None:
        """`first`: what was read of it before."""
        self._file = file
        self._first = first
        self._last: Future[Any] | None = None

    async def _run(self, function: Callable[..., T], *args: object) -> T:
        future = THREADS.submit(function, *args)
        self._last = future
        return await asyncio.wrap_future(future)

    async def read(self, length: int) -> AsyncGenerator[bytes, None]:
        """`length` bytes, in parts. BrokenOff when the file ends before them, or cannot be read."""
        left = length
        while left:
            part = self._take_first() or await self._part(min(left, CHUNK_BYTES))
            if not part:
                raise BrokenOff(f"The stored file ended {left} bytes too soon.")
            left -= len(part)
            yield part

    def _take_first(self) -> bytes:
        first, self._first = self._first, b""
        return first

    async def _part(self, length: int) -> bytes:
        try:
            return await self._run(self._file.read, length)
        except OSError as error:
            raise BrokenOff(f"The stored file cannot be read: {error}.") from error

    def close(self) -> None:
        """From any thread, any number of times. A read under way is let finish."""
        if self._last is None:
            THREADS.submit(self._file.close)
        else:
            self._last.add_done_callback(lambda _: THREADS.submit(self._file.close))


def open_stored(stored: Stored, span: Span) -> Reader:
    """Open a file and read its first part; OSError when either fails.

    For the request's own thread: each turn of a busy loop that the first byte need not wait for is milliseconds.
    """
    file = stored.open(span)
    try:
        return Reader(file, file.read(min(span.length, CHUNK_BYTES)))
    except OSError:
        file.close()
        raise
