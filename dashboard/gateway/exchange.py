"""One request at the gateway, as ASGI tells it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from multidict import CIMultiDict

from dashboard.addresses import site_url_of_scope
from dashboard.gateway.callers import Refused
from dashboard.gateway.replies import passed_headers

Receive = Callable[[], Awaitable[dict[str, Any]]]

KEPT_BACK = frozenset(
    {
        *("accept-encoding", "authorization", "content-length", "cookie", "forwarded", "host", "x-api-key"),
        *("x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip"),
    }
)
"""Ours, or about this connection; answers are wanted unpacked, so that the key can be looked for."""


class Left(Exception):
    """The caller has gone: nobody is there to answer."""


@dataclass(frozen=True)
class Exchange:
    """`headers` have lower-case names, the last of a name; `passed` are those that the provider gets."""

    method: str
    headers: Mapping[str, str]
    passed: CIMultiDict[str]
    receive: Receive
    here: str = field(repr=False)
    """The base URL that the caller knows."""

    @classmethod
    def of(cls, scope: Mapping[str, Any], receive: Receive, path: str) -> "Exchange":
        """`path` of the gateway."""
        listed = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
        ]
        passed = CIMultiDict(passed_headers(listed, without=KEPT_BACK))
        passed["accept-encoding"] = "identity"
        return cls(scope["method"], dict(listed), passed, receive, site_url_of_scope(scope) + path)

    async def parts(self) -> AsyncIterator[bytes]:
        """The body as it comes. Left when it does not come to its end."""
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Left
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body"):
                return

    async def whole(self, limit_bytes: int) -> bytes:
        """All of the body; Refused when it is larger than that."""
        held = bytearray()
        async for part in self.parts():
            held += part
            if len(held) > limit_bytes:
                raise Refused(
                    413, f"A create call takes at most {limit_bytes // 2**20} MB. Nothing was sent."
                )
        return bytes(held)

    @property
    def has_body(self) -> bool:
        return self.headers.get("content-length", "0") != "0" or "transfer-encoding" in self.headers

    async def until_left(self) -> None:
        """Once the body was read: return when the caller goes."""
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return
