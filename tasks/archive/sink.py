"""Where a download is written: a file, in large pieces, by threads of its own."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

from tasks.archive.base64_stream import Base64Stream
from tasks.archive.failures import too_large
from tasks.archive.fetching import Sink
from tasks.archive.incoming import Incoming
from tasks.archive.parts import NOTHING, Part

T = TypeVar("T")

BUFFER_BYTES = 512 * 1024
BUFFER_S = 0.25
"""A slow download is written this often, so that a killed process loses little of it."""

Admit = Callable[[int, int | None], Awaitable[None]]
"""Called with the bytes that are there and those that there will be, before anything is written; may refuse."""


class FileSink:
    """Writes the part of one result. OSError when the disk does not take it. Close it, however the fetch ends."""

    def __init__(
        self, incoming: Incoming, result_id: UUID, address: str, *, disk: Executor, admit: Admit
    ) -> None:
        self._incoming, self._id, self._address = incoming, result_id, address
        self._disk = disk
        self._admit = admit
        self._file: BinaryIO | None = None
        self._buffer = bytearray()
        self._clock = asyncio.get_running_loop().time
        self._flushed_s = self._clock()
        self._last: asyncio.Future[Any] | None = None

    async def begin(self, part: Part, whole_bytes: int | None) -> None:
        await self._admit(part.size_bytes, whole_bytes)
        self._file = await self._run(lambda: self._open(part))

    async def write(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= BUFFER_BYTES or self._clock() - self._flushed_s >= BUFFER_S:
            await self._flush()

    async def finish(self) -> None:
        """All was written: from now on the file is whole, whatever happens to us."""
        await self._flush()
        await self._run(self._finish)

    async def close(self) -> None:
        """Write what is held back, if it can be, and let go of the file. Never fails."""
        if self._last:
            await asyncio.gather(self._last, return_exceptions=True)
        file, self._file = self._file, None
        if file:
            await self._run(lambda: _end(file, bytes(self._buffer)))

    def _open(self, part: Part) -> BinaryIO:
        """The note goes first: without it a part is worth nothing, and with a wrong one it would be joined wrongly."""
        path = self._incoming.part(self._id)
        file = path.open("r+b" if part.size_bytes else "wb")
        file.truncate(part.size_bytes)
        file.seek(part.size_bytes)
        self._incoming.remember(self._id, self._address, part.validator)
        return file

    def _finish(self) -> None:
        file, self._file = self._file, None
        assert file is not None  # noqa: S101 - a fetch that ended well has begun
        with file:
            file.flush()
            os.fsync(file.fileno())
        self._incoming.finish(self._id)

    async def _flush(self) -> None:
        file, data = self._file, bytes(self._buffer)
        self._buffer.clear()
        self._flushed_s = self._clock()
        if file and data:
            await self._run(lambda: file.write(data))

    async def _run(self, function: Callable[[], T]) -> T:
        """Cancelled or not, a write is let finish before the next begins."""
        future = asyncio.get_running_loop().run_in_executor(self._disk, function)
        self._last = future
        return await asyncio.shield(future)


def _end(file: BinaryIO, rest: bytes) -> None:
    try:
        with file:
            file.write(rest)
    except OSError:  # the part ends sooner, and is continued from there
        pass


class DecodingSink:
    """Takes a JSON answer and passes on the file in it. It cannot be continued: an answer begins anew each time.

    BadPayload from `write` when the answer holds none; FetchFailed when it is larger than `largest_bytes`.
    """

    def __init__(self, sink: Sink, stream: Base64Stream, largest_bytes: int) -> None:
        self._sink = sink
        self._stream = stream
        self._largest_bytes = largest_bytes
        self._size_bytes = 0

    async def begin(self, part: Part, whole_bytes: int | None) -> None:
        await self._sink.begin(NOTHING, None)

    async def write(self, data: bytes) -> None:
        decoded = self._stream.feed(data)
        self._size_bytes += len(decoded)
        if self._size_bytes > self._largest_bytes:
            raise too_large(self._largest_bytes)
        if decoded:
            await self._sink.write(decoded)
