"""Many results as one zip: whole, of the size that was told, and never with a file that is not what was stored."""

import io
import random
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpResponseBase

from dashboard.media.bundles import LEFT_OUT, deliver_zip
from dashboard.media.copies import open_copy
from dashboard.media.delivery import NotToBeHad
from dashboard.media.streams import BrokenOff
from tasks.archive.storage import media_storage, result_name
from tasks.models import Account, Result, Task
from tasks.vocabulary import Archive
from tests.archive.stored import PNG, keep
from tests.media.conftest import CONTENT
from tests.media.reading import ask, body_of, eventually, first_part_of, in_view

pytestmark = pytest.mark.django_db(transaction=True)

MADE_AT = datetime(2026, 10, 19, 12, tzinfo=UTC)
NAME = "2026-10-19_nebula_red-fox.zip"


@pytest.fixture
def task() -> Task:
    account = Account.objects.create(slug="nebula", provider="nebula", base_url="https://api.example/v1")
    return Task.objects.create(account=account, title="Red fox", created_at=MADE_AT, deadline_at=MADE_AT)


def results_of(task: Task) -> list[Result]:
    return list(Result.objects.select_related("task__account").filter(task=task))


@pytest.fixture
def results(task: Task) -> list[Result]:
    """A video, a picture and an empty file."""
    keep(task, CONTENT, content_type="video/mp4")
    keep(task, PNG, position=1)
    keep(task, b"", position=2, content_type="text/plain", kind="text")
    return results_of(task)


async def unzipped(response: HttpResponseBase) -> dict[str, bytes]:
    """What a strict reader finds, after it compared every checksum."""
    body = await body_of(response)
    assert len(body) == int(response["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


async def test_all_results_are_in_it_under_good_names(results: list[Result]) -> None:
    response = await in_view(deliver_zip)(ask(), results, NAME)
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"] == f'attachment; filename="{NAME}"'
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert await unzipped(response) == {
        "2026-10-19_nebula_red-fox.mp4": CONTENT,
        "2026-10-19_nebula_red-fox-2.png": PNG,
        "2026-10-19_nebula_red-fox-3.txt": b"",
    }


async def test_names_are_unique_and_tell_no_more_than_they_may(results: list[Result]) -> None:
    for result in results:
        result.position, result.content_type = 0, "image/png"
    found = await unzipped(await in_view(deliver_zip)(ask(), results, NAME, title=""))
    stem = "2026-10-19_nebula_result"
    assert list(found) == [f"{stem}.png", f"{stem} (2).png", f"{stem} (3).png"]


async def test_what_is_not_stored_is_left_out_and_named(results: list[Result], task: Task) -> None:
    for position, archive in enumerate(
        (Archive.PENDING, Archive.FAILED, Archive.EXPIRED, Archive.SKIPPED), start=3
    ):
        results.append(
            Result(task=task, position=position, kind="video", archive=archive, remote_url="https://a/a.mp4")
        )
    found = await unzipped(await in_view(deliver_zip)(ask(), results, NAME))
    assert found.pop(LEFT_OUT).decode().splitlines() == [
        "2026-10-19_nebula_red-fox-4.mp4 is still being saved.",
        "2026-10-19_nebula_red-fox-5.mp4 could not be saved.",
        "2026-10-19_nebula_red-fox-6.mp4 expired at the provider before it could be saved.",
        "2026-10-19_nebula_red-fox-7.mp4 is not kept.",
    ]
    assert len(found) == 3


async def test_nothing_stored_makes_no_zip(task: Task) -> None:
    pending = Result(task=task, position=0, kind="video")
    with pytest.raises(NotToBeHad) as caught:
        await in_view(deliver_zip)(ask(), [pending], NAME)
    assert caught.value.status == 404


async def test_head_tells_the_size_and_opens_nothing(
    results: list[Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await in_view(deliver_zip)(ask(), results, NAME)
    size = len(await body_of(whole))
    monkeypatch.setattr("dashboard.media.bundles.open_copy", None)
    head = await in_view(deliver_zip)(ask("HEAD"), results, NAME)
    assert head["Content-Length"] == str(size)
    assert await body_of(head) == b""


@pytest.mark.parametrize("data", [None, CONTENT[:-1]])
async def test_a_lost_or_shortened_file_is_never_faked(
    results: list[Result], data: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    name = result_name(results[0].pk)
    media_storage().delete(name)
    if data is not None:
        media_storage().save(name, io.BytesIO(data))
    with pytest.raises(BrokenOff):
        await body_of(await in_view(deliver_zip)(ask(), results, NAME))


async def test_a_grown_file_is_cut_to_what_was_stored(results: list[Result]) -> None:
    name = result_name(results[0].pk)
    media_storage().delete(name)
    media_storage().save(name, io.BytesIO(CONTENT + b"more"))
    found = await unzipped(await in_view(deliver_zip)(ask(), results, NAME))
    assert found["2026-10-19_nebula_red-fox.mp4"] == CONTENT


async def test_files_are_opened_one_after_the_other_and_closed_when_the_reader_leaves(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _keep_many(task)
    opened: list[Any] = []

    def watched(*args: Any) -> Any:
        opened.append(open_copy(*args))
        return opened[-1]

    monkeypatch.setattr("dashboard.media.bundles.open_copy", watched)
    response = await in_view(deliver_zip)(ask(), await _results(task), NAME)
    assert opened == []
    assert len(await first_part_of(response)) == 65536
    assert len(opened) == 1
    await eventually(lambda: opened[0].closed)
    response.close()


async def _keep_many(task: Task) -> None:
    chance = random.Random(3)
    for position in range(3):
        await sync_to_async(keep)(task, chance.randbytes(200_000), position=position)


async def _results(task: Task) -> list[Result]:
    return [one async for one in Result.objects.select_related("task__account").filter(task=task)]
