"""A provider's server, as far as `proxy_response` sees it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import httpx

from dashboard.media.proxying import Upstream

FILE = b"0123456789"
PIECE = 3


@dataclass
class Provider:
    """One answer of a provider's server, sent in small pieces."""

    status: int
    headers: dict[str, str]
    body: bytes = FILE
    fails: bool = False
    """The connection breaks after the body."""
    sent: int = 0
    closed: int = 0
    upstream: Upstream = field(init=False)

    def __post_init__(self) -> None:
        self.upstream = Upstream(self.status, httpx.Headers(self.headers), self._parts(), self._close)

    async def _parts(self) -> AsyncGenerator[bytes, None]:
        for start in range(0, len(self.body), PIECE):
            self.sent = start + PIECE
            yield self.body[start : start + PIECE]
        if self.fails:
            raise httpx.ReadError("cut")

    async def _close(self) -> None:
        self.closed += 1
