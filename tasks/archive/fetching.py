"""From a link to a sink: one file streamed over HTTP, with the account's key only where it belongs.

One call is one attempt. What it got stays in the sink, and the next attempt continues from there.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import httpx

from tasks.archive.arrival import Arrival
from tasks.archive.failures import FetchFailed, too_large, transient
from tasks.archive.following import FREE, Follower, Toll
from tasks.archive.limits import Limits
from tasks.archive.links import Source
from tasks.archive.parts import NOTHING, Extent, Part, extent_of, is_encoded, validator_of

WRAPPING = 4
"""Base64 is a third longer than the file, and an answer may hold it twice or thrice."""


class Sink(Protocol):
    """Where the bytes go. Its own errors, such as a full disk, pass through a fetch unchanged."""

    async def begin(self, part: Part, whole_bytes: int | None) -> None:
        """Keep the first `part.size_bytes` bytes and drop what follows; called once, before the first write.

        Remember `part.validator` beside them, should the file be continued after a restart of the process.
        `whole_bytes` is how long the file will be, as far as the server tells.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Append at most 64 KB. It must not block the loop."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole file. `content_type` is what the server said, in lower case, "" for nothing: sniff the bytes.

    `verified` is False when the server told no length: a cut would have looked like the end.
    """

    size_bytes: int
    content_type: str
    verified: bool


class Fetcher:
    """Fetches files, many at a time. Make it inside a running loop and close it there.

    `allowed` are pairs of IP address and port that may be asked although they are private.
    """

    def __init__(
        self, limits: Limits | None = None, *, allowed: frozenset[tuple[str, int]] = frozenset()
    ) -> None:
        self._limits = limits or Limits()
        self._follower = Follower(self._limits, allowed=allowed)

    async def fetch(self, source: Source, sink: Sink, *, part: Part = NOTHING, toll: Toll = FREE) -> Fetched:
        """The whole file in the sink, after `part`, which it holds already; FetchFailed with what it holds then.

        A server that has another version by now, or cannot continue, makes it begin anew. `toll` is begun and
        ended with every request to the account's own server.
        """
        wrapped = source.inside is not None
        intake = _Intake(sink, part, self._limits.largest_bytes * (WRAPPING if wrapped else 1))
        try:
            return await self._fetch(source, intake, toll)
        except FetchFailed as failed:
            failed.part = intake.part
            raise

    async def aclose(self) -> None:
        await self._follower.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def _fetch(self, source: Source, intake: "_Intake", toll: Toll) -> Fetched:
        if intake.part.can_continue:
            async with self._opened(source, intake.part, toll) as arrival:
                if arrival.fits(intake.part):
                    return await intake.take(arrival, intake.part)
        async with self._opened(source, NOTHING, toll) as arrival:
            return await intake.take(arrival, NOTHING)

    @asynccontextmanager
    async def _opened(self, source: Source, part: Part, toll: Toll) -> AsyncIterator[Arrival]:
        """The answer at the end of all redirects: 200, 206, or 416 when a part was to be continued."""
        followed = await self._follower.follow(source, part.headers(), toll)
        try:
            arrival = Arrival(followed.answer, followed.server, self._limits)
            await arrival.check(continuing=part.can_continue, keyed=followed.keyed)
            yield arrival
        finally:
            await followed.aclose()


class _Intake:
    """Passes a body on to the sink and knows at every moment what the sink holds."""

    def __init__(self, sink: Sink, part: Part, largest_bytes: int) -> None:
        self.part = part
        self._sink = sink
        self._largest_bytes = largest_bytes

    async def take(self, arrival: Arrival, part: Part) -> Fetched:
        """The answer to a request for what follows `part`."""
        extent = extent_of(arrival.status, arrival.headers)
        if extent is None or extent.start_bytes not in (0, part.size_bytes):
            raise transient(arrival.server, "answered with a part of the file that makes no sense")
        if (extent.whole_bytes or extent.end_bytes or 0) > self._largest_bytes:
            raise too_large(self._largest_bytes)
        self.part = part if extent.start_bytes else Part(0, validator_of(arrival.headers))
        await self._sink.begin(self.part, extent.whole_bytes or extent.end_bytes)
        async with aclosing(arrival.pieces()) as pieces:
            async for piece in pieces:
                await self._write(piece)
        return self._whole(arrival, extent)

    async def _write(self, piece: bytes) -> None:
        size_bytes = self.part.size_bytes + len(piece)
        if size_bytes > self._largest_bytes:
            raise too_large(self._largest_bytes)
        if piece:
            await self._sink.write(piece)
            self.part = Part(size_bytes, self.part.validator)

    def _whole(self, arrival: Arrival, extent: Extent) -> Fetched:
        """The body has ended: is it all there?"""
        size_bytes = self.part.size_bytes
        if extent.end_bytes not in (None, size_bytes) or (extent.whole_bytes or size_bytes) != size_bytes:
            raise transient(arrival.server, f"sent only a part of the file ({size_bytes:,} bytes)")
        if not size_bytes:
            raise transient(arrival.server, "sent an empty file")
        chunked = arrival.status == 200 and "chunked" in arrival.headers.get("transfer-encoding", "").lower()
        told = chunked or is_encoded(arrival.headers) or extent.whole_bytes is not None
        return Fetched(size_bytes, _content_type(arrival.headers), verified=told)


def _content_type(headers: httpx.Headers) -> str:
    told: str = headers.get("content-type", "")
    return told.partition(";")[0].strip().lower()[:100]
