"""MoneyPrinterTurbo's stream route as two of its versions have it."""

import re

from aiohttp import web

from tests.loopback import Handler


def new_route(body: bytes) -> Handler:
    """Always 206, ends cut to the file's, and a 416 that does not tell the size."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.method != "GET":
            return web.Response(status=404)
        start, stop = _asked(request, len(body))
        if not start < stop <= len(body):
            return web.json_response({"status": 416, "message": "x: requested range"}, status=416)
        return _part(body[start:stop], f"bytes {start}-{stop - 1}/{len(body)}")

    return handle


def old_route(body: bytes) -> Handler:
    """Always 206; an end beyond the file is counted as if it were there, and the body breaks off."""

    async def handle(request: web.Request) -> web.StreamResponse:
        start, stop = _asked(request, len(body), beyond=True)
        told = f"bytes {start}-{stop - 1}/{len(body)}"
        if stop <= len(body):
            return _part(body[start:stop], told)
        response = web.StreamResponse(
            status=206, headers={"Content-Range": told, "Content-Type": "video/mp4"}
        )
        response.content_length = stop - start
        await response.prepare(request)
        await response.write(body[start:])
        assert request.transport is not None
        request.transport.close()
        return response

    return handle


def _part(part: bytes, told: str) -> web.Response:
    return web.Response(body=part, status=206, headers={"Content-Range": told}, content_type="video/mp4")


def _asked(request: web.Request, size: int, *, beyond: bool = False) -> tuple[int, int]:
    """Where the range begins and ends; `beyond`: also after the file."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range", "bytes=0-"))
    assert found, "only plain ranges are ever asked for"
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size
    stop = int(last) + 1 if last else size
    return int(first), stop if beyond else min(stop, size)
