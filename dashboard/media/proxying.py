"""A provider's copy passed on to a browser, before we keep one: what it says of itself is checked, not believed."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import aiohttp
import httpx
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from dashboard.media.ranges import Asked, Span, Unsatisfiable, parse_content_range, parse_length
from dashboard.media.responses import asked_range, range_refusal
from dashboard.media.shown import Shown
from dashboard.media.streams import BrokenOff, MediaResponse

STALL_S = 30.0
"""How long a provider may send nothing in the midst of a file."""
FAILURES = (httpx.HTTPError, httpx.StreamError, aiohttp.ClientError, OSError)
PROBE = Asked(0, 0)
"""Asked for a HEAD: not every provider knows that method, and the size is all we want."""


class BadUpstream(Exception):
    """The provider gave no usable answer; the message says so in a sentence. Nothing is sent by then."""


class WrongRange(BadUpstream):
    """The answer is not the range that was asked for. Ask again without a range, and pass that answer on."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """An answer whose body is yet to be read. `headers` finds names in any case; bodies must not be compressed."""

    status: int
    headers: Mapping[str, str]
    parts: AsyncGenerator[bytes, None]
    """Raises httpx's, aiohttp's or OSError when the connection breaks."""
    close: Callable[[], Awaitable[None]]

    @classmethod
    def of(cls, response: httpx.Response) -> "Upstream":
        """`response`: of a request that was sent with `stream=True`."""
        parts: AsyncGenerator[bytes, None] = response.aiter_raw()  # type: ignore[assignment]
        return cls(response.status_code, response.headers, parts, response.aclose)

    async def aclose(self) -> None:
        """Take the connection down, or give it back when all was read."""
        await self.parts.aclose()
        await self.close()


@dataclass(frozen=True, slots=True)
class _Held:
    """What an answer holds: the bytes of `span`, of a file of `size_bytes`."""

    span: Span
    size_bytes: int


def upstream_range(request: HttpRequest) -> str:
    """The `Range` header to ask the provider with; "" for none. Always ask with GET, uncompressed."""
    if request.method == "HEAD":
        return str(PROBE)
    return str(_asked(request) or "")


def _asked(request: HttpRequest) -> Asked | None:
    """A condition never holds: we vouch for no version of a file that we do not keep."""
    return None if "If-Range" in request.headers else asked_range(request)


async def proxy_response(request: HttpRequest, upstream: Upstream, shown: Shown) -> HttpResponseBase:
    """200, 206 or 416 from an answer to GET with `upstream_range`, or, after WrongRange, to GET without.

    Whatever the provider sends, the browser gets the bytes it asked for, or, where nobody knows the file's size, all
    of them. The answer is closed in the end, also when this raises. BadUpstream when there is nothing to pass on.
    """
    try:
        response = await _answer(request, upstream)
    except BaseException:
        await upstream.aclose()
        raise
    if not response.streaming:
        await upstream.aclose()
    if response.status_code != 416:
        shown.dress(response)
    return response


async def _answer(request: HttpRequest, upstream: Upstream) -> HttpResponseBase:
    asked = PROBE if request.method == "HEAD" else _asked(request)
    try:
        held = _held(upstream, asked)
        if request.method == "HEAD":
            return _head(held)
        if held is None:
            return await _stream(upstream, 0, None)
        return await _cut(upstream, held, asked)
    except Unsatisfiable as refusal:
        return range_refusal(refusal.args[0])


def _held(upstream: Upstream, asked: Asked | None) -> _Held | None:
    """None for all of a file whose size is not known. Unsatisfiable, with the size, where it has no such bytes."""
    if upstream.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadUpstream("The provider sent the file compressed.")
    if upstream.status == 200:
        length = parse_length(upstream.headers.get("Content-Length", ""))
        return None if length is None else _Held(Span(0, length), length)
    if upstream.status not in ({206, 416} if asked else {206}):
        raise BadUpstream(f"The provider answered {upstream.status} instead of the file.")
    told = parse_content_range(upstream.headers.get("Content-Range", ""))
    if told is None:
        raise _wrong(asked)
    return _told(*told, asked)


def _told(span: Span | None, size_bytes: int, asked: Asked | None) -> _Held:
    """Old servers name ends beyond the file, and count bytes that do not exist: the start and the size are right."""
    _wanted(asked, size_bytes)
    if span is None:
        raise _wrong(asked)
    return _Held(Span(span.start, min(span.stop, size_bytes)), size_bytes)


def _wrong(asked: Asked | None) -> BadUpstream:
    if asked is None:
        return BadUpstream("The provider answered with a part of the file that nobody asked for.")
    return WrongRange("The provider answered with another part of the file than was asked for.")


def _wanted(asked: Asked | None, size_bytes: int) -> Span:
    try:
        span = asked.span(size_bytes) if asked else None
    except Unsatisfiable:
        raise Unsatisfiable(size_bytes) from None
    return span or Span(0, size_bytes)


def _head(held: _Held | None) -> HttpResponse:
    headers = {"Accept-Ranges": "bytes"}
    if held:
        headers["Content-Length"] = str(held.size_bytes)
    return HttpResponse(headers=headers)


async def _cut(upstream: Upstream, held: _Held, asked: Asked | None) -> HttpResponseBase:
    """The bytes asked for, out of what the answer holds: it may begin sooner and end later."""
    wanted = _wanted(asked, held.size_bytes)
    if not held.span.covers(wanted):
        raise _wrong(asked)
    response = await _stream(upstream, wanted.start - held.span.start, wanted.length)
    response["Accept-Ranges"] = "bytes"
    if asked and wanted.length:
        response.status_code = 206
        response["Content-Range"] = wanted.content_range(held.size_bytes)
    return response


async def _stream(upstream: Upstream, skip: int, length: int | None) -> MediaResponse:
    """The first bytes are awaited: until they are there, a failure can still be told on a page."""
    parts = _exactly(upstream, skip, length)
    try:
        first = await anext(parts, b"")
    except BrokenOff as error:
        raise BadUpstream("The provider broke off before the first byte of the file.") from error
    return MediaResponse(_from(first, parts), length_bytes=length, release=_closer(upstream))


async def _from(first: bytes, parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    try:
        if first:
            yield first
        async for part in parts:
            yield part
    finally:
        await parts.aclose()


async def _exactly(upstream: Upstream, skip: int, length: int | None) -> AsyncGenerator[bytes, None]:
    """`length` bytes after the first `skip`, or all there are. BrokenOff when they do not come."""
    left = length
    while left is None or left > 0:
        part = await _next_part(upstream)
        if not part:
            break
        passed = part[skip:]
        skip -= len(part) - len(passed)
        passed = passed[:left]
        left = None if left is None else left - len(passed)
        if passed:
            yield passed
    if left:
        raise BrokenOff(f"The provider's answer ended {left} bytes too soon.")
    await upstream.aclose()


async def _next_part(upstream: Upstream) -> bytes:
    """The next bytes that are not none; b"" at the end."""
    try:
        async with asyncio.timeout(STALL_S):
            while (part := await anext(upstream.parts, None)) is not None:
                if part:
                    return part
    except FAILURES as error:
        raise BrokenOff(f"The provider's answer broke off: {type(error).__name__}.") from error
    return b""


def _closer(upstream: Upstream) -> Callable[[], object]:
    """Closes once, from any thread, on the loop that the connection belongs to."""
    loop = asyncio.get_running_loop()
    closing: list[asyncio.Task[None]] = []

    def close() -> None:
        if not closing:
            closing.append(loop.create_task(upstream.aclose()))

    return partial(loop.call_soon_threadsafe, close)
