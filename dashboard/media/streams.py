"""Answers whose body is streamed: nothing stays open after them, and none ends short without a sign of it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import cast

from django.db import connections
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse


class BrokenOff(Exception):
    """A body cannot be sent to the end that its header promised. The connection has to be cut."""


class MediaResponse(StreamingHttpResponse):
    """Streams `parts`; `release` is called when the answer is over, also when nobody read it, maybe more than once."""

    def __init__(
        self, parts: AsyncGenerator[bytes, None], *, length_bytes: int | None, release: Callable[[], object]
    ) -> None:
        """`length_bytes`: what `parts` yield together; None when nobody knows."""
        super().__init__(parts)
        self._parts = parts
        self._release = release
        if length_bytes is not None:
            self["Content-Length"] = str(length_bytes)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give up the turn after each part: once the reader has left, sending no longer does."""
        try:
            async with aclosing(cast("AsyncGenerator[bytes, None]", self.streaming_content)) as parts:
                async for part in parts:
                    yield part
                    await asyncio.sleep(0)
        finally:
            await self._parts.aclose()
            self._release()

    def close(self) -> None:
        super().close()
        self._release()


def free_database(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: an answer that is streamed holds no database connection while it is read, which may take hours."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.streaming:
            for connection in connections.all(initialized_only=True):
                if not connection.in_atomic_block:
                    connection.close_if_unusable_or_obsolete()
        return response

    return middleware
