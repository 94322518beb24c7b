"""Handlers of a file server that behaves well, and of some that do not."""

import asyncio
import re
from collections.abc import Iterable

from aiohttp import web

from tests.loopback import Handler

BEFORE_CUT_S = 0.02
"""Lets the other side read what was sent: bytes it still holds unread are lost with the connection."""


def ranged(body: bytes, etag: str, *, cut_at: int | None = None) -> Handler:
    """Serves ranges and heeds If-Range; the first answer breaks off before `cut_at` when that is given."""
    cuts = [cut_at] if cut_at is not None else []

    async def handle(request: web.Request) -> web.StreamResponse:
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        start = int(asked[1]) if asked and request.headers.get("if-range") == etag else 0
        headers = {"etag": etag, "content-length": str(len(body) - start), "content-type": "Video/MP4; a=b"}
        if start:
            headers["content-range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        end = cuts.pop() if cuts else len(body)
        return await sent(request, [body[start:end]], 206 if start else 200, headers, cut=end < len(body))

    return handle


def streamed(
    chunks: Iterable[bytes], *, headers: dict[str, str] | None = None, pause_s: float = 0.0, cut: bool = False
) -> Handler:
    """Sends chunks, with a pause after each; in HTTP's chunks unless `headers` tell a length."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await sent(request, chunks, 200, headers or {}, pause_s=pause_s, cut=cut)

    return handle


async def sent(
    request: web.Request,
    chunks: Iterable[bytes],
    status: int,
    headers: dict[str, str],
    *,
    pause_s: float = 0.0,
    cut: bool = False,
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    for chunk in chunks:
        await response.write(chunk)
        await asyncio.sleep(pause_s)
    if cut and request.transport is not None:
        await asyncio.sleep(BEFORE_CUT_S)
        request.transport.close()
    return response


def redirect(location: str, status: int = 302) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"location": location})

    return handle
