"""How downloads fail, what is told of it, and that a failure stays the result's own."""

import asyncio
import errno
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from django.conf import LazySettings
from django.utils import timezone

from tasks.accounts import edit_account
from tasks.archive import sink
from tasks.archive.limits import Limits
from tasks.keeping import keep_now
from tasks.models import Account, Result, Task
from tasks.vocabulary import Archive, EventType, Health, Kind
from tests.archive.archiving import (
    FAST,
    MP4,
    QUICK,
    account_of,
    archiving,
    fresh,
    has_problem,
    is_kept,
    made,
    settled,
    told,
    video,
)
from tests.archive.file_server import ranged, redirect, sent, streamed
from tests.loopback import Handler, Loopback, reply, serving
from tests.poller.conftest import in_database, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media")]
POLL = "/v1/tasks/t1"


def answers(status: int, body: object = "") -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return reply(body, status)

    return handle


async def one_of(server: Loopback, path: str = "/a") -> Result:
    (result,) = await made(await account_of(server), video(f"{server.url}{path}"))
    return result


async def outcome(result: Result, limits: Limits = QUICK) -> Result:
    async with archiving(limits=limits):
        return (await settled(result))[0]


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def completed(url: str) -> dict[str, object]:
    return {"id": "t1", "status": "completed", "video_url": url}


async def test_trouble_of_the_server_is_tried_again(server: Loopback) -> None:
    tries: list[int] = []

    async def recover(request: web.Request) -> web.StreamResponse:
        tries.append(1)
        return reply("", 503) if len(tries) < 3 else await ranged(MP4, '"v"')(request)

    server.answers["/a"] = recover
    assert is_kept(await outcome(await one_of(server)), MP4)


async def test_it_is_given_up_in_the_end_and_the_task_stays_as_it_is(server: Loopback) -> None:
    server.answers["/a"] = answers(503)
    server.say(POLL, completed(f"{server.url}/a"))
    result = await one_of(server)
    before = await Task.objects.aget()
    lost = await outcome(result)
    assert (lost.archive, lost.archive_due_at) == (Archive.FAILED, None)
    assert lost.problem == "127.0.0.1 has trouble of its own (503). Given up after 4 attempts."
    assert await told(lost, EventType.NOT_SAVED) == [f"output 1: {lost.problem}"]
    after = await Task.objects.aget()
    assert (after.status, after.raw_status) == (before.status, before.raw_status)
    assert after.version > before.version


async def test_a_cut_is_continued_where_it_was_cut(server: Loopback) -> None:
    body = MP4 * 2
    server.answers["/a"] = ranged(body, '"v"', cut_at=300_000)
    assert is_kept(await outcome(await one_of(server)), body)
    assert server.asked[1].headers["range"].startswith("bytes=")
    assert server.asked[1].headers["range"] != "bytes=0-"


async def test_a_server_that_lies_about_the_length_is_not_believed(server: Loopback) -> None:
    server.answers["/a"] = streamed([MP4], headers={"content-length": str(len(MP4) + 1)}, cut=True)
    server.say(POLL, completed(f"{server.url}/a"))
    lost = await outcome(await one_of(server))
    assert lost.archive == Archive.FAILED
    assert "Given up after" in lost.problem


async def test_a_stall_is_tried_again(server: Loopback, release: asyncio.Event) -> None:
    async def stall_once(request: web.Request) -> web.StreamResponse:
        if server.times("/a") > 1:
            return await ranged(MP4, '"v"')(request)
        response = web.StreamResponse(headers={"content-length": str(len(MP4))})
        await response.prepare(request)
        await response.write(MP4[:1000])
        await release.wait()
        return response

    server.answers["/a"] = stall_once
    kept = await outcome(await one_of(server), replace(QUICK, stall_s=0.2))
    release.set()
    assert is_kept(kept, MP4)


@pytest.fixture
async def cdn() -> AsyncIterator[Loopback]:
    """Where the provider puts its files: another server of the same machine."""
    async with serving() as loopback:
        yield loopback


async def one_at(cdn: Loopback, server: Loopback) -> Result:
    (result,) = await made(await account_of(server), video(f"{cdn.url}/a"))
    return result


async def test_a_refused_link_is_renewed_by_asking_the_provider(server: Loopback, cdn: Loopback) -> None:
    cdn.answers["/a"] = answers(403)
    cdn.answers["/b"] = ranged(MP4, '"v"')
    dies_at = int(timezone.now().timestamp()) + 3600
    server.say(POLL, completed(f"{cdn.url}/b?Expires={dies_at}"))
    kept = await outcome(await one_at(cdn, server))
    assert is_kept(kept, MP4)
    assert kept.remote_url == f"{cdn.url}/b?Expires={dies_at}"
    assert kept.expires_at
    assert kept.expires_at.timestamp() == dies_at
    assert server.times(POLL) == 1


async def test_a_fresh_link_that_is_refused_too_is_the_end(server: Loopback, cdn: Loopback) -> None:
    cdn.answers["/a"] = cdn.answers["/b"] = answers(403)
    server.say(POLL, completed(f"{cdn.url}/b"))
    lost = await outcome(await one_at(cdn, server))
    assert (lost.archive, lost.remote_url) == (Archive.EXPIRED, f"{cdn.url}/b")
    assert (cdn.times("/a"), cdn.times("/b"), server.times(POLL)) == (1, 1, 1)


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_dead_link_without_a_fresh_one_is_expired(
    server: Loopback, cdn: Loopback, status: int
) -> None:
    cdn.answers["/a"] = answers(status)
    server.say(POLL, completed(f"{cdn.url}/a"))
    lost = await outcome(await one_at(cdn, server))
    assert lost.archive == Archive.EXPIRED
    assert f"({status})" in lost.problem
    assert server.times(POLL) == 1


async def test_a_task_that_is_gone_has_no_fresh_link(server: Loopback) -> None:
    server.answers["/a"] = answers(404)
    server.say(POLL, {"error": {"code": "async_task_not_found", "message": "gone"}}, status=404)
    assert (await outcome(await one_of(server))).archive == Archive.EXPIRED


async def test_nothing_is_given_up_while_the_provider_cannot_be_asked(server: Loopback) -> None:
    server.answers["/a"] = answers(404)
    server.say(POLL, {}, status=500)
    result = await one_of(server)
    async with archiving(retry_s=(0.01, 60.0)):
        await until(lambda: has_problem(result, "No fresh link was to be had"))
    assert (await fresh(result)).archive == Archive.PENDING


@pytest.mark.parametrize("how", ["link", "redirect"])
async def test_a_link_into_a_private_network_is_refused(server: Loopback, how: str) -> None:
    async with serving() as secret:
        server.url = server.url.replace("127.0.0.1", "localhost")
        secret.answers["/a"] = ranged(MP4, '"v"')
        server.answers["/a"] = redirect(f"{secret.url}/a")
        url = f"{secret.url}/a" if how == "link" else f"{server.url}/a"
        server.say(POLL, completed(url))
        (result,) = await made(await account_of(server), video(url))
        lost = await outcome(result)
        assert secret.asked == []
    assert (lost.archive, lost.problem) == (
        Archive.FAILED,
        "The link leads into a private network; it is not followed.",
    )


async def test_what_is_too_large_is_skipped_and_says_the_limit(server: Loopback, media: Path) -> None:
    server.answers["/a"] = ranged(bytes(3_000_000), '"v"')
    lost = await outcome(await one_of(server))
    assert (lost.archive, lost.problem) == (Archive.SKIPPED, "The file is larger than the limit of 2.0 MB.")
    assert await told(lost, EventType.NOT_SAVED)
    assert not [name for name in files_in(media.parent) if name.endswith(".part")]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("<!doctype html><p>Sorry", "a web page"),
        ('{"error": "no"}', "JSON"),
        ("<?xml version='1.0'?><e/>", "XML"),
    ],
)
async def test_a_page_instead_of_the_file_is_not_stored(
    server: Loopback, media: Path, body: str, what: str
) -> None:
    server.answers["/a"] = answers(200, body)
    server.say(POLL, completed(f"{server.url}/a"))
    lost = await outcome(await one_of(server))
    assert lost.archive == Archive.FAILED
    assert lost.problem == f"127.0.0.1 sent {what} instead of the file. Given up after 2 attempts."
    assert files_in(media) == []


async def test_a_refused_key_waits_until_the_account_is_edited(server: Loopback) -> None:
    server.answers["/a"] = answers(401)
    result = await one_of(server)
    async with archiving(unauthorized_s=3600.0):
        await until(lambda: has_problem(result, "refused this account's key"))
        assert (await fresh(result)).attempts == 0
        server.answers["/a"] = ranged(MP4, '"v"')
        await in_database(edit_account, await Account.objects.aget(), None, api_key="sk-another-0123456789")
        assert is_kept((await settled(result))[0], MP4)
    assert server.asked[-1].headers["authorization"] == "Bearer sk-another-0123456789"


async def test_a_stopped_account_is_not_asked(server: Loopback) -> None:
    async with serving() as cdn:
        cdn.answers["/b"] = ranged(MP4, '"v"')
        account = await account_of(server, health=Health.UNAUTHORIZED, health_message="No such key.")
        (own,) = await made(account, video(f"{server.url}/a"))
        (other,) = await made(account, video(f"{cdn.url}/b"), remote_id="t2")
        async with archiving():
            await until(lambda: has_problem(own, "No such key."))
            assert is_kept((await settled(other))[0], MP4)
    assert server.asked == []


async def test_a_server_that_asks_to_slow_down_is_obeyed_for_all_its_files(server: Loopback) -> None:
    async def slower(_: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"retry-after": "3600"})

    server.answers["/a"] = server.answers["/b"] = slower
    account = await account_of(server, concurrency=1)
    results = await made(account, video(f"{server.url}/a"), video(f"{server.url}/b"))
    async with archiving(at_once=1):
        for one in results:
            await until(partial(is_put_off, one))
    problems = sorted([(await fresh(one)).problem for one in results])
    assert problems == ["", "127.0.0.1 asks to slow down (429). We try again."]
    assert len(server.asked) == 1


async def is_put_off(result: Result) -> bool:
    due_at = (await fresh(result)).archive_due_at
    return bool(due_at and due_at > timezone.now() + timedelta(minutes=30))


async def test_a_full_quota_waits_and_lets_through_what_fits(
    server: Loopback, settings: LazySettings
) -> None:
    settings.MEDIA_QUOTA = 300_000
    server.answers["/a"] = ranged(MP4 * 2, '"v"')
    server.answers["/b"] = ranged(MP4, '"v"')
    account = await account_of(server)
    large, small = await made(account, video(f"{server.url}/a"), video(f"{server.url}/b"))
    async with archiving():
        await until(lambda: has_problem(large, "quota of 300 KB"))
        assert is_kept((await settled(small))[0], MP4)
        assert (await fresh(large)).attempts == 0
    settings.MEDIA_QUOTA = None
    async with archiving():
        assert is_kept((await settled(large))[0], MP4 * 2)


async def test_a_full_disk_waits_and_leaves_nothing_in_the_way(
    server: Loopback, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/a"] = ranged(MP4, '"v"')
    result = await one_of(server)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(sink.FileSink, "_open", refuse)
        async with archiving():
            await until(lambda: has_problem(result, "disk of DATA_DIR is full"))
    assert not [name for name in files_in(media.parent) if name.endswith(".part")]
    async with archiving():
        assert is_kept((await settled(result))[0], MP4)


async def test_some_room_is_left_for_the_database(server: Loopback) -> None:
    server.answers["/a"] = ranged(MP4, '"v"')
    result = await one_of(server)
    free_bytes = shutil.disk_usage("/").free
    async with archiving(replace(FAST, least_free_bytes=free_bytes * 10)):
        await until(lambda: has_problem(result, "are free"))
    assert server.asked == []


async def test_a_person_starts_it_over(server: Loopback) -> None:
    server.answers["/a"] = answers(404)
    server.say(POLL, completed(f"{server.url}/a"))
    result = await one_of(server)
    async with archiving():
        assert (await settled(result))[0].archive == Archive.EXPIRED
        server.answers["/a"] = ranged(MP4, '"v"')
        await in_database(keep_now, [result.pk])
        assert is_kept((await settled(result))[0], MP4)


async def test_one_slow_account_does_not_hold_up_another(server: Loopback, release: asyncio.Event) -> None:
    async with serving() as slow:
        slow.answers["/a"] = hanging(release)
        stuck = await account_of(slow, slug="stuck")
        (fast,) = await made(await account_of(server), video(f"{server.url}/b"))
        server.answers["/b"] = ranged(MP4, '"v"')
        await made(stuck, *(video(f"{slow.url}/a?{n}") for n in range(12)), remote_id="t2")
        async with archiving(limits=replace(QUICK, stall_s=20.0)):
            assert is_kept((await settled(fast))[0], MP4)
            assert slow.times("/a") <= FAST.at_once_per_account
        release.set()


def hanging(release: asyncio.Event) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        await release.wait()
        return await sent(request, [], 503, {})

    return handle


async def test_what_the_provider_let_expire_is_not_fetched(server: Loopback) -> None:
    (result,) = await made(await account_of(server), video("", expired=True, kind=Kind.VIDEO))
    assert (result.archive, result.archive_due_at) == (Archive.EXPIRED, None)
