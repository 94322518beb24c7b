"""Bounds what one request may send, and what of it is in memory.

daphne puts a whole body on the disk before the application hears of it, and then all of it into a queue.
"""

import asyncio
import json
from io import BytesIO
from typing import Any, BinaryIO

from dashboard.errors import error_detail
from dashboard.media.breaking import Application

BODY_MAX_BYTES = 64 * 1024 * 1024
"""More than any page or call takes; those refuse smaller bodies in their own words."""
_BODY = json.dumps(error_detail("too_large", "The body is too large.")).encode()
REFUSAL = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


def bound_body(request: Any) -> None:
    """Have a request of Twisted's answered with 413, and its connection ended, where its body is too large."""
    keep, left_bytes = request.handleContentChunk, BODY_MAX_BYTES

    def take(data: bytes) -> None:
        nonlocal left_bytes
        left_bytes -= len(data)
        if left_bytes >= 0:
            keep(data)
        elif request.process is not _ignore:
            request.process = _ignore  # the end of the body may have come along
            request.channel.transport.write(REFUSAL)
            request.channel.loseConnection()

    request.handleContentChunk = take
    # Twisted would parse forms as well, in memory and on the loop, for somebody else: 700 MB for a file of 50.
    request._parsePOSTFormSubmission = False


def _ignore() -> None:
    """In place of handing the request on."""


PART_BYTES = 64 * 1024
BODY = "dailies.body"
"""In the scope of a request, between `hold_back_body` and `reading_in_parts`."""


class HeldBack:
    """A body on the disk, in the place of Twisted's file: daphne, which would read it whole, finds nothing in it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.close = file.close
        self.part = file.read
        """The next bytes, for the application. ValueError once the request is over."""

    @property
    def closed(self) -> bool:
        return self._file.closed

    def read(self, _: int = -1) -> bytes:
        return b""


def hold_back_body(request: Any, scope: dict[str, Any]) -> None:
    """Of a request of Twisted's that daphne is about to hand on: what lies on the disk stays there until it is read."""
    if scope["type"] == "http" and not isinstance(request.content, BytesIO):
        request.content = scope[BODY] = HeldBack(request.content)


def reading_in_parts(application: Application) -> Application:
    """Has a body that was held back come a part at a time, each when it is asked for."""

    async def run(scope: dict[str, Any], receive: Any, send: Any) -> None:
        body: HeldBack | None = scope.pop(BODY, None)

        async def next_part() -> dict[str, Any]:
            nonlocal body
            if body is None:
                message: dict[str, Any] = await receive()
                return message
            await asyncio.sleep(0)  # whoever reads one after the other lets others have their turn
            try:
                part = body.part(PART_BYTES)
            except ValueError:
                return {"type": "http.disconnect"}
            is_last = len(part) < PART_BYTES
            if is_last:
                body = None
                await receive()  # what daphne found: nothing
            return {"type": "http.request", "body": part, "more_body": not is_last}

        await application(scope, next_part, send)

    return run
