"""Files come whole or not at all, and continue after a cut: against real servers on loopback."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tasks.archive.failures import FailureKind
from tasks.archive.fetching import Fetched
from tasks.archive.parts import NOTHING, Part
from tests.archive.attempts import BODY, failure, fetch
from tests.archive.file_server import ranged, sent, streamed
from tests.archive.memory_sink import MemorySink
from tests.loopback import Loopback, reply, serving


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback


async def test_a_file_comes_whole(server: Loopback) -> None:
    server.answers["/a"] = ranged(BODY, '"v1"')
    sink = MemorySink()
    assert await fetch(server, sink) == Fetched(len(BODY), "video/mp4", verified=True)
    assert sink.data == BODY
    assert sink.begun == [Part(0, '"v1"')]
    assert server.asked[0].headers["accept-encoding"] == "identity"
    assert "range" not in server.asked[0].headers


async def test_a_file_in_chunks_is_verified_by_its_last_chunk(server: Loopback) -> None:
    server.answers["/a"] = streamed([BODY, BODY])
    sink = MemorySink()
    fetched = await fetch(server, sink)
    assert sink.data == BODY * 2
    assert fetched.verified
    server.answers["/a"] = streamed([BODY], cut=True)
    assert (await failure(server)).kind is FailureKind.TRANSIENT


async def test_a_file_that_ends_with_its_connection_is_not_verified() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with listener:
        fetched = await fetch(Loopback(url=url), MemorySink())
    assert fetched == Fetched(5, "", verified=False)


async def test_it_continues_after_a_cut(server: Loopback) -> None:
    server.answers["/a"] = ranged(BODY, '"v1"', cut_at=100_000)
    sink = MemorySink()
    failed = await failure(server, sink)
    assert failed.kind is FailureKind.TRANSIENT
    assert failed.part == Part(len(sink.data), '"v1"')
    assert 0 < failed.fetched_bytes == len(sink.data) <= 100_000
    assert (await fetch(server, sink, part=failed.part)).size_bytes == len(BODY)
    assert sink.data == BODY
    assert server.asked[1].headers["range"] == f"bytes={failed.fetched_bytes}-"
    assert server.asked[1].headers["if-range"] == '"v1"'
    assert server.times("/a") == 2


async def test_another_version_is_begun_anew(server: Loopback) -> None:
    server.answers["/a"] = ranged(BODY[::-1], '"v2"')
    sink = MemorySink(bytearray(BODY[:1000]))
    await fetch(server, sink, part=Part(1000, '"v1"'))
    assert sink.data == BODY[::-1]
    assert sink.begun == [Part(0, '"v2"')]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (206, {"content-range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}", "etag": '"v2"'}),
        (206, {"content-range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"}),
        (206, {"content-range": f"bytes 0-{len(BODY) - 1001}/{len(BODY)}", "etag": '"v1"'}),
        (206, {"content-range": f"bytes 1000-5/{len(BODY)}", "etag": '"v1"'}),
        (206, {"content-range": "bytes 1000-9999999/256000", "etag": '"v1"'}),
        (206, {"content-range": "bytes 1000-1005/256000", "etag": '"v1"'}),
        (206, {"content-type": "multipart/byteranges; boundary=x", "etag": '"v1"'}),
        (
            206,
            {
                "content-range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}",
                "etag": '"v1"',
                "content-encoding": "gzip",
            },
        ),
        (416, {"content-range": f"bytes */{len(BODY)}"}),
    ],
)
async def test_a_part_that_does_not_continue_ours_is_not_joined(
    server: Loopback, status: int, headers: dict[str, str]
) -> None:
    async def lie(request: web.Request) -> web.StreamResponse:
        if "range" not in request.headers:
            return reply(BODY)
        return await sent(
            request, [BODY[1000:]], status, {"content-length": str(len(BODY) - 1000), **headers}
        )

    server.answers["/a"] = lie
    sink = MemorySink(bytearray(b"?" * 1000))
    await fetch(server, sink, part=Part(1000, '"v1"'))
    assert sink.data == BODY
    assert server.times("/a") == 2


async def test_without_a_validator_it_begins_anew(server: Loopback) -> None:
    server.answers["/a"] = ranged(BODY, 'W/"weak"')
    sink = MemorySink(bytearray(b"?" * 1000))
    await fetch(server, sink, part=Part(1000, ""))
    assert sink.data == BODY
    assert sink.begun == [NOTHING]
    assert "range" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("modified", "kept"), [("Sun, 01 Mar 2026 12:00:00 GMT", True), ("yesterday", False)]
)
async def test_a_date_serves_as_validator_when_it_is_old_enough(
    server: Loopback, modified: str, kept: bool
) -> None:
    date = "Sun, 01 Mar 2026 12:00:01 GMT"
    server.answers["/a"] = streamed([BODY], headers={"last-modified": modified, "date": date})
    sink = MemorySink()
    await fetch(server, sink)
    assert sink.begun == [Part(0, modified if kept else "")]


async def test_a_date_of_this_very_second_is_none(server: Loopback) -> None:
    date = "Sun, 01 Mar 2026 12:00:00 GMT"
    server.answers["/a"] = streamed([BODY], headers={"last-modified": date, "date": date})
    sink = MemorySink()
    await fetch(server, sink)
    assert sink.begun == [NOTHING]


async def test_a_server_that_always_answers_206_is_understood(server: Loopback) -> None:
    headers = {"content-range": f"bytes 0-{len(BODY) - 1}/{len(BODY)}"}
    server.say("/a", BODY, status=206, headers=headers)
    sink = MemorySink()
    assert (await fetch(server, sink)).verified
    assert sink.data == BODY


@pytest.mark.parametrize(
    "told", ["bytes 5-9/10", "bytes 0-9/5", "bytes 0-3/10", "bytes */10", "nonsense", ""]
)
async def test_a_part_nobody_asked_for_is_no_file(server: Loopback, told: str) -> None:
    server.say("/a", BODY[:10], status=206, headers={"content-range": told})
    sink = MemorySink()
    failed = await failure(server, sink)
    assert failed.kind is FailureKind.TRANSIENT
    assert "makes no sense" in str(failed)
    assert sink.begun == []


async def test_a_first_part_is_kept_and_not_taken_for_the_file(server: Loopback) -> None:
    server.say("/a", BODY[:10], status=206, headers={"content-range": "bytes 0-9/90", "etag": '"v"'})
    failed = await failure(server)
    assert "only a part" in str(failed)
    assert failed.part == Part(10, '"v"')


async def test_a_length_that_is_never_reached_is_no_file(server: Loopback) -> None:
    headers = {"content-length": str(len(BODY) + 1), "etag": '"v1"'}
    server.answers["/a"] = streamed([BODY], headers=headers, cut=True)
    failed = await failure(server)
    assert failed.kind is FailureKind.TRANSIENT
    assert "broke off" in str(failed)
    assert failed.part.validator == '"v1"'
    assert 0 < failed.fetched_bytes <= len(BODY)


async def test_an_empty_file_is_no_file(server: Loopback) -> None:
    server.say("/a", b"")
    assert "empty" in str(await failure(server))


async def test_what_was_packed_is_unpacked(server: Loopback) -> None:
    headers = {"content-encoding": "gzip", "etag": '"v1"'}
    server.say("/a", gzip.compress(BODY), headers=headers)
    sink = MemorySink()
    assert (await fetch(server, sink)).verified
    assert sink.data == BODY
    assert sink.begun == [NOTHING], "bytes of the unpacked file cannot be asked for"


@pytest.mark.parametrize(
    ("encoding", "body", "said"),
    [
        ("gzip", gzip.compress(BODY)[:-9], "damaged"),
        ("gzip", gzip.compress(BODY) + b"more", "damaged"),
        ("gzip", b"plain", "damaged"),
        ("br", b"...", "did not ask for"),
    ],
)
async def test_what_cannot_be_unpacked_is_no_file(
    server: Loopback, encoding: str, body: bytes, said: str
) -> None:
    server.say("/a", body, headers={"content-encoding": encoding})
    assert said in str(await failure(server))


async def test_a_full_disk_is_not_the_servers_fault(server: Loopback) -> None:
    server.say("/a", BODY)
    with pytest.raises(OSError, match="No space left"):
        await fetch(server, MemorySink(full=True))


async def test_a_web_page_where_a_file_should_be_is_told_by_its_type(server: Loopback) -> None:
    server.say("/a", "<html>", headers={"content-type": "text/html; charset=utf-8"})
    assert (await fetch(server, MemorySink())).content_type == "text/html"
