"""Answers at the gateway: the provider's headers without those of its connection, and errors as programs read them."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    }
)
OURS = frozenset({"set-cookie", "strict-transport-security", "alt-svc", "server", "date"})
"""Speak of the provider's site, or are said by our own server."""
TASK_HEADER = b"x-dailies-task"
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    429: "rate_limited",
    502: "bad_gateway",
    504: "gateway_timeout",
}


def passed_headers(
    headers: Iterable[tuple[str, str]], *, without: Iterable[str] = ()
) -> list[tuple[str, str]]:
    """Those that a proxy hands on: not what belongs to one connection (RFC 9110, 7.6.1), and not `without`."""
    listed = list(headers)
    named = ",".join(value for name, value in listed if name.lower() == "connection")
    dropped = HOP_BY_HOP | {one.strip().lower() for one in named.split(",")} | OURS | frozenset(without)
    return [(name, value) for name, value in listed if name.lower() not in dropped]


def encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    """As ASGI wants them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]


def pointing_here(body: bytes, base_url: str, here: str) -> bytes:
    """An answer whose absolute poll URL leads through the gateway at `here`, not past it with a token of ours."""
    base = re.escape(base_url).replace("/", r"\\?/")
    return re.sub(rf'("poll_url"\s*:\s*"){base}(?=[/\\])'.encode(), rb"\1" + here.encode(), body, count=1)


async def say(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """A whole answer."""
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def say_error(
    send: Send, status: int, message: str, extra: Mapping[bytes, bytes] | None = None
) -> None:
    """Our own words, in the shape that the providers' clients read: `error.message`, and `message` beside it."""
    error = {"message": message, "type": "dailies_error", "code": CODES.get(status, "internal")}
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    body = json.dumps({"error": error, "message": message}).encode()
    await say(send, status, [*headers, *(extra or {}).items()], body)
