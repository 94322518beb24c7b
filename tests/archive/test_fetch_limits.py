"""No server takes our time or our disk beyond the limits, and no file our memory."""

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from tasks.archive.failures import FailureKind
from tasks.archive.fetching import Fetcher
from tasks.archive.links import Source
from tasks.archive.parts import Part
from tests.archive.attempts import BODY, QUICK, failure, fetch
from tests.archive.file_server import streamed
from tests.archive.memory_sink import MemorySink
from tests.loopback import Loopback, serving


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback


async def test_a_server_that_stalls_is_given_up(server: Loopback) -> None:
    release = asyncio.Event()

    async def stall(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "1000", "etag": '"v"'})
        await response.prepare(request)
        await response.write(b"x" * 10)
        await release.wait()
        return response

    server.answers["/a"] = stall
    failed = await failure(server, limits=replace(QUICK, stall_s=0.05))
    release.set()
    assert failed.kind is FailureKind.TRANSIENT
    assert "too slowly" in str(failed)
    assert failed.part == Part(10, '"v"')


async def test_a_server_that_dribbles_is_given_up(server: Loopback) -> None:
    server.answers["/a"] = streamed((b"x" * 100 for _ in range(1000)), pause_s=0.01)
    failed = await failure(server, limits=replace(QUICK, stall_s=0.1, slowest_bytes_per_s=100_000))
    assert "too slowly" in str(failed)


async def test_a_steady_stream_may_take_longer_than_a_stall(server: Loopback) -> None:
    server.answers["/a"] = streamed([b"x" * 20_000] * 20, pause_s=0.02)
    limits = replace(QUICK, stall_s=0.3, slowest_bytes_per_s=100_000)
    assert (await fetch(server, MemorySink(), limits=limits)).size_bytes == 400_000


async def test_no_file_may_take_for_ever(server: Loopback) -> None:
    server.answers["/a"] = streamed((b"x" * 20_000 for _ in range(1000)), pause_s=0.02)
    failed = await failure(server, limits=replace(QUICK, longest_s=0.1))
    assert failed.kind is FailureKind.TRANSIENT
    assert failed.fetched_bytes > 0


async def test_our_own_slow_writing_is_nobodys_fault(server: Loopback) -> None:
    server.say("/a", BODY * 4)
    sink = MemorySink(slow_s=0.02)
    await fetch(server, sink, limits=replace(QUICK, stall_s=0.2, slowest_bytes_per_s=10_000_000))
    assert sink.data == BODY * 4


async def test_an_answer_that_never_comes_is_given_up(server: Loopback) -> None:
    release = asyncio.Event()
    server.say_after("/a", release, "late")
    failed = await failure(server, limits=replace(QUICK, answer_timeout_s=0.05))
    release.set()
    assert str(failed) == "127.0.0.1 did not answer in time. We try again."


async def test_a_file_that_says_it_is_too_large_is_not_begun(server: Loopback) -> None:
    server.say("/a", BODY)
    sink = MemorySink()
    failed = await failure(server, sink, limits=replace(QUICK, largest_bytes=len(BODY) - 1))
    assert failed.kind is FailureKind.TOO_LARGE
    assert sink.begun == []
    assert (await fetch(server, sink, limits=replace(QUICK, largest_bytes=len(BODY)))).size_bytes == len(BODY)


@pytest.mark.parametrize("packed", [True, False])
async def test_a_file_that_turns_out_too_large_is_stopped(server: Loopback, packed: bool) -> None:
    body = b"\0" * 50_000_000
    chunks = [gzip.compress(body)] if packed else [body[:1_000_000]] * 50
    server.answers["/a"] = streamed(chunks, headers={"content-encoding": "gzip"} if packed else {})
    sink = MemorySink()
    failed = await failure(server, sink, limits=replace(QUICK, largest_bytes=2_000_000))
    assert failed.kind is FailureKind.TOO_LARGE
    assert len(sink.data) <= 2_000_000


async def test_it_holds_little_of_a_large_file(server: Loopback) -> None:
    class Drain(MemorySink):
        async def write(self, data: bytes) -> None:
            self.largest_write_bytes = max(self.largest_write_bytes, len(data))

    server.answers["/a"] = streamed(b"x" * 65_536 for _ in range(640))
    drain = Drain()
    tracemalloc.start()
    try:
        await fetch(server, drain)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024**2
    assert drain.largest_write_bytes <= 65_536


async def test_a_fetch_that_is_cancelled_hangs_up(server: Loopback) -> None:
    begun, gone = asyncio.Event(), asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        begun.set()
        try:
            while True:
                await response.write(b"x" * 1000)
                await asyncio.sleep(0.01)
        finally:
            gone.set()

    server.answers["/a"] = endless
    async with Fetcher(QUICK) as fetcher:
        task = asyncio.create_task(fetcher.fetch(Source(f"{server.url}/a", server.url), MemorySink()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(2):
            await gone.wait()
