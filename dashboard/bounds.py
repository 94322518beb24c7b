"""Bounds what one request may send: daphne puts a whole body on the disk before the application hears of it."""

import json
from typing import Any

from dashboard.errors import error_detail

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


def _ignore() -> None:
    """In place of handing the request on."""
