"""A kept result as it reaches a browser: name, type, version, and what is said when it cannot be read."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpResponseBase

from dashboard.media.delivery import NotToBeHad, deliver, deliver_poster
from dashboard.media.shown import kept_for
from tasks.archive.storage import media_storage, poster_name, result_name
from tasks.models import Account, Result, Task
from tests.archive.stored import PNG, WEBP, keep
from tests.media.conftest import CONTENT
from tests.media.reading import ask, body_of, in_view

pytestmark = pytest.mark.django_db(transaction=True)

MADE_AT = datetime(2026, 10, 19, 23, 59, tzinfo=UTC)
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def task() -> Task:
    account = Account.objects.create(slug="nebula", provider="nebula", base_url="https://api.example/v1")
    return Task.objects.create(
        account=account, title="Red fox", created_at=MADE_AT, deadline_at=MADE_AT, status="succeeded"
    )


@pytest.fixture
def clip(task: Task) -> Result:
    return keep(task, CONTENT, position=1, content_type="video/mp4", kind="video")


async def test_the_copy_is_sent_with_its_type_and_a_good_name(clip: Result) -> None:
    response = await in_view(deliver)(ask(), clip)
    assert response["Content-Type"] == "video/mp4"
    assert response["Content-Disposition"] == 'inline; filename="2026-10-19_nebula_red-fox-2.mp4"'
    assert response["ETag"] == f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    assert response["Cache-Control"] == "private, no-cache"
    assert await body_of(response) == CONTENT


async def test_it_can_be_asked_for_to_be_saved(clip: Result) -> None:
    response = await in_view(deliver)(ask(), clip, download=True)
    assert response["Content-Disposition"] == 'attachment; filename="2026-10-19_nebula_red-fox-2.mp4"'
    response.close()


async def test_the_name_keeps_the_task_s_words_to_itself_when_told_to(clip: Result) -> None:
    response = await in_view(deliver)(ask(), clip, title="")
    assert response["Content-Disposition"] == 'inline; filename="2026-10-19_nebula_result-2.mp4"'
    response.close()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=5-9", 5, 9), ("bytes=-3", 299_997, 299_999), ("bytes=299999-", 299_999, 299_999)],
)
async def test_a_range_of_it(clip: Result, asked: str, first: int, last: int) -> None:
    response = await in_view(deliver)(ask(range=asked), clip)
    assert (response.status_code, response["Content-Range"]) == (206, f"bytes {first}-{last}/300000")
    assert await body_of(response) == CONTENT[first : last + 1]


@pytest.mark.parametrize("data", [HTML, SVG, b"\x00\x01\x02"])
@pytest.mark.parametrize("download", [False, True])
async def test_what_a_browser_might_run_is_only_ever_saved(task: Task, data: bytes, download: bool) -> None:
    result = await sync_to_async(keep)(task, data)
    response = await in_view(deliver)(ask(), result, download=download)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; ")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert await body_of(response) == data


@pytest.mark.parametrize("deliver_what", [deliver, deliver_poster])
async def test_a_lost_copy_is_told_before_anything_is_sent(
    clip: Result, deliver_what: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (result_name(clip.pk), poster_name(clip.pk)):
        media_storage().delete(name)
    with pytest.raises(NotToBeHad, match="cannot be read just now") as caught:
        await in_view(deliver_what)(ask(), clip)
    assert caught.value.status == 503
    assert str(clip.pk) in caplog.text


async def test_the_poster(clip: Result) -> None:
    response = await in_view(deliver_poster)(ask(), clip, cache_control=kept_for(3600))
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "private, max-age=3600, immutable"
    assert await body_of(response) == WEBP
    again = await in_view(deliver_poster)(ask(if_none_match=response["ETag"]), clip)
    assert again.status_code == 304


async def test_a_new_poster_is_another_version(clip: Result) -> None:
    async def etag() -> str:
        response: HttpResponseBase = await in_view(deliver_poster)(ask("HEAD"), clip)
        return response["ETag"]

    before = await etag()
    clip.inspected_at = MADE_AT
    assert await etag() != before


async def test_no_poster_is_404(task: Task) -> None:
    result = await sync_to_async(keep)(task, PNG, poster=None)
    with pytest.raises(NotToBeHad) as caught:
        await in_view(deliver_poster)(ask(), result)
    assert caught.value.status == 404
