"""Every way a provider hands a file out: by link, by path with the key, in base64, inside its answer."""

import asyncio
import base64
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiohttp import web

from tasks.archive.archiver import Places
from tasks.budget import budgets
from tasks.models import Account
from tasks.providers.contract import File
from tasks.vocabulary import Archive, Kind
from tests.archive.archiving import MP4, QUICK, account_of, archiving, is_kept, made, settled, video
from tests.archive.file_server import ranged, redirect
from tests.archive.stored import PNG
from tests.loopback import Handler, Loopback, serving
from tests.poller.conftest import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media")]
DOWNLOAD = "/v1/video/generations/download"


def coded(body: bytes) -> str:
    return base64.b64encode(body).decode()


def places(*servers: Loopback) -> Places:
    return frozenset(("127.0.0.1", int(one.url.rpartition(":")[2])) for one in servers)


def keyed(server: Loopback) -> list[bool]:
    return ["sk-test-0123456789abcdef" in str(asked.headers) for asked in server.asked]


def used(account: Account) -> int:
    budget = budgets.of(account.pk, account.requests_per_minute, account.concurrency)
    return budget.used(asyncio.get_running_loop().time())


async def test_a_foreign_server_gets_no_key_and_costs_nothing(server: Loopback) -> None:
    server.url = server.url.replace("127.0.0.1", "localhost")
    async with serving() as cdn:
        cdn.answers["/a"] = redirect("/b")
        cdn.answers["/b"] = ranged(MP4, '"v"')
        account = await account_of(server)
        (result,) = await made(account, video(f"{cdn.url}/a"))
        async with archiving(allowed=places(cdn)):
            assert is_kept((await settled(result))[0], MP4)
        assert keyed(cdn) == [False, False]
    assert (server.asked, used(account)) == ([], 0)


async def test_a_path_is_fetched_with_the_key_and_every_request_counts(server: Loopback) -> None:
    server.answers["/api/v1/download/t1/final-1.mp4"] = redirect("/tasks/t1/final-1.mp4")
    server.answers["/tasks/t1/final-1.mp4"] = ranged(MP4, '"v"')
    account = await account_of(server, "moneyprinter")
    (result,) = await made(account, video("/api/v1/download/t1/final-1.mp4"))
    async with archiving():
        assert is_kept((await settled(result))[0], MP4)
    assert keyed(server) == [True, True]
    assert used(account) == 2


async def test_an_exhausted_budget_is_waited_for_while_others_go_on(server: Loopback) -> None:
    async with serving() as other:
        other.answers["/b"] = ranged(MP4, '"v"')
        server.answers["/a"] = ranged(MP4, '"v"')
        poor = await account_of(server, slug="poor", requests_per_minute=1)
        waiting = await made(poor, *(video(f"/a?{n}") for n in range(5)))
        (rich,) = await made(await account_of(other, slug="rich"), video("/b"), remote_id="t2")
        async with archiving(at_once=1):
            assert is_kept((await settled(rich))[0], MP4)
            await until(lambda: server.times("/a") == 1)
        assert server.times("/a") == 1
        assert len([one for one in waiting if one.archive == Archive.PENDING]) == 5


async def test_a_long_download_leaves_a_place_for_questions(server: Loopback, release: asyncio.Event) -> None:
    async def wait(request: web.Request) -> web.StreamResponse:
        await release.wait()
        return await ranged(MP4, '"v"')(request)

    server.answers["/a"] = wait
    account = await account_of(server, concurrency=2)
    results = await made(account, *(video(f"/a?{n}") for n in range(3)))
    async with archiving():
        await until(lambda: server.times("/a") == 1)
        budget, clock = budgets.of(account.pk, None, 2), asyncio.get_running_loop().time
        try:
            await until(lambda: budget.take(clock()) == 0.0)  # a question
        finally:
            release.set()
        budget.end(clock())
        assert all(is_kept(one, MP4) for one in await settled(*results))


async def test_soras_answer_is_decoded(server: Loopback) -> None:
    server.say(DOWNLOAD, {"success": True, "size": len(MP4), "base64": coded(MP4), "data_url": coded(MP4)})
    account = await account_of(server, "nebula")
    (result,) = await made(account, video(f"{DOWNLOAD}?id=video_1"))
    async with archiving():
        assert is_kept((await settled(result))[0], MP4)
    assert (keyed(server), used(account)) == ([True], 1)


async def test_half_of_soras_answer_is_tried_again(server: Loopback) -> None:
    whole = json.dumps({"success": True, "base64": coded(MP4)})
    server.say(DOWNLOAD, whole[:-5_000], whole)
    (result,) = await made(await account_of(server, "nebula"), video(f"{DOWNLOAD}?id=video_1"))
    async with archiving():
        assert is_kept((await settled(result))[0], MP4)


async def test_what_the_provider_says_instead_of_a_file_is_told(server: Loopback) -> None:
    server.say(DOWNLOAD, {"success": False, "message": "video has expired"})
    (result,) = await made(await account_of(server, "nebula"), video(f"{DOWNLOAD}?id=video_1"))
    async with archiving():
        (lost,) = await settled(result)
    assert lost.archive == Archive.EXPIRED
    assert "video has expired" in lost.problem


async def test_files_inside_an_answer_are_asked_for_again(server: Loopback) -> None:
    other = PNG[:-4] + b"\x00\x00\x00\x00"
    server.say(
        "/v1/tasks/t1",
        {"id": "t1", "status": "completed", "data": [{"b64_json": coded(PNG)}, {"b64_json": coded(other)}]},
    )
    inline = File(url="", kind=Kind.IMAGE, inline=True)
    account = await account_of(server)
    results = await made(account, inline, inline)
    async with archiving():
        first, second = await settled(*results)
        assert is_kept(first, PNG)
        assert is_kept(second, other)
    assert used(account) == 2


async def test_a_data_address_is_decoded(server: Loopback) -> None:
    url = f"data:video/mp4;base64,{coded(MP4)}"
    server.say("/v1/video/generations/t1", {"id": "t1", "status": "succeeded", "url": url})
    (result,) = await made(await account_of(server, "nebula"), video("", inline=True))
    async with archiving():
        (kept,) = await settled(result)
    assert is_kept(kept, MP4)
    assert kept.content_type == "video/mp4"


async def test_a_large_answer_is_never_held_whole(server: Loopback) -> None:
    """Both ends are in this process; the other side's share is a few chunks."""
    size_bytes = 24 * 1024 * 1024
    server.answers[DOWNLOAD] = endless(size_bytes)
    (result,) = await made(await account_of(server, "nebula"), video(f"{DOWNLOAD}?id=video_1"))
    tracemalloc.start()
    try:
        async with archiving(limits=replace(QUICK, largest_bytes=size_bytes, stall_s=10.0)):
            (kept,) = await settled(result)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (kept.archive, kept.bytes) == (Archive.STORED, size_bytes)
    assert peak_bytes < 12 * 1024 * 1024


def endless(size_bytes: int) -> Handler:
    def chunks() -> Iterator[bytes]:
        part = coded(bytes(48 * 1024)).encode()
        yield b'{"success": true, "base64": "'
        for _ in range(size_bytes // (48 * 1024)):
            yield part
        yield coded(bytes(size_bytes % (48 * 1024))).encode() + b'"}'

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks():
            await response.write(chunk)
        return response

    return handle
