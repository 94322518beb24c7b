"""An answer on its way: its body in pieces, at a pace that is watched."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

import httpx

from tasks.archive.failures import FetchFailed, refusal, transient, unreached
from tasks.archive.limits import Limits, Pace
from tasks.archive.parts import Part, continues, is_encoded
from tasks.archive.unpacking import CannotUnpack, Unpacker

COMPLAINT_BYTES = 16 * 1024


class Arrival:
    """`server` is its name for people. The answer is closed by who opened it."""

    def __init__(self, answer: httpx.Response, server: str, limits: Limits) -> None:
        self.server = server
        self.status = answer.status_code
        self.headers = answer.headers
        self._answer = answer
        self._limits = limits

    def fits(self, part: Part) -> bool:
        """Whether it can be taken by who holds `part`: it is the rest, or the whole anew."""
        return self.status == 200 or continues(part, self.status, self.headers)

    async def check(self, *, continuing: bool, keyed: bool) -> None:
        if self.status in (200, 206) or (continuing and self.status == 416):
            return
        raise refusal(self.server, self.status, self.headers, await self._complaint(), keyed=keyed)

    async def _complaint(self) -> bytes:
        """What the error page says at its beginning, should it come soon."""
        said = b""
        try:
            async with asyncio.timeout(self._limits.complaint_wait_s), aclosing(self.raw()) as chunks:
                async for chunk in chunks:
                    said += chunk
                    if len(said) >= COMPLAINT_BYTES:
                        break
        except (TimeoutError, FetchFailed):
            pass
        return said[:COMPLAINT_BYTES]

    async def raw(self) -> AsyncGenerator[bytes, None]:
        """The body as it is sent; FetchFailed when it breaks off or hardly comes."""
        clock, pace = asyncio.get_running_loop().time, Pace(self._limits)
        async with aclosing(cast(AsyncGenerator[bytes, None], self._answer.aiter_raw())) as chunks:
            since = clock()
            while chunk := await self._next(chunks, pace.left_s):
                pace.count(len(chunk), clock() - since)
                yield chunk
                since = clock()

    async def _next(self, chunks: AsyncIterator[bytes], wait_s: float) -> bytes:
        try:
            async with asyncio.timeout(wait_s):
                return await anext(chunks, b"")
        except TimeoutError:
            raise transient(self.server, "sends the file too slowly") from None
        except httpx.TransportError as error:
            raise unreached(self.server, error) from error

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body, unpacked where it was packed."""
        async with aclosing(self.raw()) as chunks:
            if not is_encoded(self.headers):
                async for chunk in chunks:
                    yield chunk
                return
            try:
                unpacker = Unpacker(self.headers["content-encoding"])
                async for chunk in chunks:
                    for piece in unpacker.feed(chunk):
                        yield piece
                yield unpacker.finish()
            except CannotUnpack as error:
                raise transient(self.server, str(error)) from error
