"""A provider's copy passed on: the browser gets the bytes it asked for, whatever the provider says and sends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from dashboard.media import proxying
from dashboard.media.proxying import BadUpstream, Upstream, WrongRange, proxy_response, upstream_range
from dashboard.media.shown import SANDBOX, Shown
from dashboard.media.streams import BrokenOff
from tasks.transport import AiohttpTransport, exact_request
from tests.media.conftest import CONTENT
from tests.media.provider import FILE, PIECE, Provider
from tests.media.reading import ask, body_of, eventually, first_part_of

CLIP = Shown(content_type="video/mp4", name="clip.mp4")


def whole(**more: str) -> dict[str, str]:
    return {"Content-Length": "10"} | more


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", {}, ""),
        ("GET", {"range": "BYTES=2-5"}, "bytes=2-5"),
        ("GET", {"range": "bytes=-4"}, "bytes=-4"),
        ("GET", {"range": "bytes=0-1,3-4"}, ""),
        ("GET", {"range": "items=1-2"}, ""),
        ("GET", {"range": "bytes=2-5", "if_range": '"5f1d"'}, ""),
        ("HEAD", {"range": "bytes=2-5"}, "bytes=0-0"),
        ("HEAD", {}, "bytes=0-0"),
    ],
)
def test_only_one_plain_range_is_asked_for(method: str, headers: dict[str, str], expected: str) -> None:
    assert upstream_range(ask(method, **headers)) == expected


@pytest.mark.parametrize(
    ("asked", "status", "headers", "body", "expected"),
    [
        ("bytes=2-5", 206, {"Content-Range": "bytes 2-5/10", "Content-Length": "4"}, FILE[2:6], "2-5"),
        ("bytes=2-", 206, {"Content-Range": "bytes 2-9/10"}, FILE[2:], "2-9"),
        ("bytes=-4", 206, {"Content-Range": "bytes 6-9/10"}, FILE[6:], "6-9"),
        ("bytes=2-50", 206, {"Content-Range": "bytes 2-9/10"}, FILE[2:], "2-9"),
        # An older MoneyPrinterTurbo names an end beyond the file, and counts bytes that do not exist.
        ("bytes=2-50", 206, {"Content-Range": "bytes 2-50/10", "Content-Length": "49"}, FILE[2:], "2-9"),
        ("bytes=0-1", 200, {"Content-Length": "10"}, FILE, "0-1"),
        ("bytes=-2", 200, {"Content-Length": "10"}, FILE, "8-9"),
        ("bytes=4-5", 206, {"Content-Range": "bytes 0-9/10"}, FILE, "4-5"),
        ("bytes=4-5", 206, {"Content-Range": "bytes 3-9/10"}, FILE[3:], "4-5"),
    ],
)
async def test_a_range_is_answered_with_exactly_its_bytes(
    asked: str, status: int, headers: dict[str, str], body: bytes, expected: str
) -> None:
    provider = Provider(status, headers, body)
    response = await proxy_response(ask(range=asked), provider.upstream, CLIP)
    first, last = map(int, expected.split("-"))
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {expected}/10"
    assert response["Content-Length"] == str(last - first + 1)
    assert await body_of(response) == FILE[first : last + 1]
    await eventually(lambda: provider.closed > 0)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"Content-Length": "10"}),
        (206, {"Content-Range": "bytes 0-9/10"}),
        (206, {"Content-Range": "bytes 0-99/10", "Content-Length": "100"}),
    ],
)
@pytest.mark.parametrize("asked", [{}, {"range": "bytes=1-2,4-5"}, {"range": "bytes=1-2", "if_range": '"a"'}])
async def test_the_whole_is_200_with_its_length_even_when_the_provider_calls_it_a_part(
    status: int, headers: dict[str, str], asked: dict[str, str]
) -> None:
    provider = Provider(status, headers)
    response = await proxy_response(ask(**asked), provider.upstream, CLIP)
    assert response.status_code == 200
    assert response["Content-Length"] == "10"
    assert response["Accept-Ranges"] == "bytes"
    assert "Content-Range" not in response
    assert await body_of(response) == FILE


@pytest.mark.parametrize("asked", [{}, {"range": "bytes=2-5"}])
async def test_a_file_of_unknown_size_is_sent_whole(asked: dict[str, str]) -> None:
    response = await proxy_response(ask(**asked), Provider(200, {}).upstream, CLIP)
    assert response.status_code == 200
    assert "Content-Length" not in response
    assert "Accept-Ranges" not in response
    assert await body_of(response) == FILE


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (416, {"Content-Range": "bytes */10"}),
        (206, {"Content-Range": "bytes 10-9/10", "Content-Length": "0"}),
        (200, {"Content-Length": "10"}),
    ],
)
async def test_a_range_outside_the_file_is_refused_with_its_size(
    status: int, headers: dict[str, str]
) -> None:
    provider = Provider(status, headers)
    response = await proxy_response(ask(range="bytes=10-"), provider.upstream, CLIP)
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */10"
    assert provider.closed == 1


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (206, {}),
        (206, {"Content-Range": "bytes 2-5/*"}),
        (206, {"Content-Range": "bytes 3-5/10"}),
        (206, {"Content-Range": "bytes 2-4/10"}),
        (206, {"Content-Range": "bytes 5-2/10"}),
        (416, {}),
        (416, {"Content-Range": "bytes */10"}),
    ],
)
async def test_another_part_than_the_one_asked_for_is_to_be_asked_again(
    status: int, headers: dict[str, str]
) -> None:
    provider = Provider(status, headers)
    with pytest.raises(WrongRange):
        await proxy_response(ask(range="bytes=2-5"), provider.upstream, CLIP)
    assert provider.closed == 1
    again = Provider(200, whole())
    response = await proxy_response(ask(range="bytes=2-5"), again.upstream, CLIP)
    assert (response.status_code, await body_of(response)) == (206, FILE[2:6])


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (404, whole(), "answered 404"),
        (500, {}, "answered 500"),
        (302, {"Location": "/"}, "answered 302"),
        (416, {}, "answered 416"),
        (206, {"Content-Range": "bytes 0-4/10"}, "nobody asked for"),
        (206, {}, "nobody asked for"),
        (200, whole(**{"content-encoding": "gzip"}), "compressed"),
    ],
)
async def test_what_cannot_be_passed_on_is_told_before_anything_is_sent(
    status: int, headers: dict[str, str], words: str
) -> None:
    provider = Provider(status, headers)
    with pytest.raises(BadUpstream, match=words) as caught:
        await proxy_response(ask(), provider.upstream, CLIP)
    assert not isinstance(caught.value, WrongRange)
    assert provider.closed == 1


@pytest.mark.parametrize(("body", "fails"), [(b"", True), (b"", False)])
async def test_a_break_before_the_first_byte_is_told_on_a_page(body: bytes, fails: bool) -> None:
    provider = Provider(200, whole(), body, fails)
    with pytest.raises(BadUpstream, match="before the first byte"):
        await proxy_response(ask(), provider.upstream, CLIP)
    assert provider.closed == 1


async def test_a_stall_before_the_range_begins_is_told_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxying, "STALL_S", 0.0)
    provider = Provider(200, whole())

    async def stuck() -> AsyncGenerator[bytes, None]:
        await asyncio.Event().wait()
        yield b""

    upstream = Upstream(200, {"Content-Length": "10"}, stuck(), provider.upstream.close)
    with pytest.raises(BadUpstream, match="before the first byte"):
        await proxy_response(ask(range="bytes=8-9"), upstream, CLIP)
    assert provider.closed == 1


@pytest.mark.parametrize(("body", "fails"), [(FILE[:6], True), (FILE[:6], False), (FILE[:3], True)])
@pytest.mark.parametrize("headers", [{}, {"range": "bytes=1-9"}])
async def test_a_break_in_the_midst_never_looks_like_an_end(
    body: bytes, fails: bool, headers: dict[str, str]
) -> None:
    provider = Provider(200, whole(), body, fails)
    response = await proxy_response(ask(**headers), provider.upstream, CLIP)
    with pytest.raises(BrokenOff):
        await body_of(response)
    await eventually(lambda: provider.closed > 0)


async def test_a_break_of_an_unmeasured_file_never_looks_like_an_end() -> None:
    response = await proxy_response(ask(), Provider(200, {}, fails=True).upstream, CLIP)
    with pytest.raises(BrokenOff):
        await body_of(response)


async def test_more_bytes_than_told_are_not_passed_on() -> None:
    provider = Provider(200, whole(), FILE * 20)
    response = await proxy_response(ask(), provider.upstream, CLIP)
    assert await body_of(response) == FILE
    assert provider.sent < 20


@pytest.mark.parametrize(
    ("status", "headers", "length"),
    [(206, {"Content-Range": "bytes 0-0/10"}, "10"), (200, whole(), "10"), (200, {}, None)],
)
async def test_head_tells_the_size_without_the_file(
    status: int, headers: dict[str, str], length: str | None
) -> None:
    provider = Provider(status, headers)
    response = await proxy_response(ask("HEAD"), provider.upstream, CLIP)
    assert response.status_code == 200
    assert response.get("Content-Length") == length
    assert not response.streaming
    assert (provider.sent, provider.closed) == (0, 1)


async def test_a_providers_word_on_the_type_counts_for_nothing() -> None:
    provider = Provider(200, whole(**{"Content-Type": "text/html", "Set-Cookie": "a=b", "Location": "/"}))
    response = await proxy_response(ask(), provider.upstream, CLIP)
    assert response["Content-Type"] == "video/mp4"
    assert response["Content-Security-Policy"] == SANDBOX
    assert "Location" not in response
    assert not response.cookies
    response.close()


async def test_a_reader_that_leaves_closes_the_providers_connection() -> None:
    provider = Provider(200, whole())
    response = await proxy_response(ask(), provider.upstream, CLIP)
    assert await first_part_of(response) == FILE[:PIECE]
    await eventually(lambda: provider.closed > 0)
    assert provider.sent == PIECE


async def test_an_answer_that_nobody_reads_closes_the_providers_connection() -> None:
    provider = Provider(200, whole())
    (await proxy_response(ask(), provider.upstream, CLIP)).close()
    await eventually(lambda: provider.closed > 0)


@pytest_asyncio.fixture
async def real_url(file: Path) -> AsyncIterator[str]:
    """A server that answers as it should."""

    async def serve(_: web.Request) -> web.FileResponse:
        return web.FileResponse(file)

    app = web.Application()
    app.router.add_get("/clip.mp4", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/clip.mp4"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [("", 200, 0, len(CONTENT)), ("bytes=0-1", 206, 0, 2), ("bytes=70000-250000", 206, 70_000, 250_001)],
)
async def test_a_real_server_is_passed_on(
    real_url: str, asked: str, status: int, start: int, stop: int
) -> None:
    transport = AiohttpTransport(connect_timeout_s=5)
    request = ask(**({"range": asked} if asked else {}))
    headers = {"Accept-Encoding": "identity", "Range": upstream_range(request)}
    sent = exact_request("GET", real_url, {name: value for name, value in headers.items() if value})
    answer = await transport.handle_async_request(sent)
    response = await proxy_response(request, Upstream.of(answer), CLIP)
    assert response.status_code == status
    assert response["Content-Length"] == str(stop - start)
    assert await body_of(response) == CONTENT[start:stop]
    await transport.aclose()
