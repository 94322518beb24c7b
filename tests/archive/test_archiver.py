"""What is due is fetched, checked, stored, looked into and told of."""

from pathlib import Path

import pytest

from tasks.archive.storage import poster_name
from tasks.models import Poller, Result, Task
from tasks.vocabulary import Archive, EventType, Kind
from tests.archive.archiving import (
    MP4,
    account_of,
    archiving,
    file_in,
    fresh,
    is_kept,
    made,
    settled,
    told,
    video,
)
from tests.archive.file_server import ranged
from tests.archive.stored import PNG
from tests.loopback import Loopback
from tests.poller.conftest import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media")]
MEDIA = Path(__file__).parents[2] / "dashboard" / "demo" / "media"


async def looked_into(result: Result) -> bool:
    return (await fresh(result)).inspected_at is not None


async def test_a_result_is_kept_and_looked_into(server: Loopback) -> None:
    body = (MEDIA / "aurora.mp4").read_bytes()
    server.answers["/a"] = ranged(body, '"v"')
    (result,) = await made(await account_of(server), video(f"{server.url}/a"))
    async with archiving():
        (kept,) = await settled(result)
        assert is_kept(kept, body)
        assert (kept.content_type, kept.problem, kept.stored_at is not None) == ("video/mp4", "", True)
        await until(lambda: looked_into(result))
    kept = await fresh(result)
    assert (kept.width, kept.height, kept.duration_s, kept.codec) == (480, 270, 3.0, "h264")
    assert (kept.has_poster, kept.poster_problem, kept.archive_due_at) == (True, "", None)
    assert file_in(poster_name(kept.pk))[:4] == b"RIFF"
    assert kept.claimed_by_id is None
    assert not await Poller.objects.aexists()


async def test_its_readers_hear_of_it_and_its_history_tells(server: Loopback) -> None:
    server.answers["/a"] = ranged(MP4, '"v"')
    server.answers["/b"] = ranged(PNG, '"v"')
    account = await account_of(server)
    results = await made(account, video(f"{server.url}/a"), video(f"{server.url}/b", kind=Kind.IMAGE))
    before = await Task.objects.aget()
    async with archiving():
        await settled(*results)
    after = await Task.objects.aget()
    assert after.version > before.version + 1
    assert after.status == before.status
    assert await told(results[0], EventType.SAVED) == ["2 files saved, 256 KB"]


async def test_a_look_that_fails_is_no_failure_of_the_result(server: Loopback) -> None:
    server.answers["/a"] = ranged(MP4, '"v"')
    (result,) = await made(await account_of(server), video(f"{server.url}/a"))
    async with archiving():
        await until(lambda: looked_into(result))
    kept = await fresh(result)
    assert is_kept(kept, MP4)
    assert not kept.has_poster
    assert "cannot be read" in kept.poster_problem


async def test_a_kind_is_corrected_by_the_bytes(server: Loopback) -> None:
    server.answers["/a"] = ranged(PNG, '"v"')
    server.answers["/b"] = ranged(b"La la la", '"v"')
    account = await account_of(server)
    files = video(f"{server.url}/a"), video(f"{server.url}/b", kind=Kind.TEXT)
    async with archiving():
        image, lyrics = await settled(*await made(account, *files))
    assert (image.kind, image.content_type) == (Kind.IMAGE, "image/png")
    assert (lyrics.kind, lyrics.content_type, lyrics.archive_due_at) == (Kind.TEXT, "text/plain", None)


async def test_a_paused_account_has_its_files_kept(server: Loopback) -> None:
    server.answers["/a"] = ranged(MP4, '"v"')
    (result,) = await made(await account_of(server, enabled=False), video(f"{server.url}/a"))
    async with archiving():
        assert is_kept((await settled(result))[0], MP4)


async def test_what_is_in_the_trash_is_not_fetched(server: Loopback) -> None:
    server.answers["/a"] = server.answers["/b"] = ranged(MP4, '"v"')
    account = await account_of(server)
    (gone,) = await made(account, video(f"{server.url}/a"))
    await Task.objects.aupdate(deleted_at=gone.created_at)
    (kept,) = await made(account, video(f"{server.url}/b"), remote_id="t2")
    async with archiving():
        await settled(kept)
    assert server.times("/a") == 0
    assert (await fresh(gone)).archive == Archive.PENDING


async def test_the_nearest_end_is_fetched_first(server: Loopback) -> None:
    for name in "abc":
        server.answers[f"/{name}"] = ranged(MP4, '"v"')
    (one,) = await made(await account_of(server), video(f"{server.url}/a"))
    soon = int(one.created_at.timestamp()) + 3600
    late = soon + 3 * 86_400
    account = one.task.account
    last = await made(account, video(f"{server.url}/b?Expires={late}"), remote_id="t2")
    first = await made(account, video(f"{server.url}/c?Expires={soon}"), remote_id="t3")
    async with archiving(at_once=1):
        await settled(one, *last, *first)
    assert [asked.path.partition("?")[0] for asked in server.asked] == ["/c", "/a", "/b"]
