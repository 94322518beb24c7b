"""A stored file as an answer: status, headers and bytes for every kind of request."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from django.http import HttpRequest
from django.test import AsyncClient

from dashboard.media.files import Stored
from dashboard.media.ranges import Span
from dashboard.media.responses import accel_response, file_response, storage_redirect
from dashboard.media.shown import SANDBOX, Shown, kept_for
from dashboard.media.streams import BrokenOff
from tests.media.conftest import CONTENT
from tests.media.reading import ask, body_of, eventually, first_part_of
from tests.media.urls import ETAG, stored_file

SIZE = len(CONTENT)
DATE = "Mon, 19 Oct 2026 12:04:30 GMT"
LATER = "Mon, 19 Oct 2026 12:04:31 GMT"
SOONER = "Mon, 19 Oct 2026 12:04:29 GMT"


@pytest.fixture
def stored(file: Path) -> Stored:
    return stored_file(file)


class Watched:
    """A stored file whose handles are kept."""

    def __init__(self, stored: Stored) -> None:
        self.handles: list[BinaryIO] = []
        self._open = stored.open
        self.stored = replace(stored, open=self.open)

    def open(self, span: Span) -> BinaryIO:
        self.handles.append(self._open(span))
        return self.handles[-1]

    def all_closed(self) -> bool:
        return all(handle.closed for handle in self.handles)


@pytest.fixture
def watched(stored: Stored) -> Watched:
    return Watched(stored)


async def test_the_whole_file(stored: Stored) -> None:
    response = file_response(ask(), stored)
    assert response.status_code == 200
    assert response["Content-Length"] == str(SIZE)
    assert response["Accept-Ranges"] == "bytes"
    assert "Content-Range" not in response
    assert await body_of(response) == CONTENT


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=0-", 0, SIZE),
        (f"bytes=0-{SIZE - 1}", 0, SIZE),
        (f"bytes=0-{SIZE + 9}", 0, SIZE),
        ("bytes=65535-65536", 65535, 65537),
        ("bytes=100-200000", 100, 200_001),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=-1", SIZE - 1, SIZE),
        (f"bytes=-{SIZE + 9}", 0, SIZE),
    ],
)
async def test_the_whole_of_the_range_asked_for(stored: Stored, asked: str, start: int, stop: int) -> None:
    response = file_response(ask(range=asked), stored)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert response["Content-Length"] == str(stop - start)
    assert await body_of(response) == CONTENT[start:stop]


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
async def test_a_range_outside_the_file_is_refused(watched: Watched, asked: str) -> None:
    response = file_response(ask(range=asked), watched.stored)
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert response["Content-Length"] == "0"
    assert await body_of(response) == b""
    assert watched.handles == []


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "items=0-1", "bytes=5-2", "bytes=", "nonsense"])
async def test_a_range_we_do_not_know_is_ignored(stored: Stored, asked: str) -> None:
    response = file_response(ask(range=asked), stored)
    assert response.status_code == 200
    assert await body_of(response) == CONTENT


@pytest.mark.parametrize(
    ("asked", "status"), [(None, 200), ("bytes=-5", 200), ("bytes=0-", 416), ("bytes=0-0", 416)]
)
async def test_an_empty_file(stored: Stored, asked: str | None, status: int) -> None:
    headers = {"range": asked} if asked else {}
    response = file_response(ask(**headers), replace(stored, open=lambda span: BytesIO(), size_bytes=0))
    assert response.status_code == status
    assert response["Content-Length"] == "0"
    assert response.get("Content-Range") == ("bytes */0" if status == 416 else None)
    assert await body_of(response) == b""


@pytest.mark.parametrize("headers", [{}, {"range": "bytes=0-1"}, {"range": f"bytes={SIZE}-"}])
async def test_head_tells_the_size_and_opens_nothing(watched: Watched, headers: dict[str, str]) -> None:
    response = file_response(ask("HEAD", **headers), watched.stored)
    assert response.status_code == 200
    assert response["Content-Length"] == str(SIZE)
    assert response["Accept-Ranges"] == "bytes"
    assert response["ETag"] == ETAG
    assert not response.streaming
    assert await body_of(response) == b""
    assert watched.handles == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_none_match": ETAG}, 304),
        ({"if_none_match": f"W/{ETAG}"}, 304),
        ({"if_none_match": f'"a", W/"b" , {ETAG}'}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": '"other"'}, 200),
        ({"if_none_match": '"other"', "if_modified_since": LATER}, 200),
        ({"if_none_match": ETAG, "if_modified_since": SOONER}, 304),
        ({"if_modified_since": DATE}, 304),
        ({"if_modified_since": LATER}, 304),
        ({"if_modified_since": SOONER}, 200),
        ({"if_modified_since": "yesterday"}, 200),
        ({"if_match": ETAG}, 200),
        ({"if_match": '"other"'}, 412),
        ({"if_unmodified_since": DATE}, 200),
        ({"if_unmodified_since": SOONER}, 412),
        ({"if_none_match": ETAG, "range": "bytes=0-1"}, 304),
    ],
)
async def test_conditions(watched: Watched, method: str, headers: dict[str, str], status: int) -> None:
    response = file_response(ask(method, **headers), watched.stored)
    assert response.status_code == status
    assert response["ETag"] == ETAG
    assert response["Last-Modified"] == DATE
    assert response["Content-Security-Policy"] == SANDBOX
    assert await body_of(response) == (CONTENT if (status, method) == (200, "GET") else b"")
    if status != 200:
        assert watched.handles == []
        assert "Content-Type" not in response


@pytest.mark.parametrize(
    ("condition", "status"),
    [(ETAG, 206), (DATE, 206), ('"other"', 200), (f"W/{ETAG}", 200), (SOONER, 200), (LATER, 200)],
)
async def test_a_changed_file_is_sent_whole_to_who_holds_a_part(
    stored: Stored, condition: str, status: int
) -> None:
    response = file_response(ask(range="bytes=5-9", if_range=condition), stored)
    assert response.status_code == status
    assert await body_of(response) == (CONTENT[5:10] if status == 206 else CONTENT)


async def test_a_changed_file_is_sent_whole_even_when_it_lacks_the_range(stored: Stored) -> None:
    response = file_response(ask(range=f"bytes={SIZE}-", if_range='"other"'), stored)
    assert response.status_code == 200
    assert await body_of(response) == CONTENT


@pytest.mark.parametrize("status", [200, 206, 304])
async def test_every_answer_keeps_the_file_harmless(stored: Stored, status: int) -> None:
    headers = {206: {"range": "bytes=0-1"}, 304: {"if_none_match": ETAG}}.get(status, {})
    response = file_response(ask(**headers), replace(stored, cache_control=kept_for(3600)))
    assert response.status_code == status
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox allow-same-origin; default-src 'none'")
    assert "allow-scripts" not in response["Content-Security-Policy"]
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"] == "private, max-age=3600, immutable"
    assert response["Vary"] == "Authorization, Cookie"
    response.close()


async def test_a_file_that_is_gone_fails_before_anything_is_sent(stored: Stored, tmp_path: Path) -> None:
    gone = tmp_path / "gone.mp4"
    with pytest.raises(FileNotFoundError):
        file_response(ask(), replace(stored, open=lambda span: gone.open("rb")))


class Unreadable(BytesIO):
    """Opens, and fails at the first read."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError("a bad sector")


def test_a_file_that_cannot_be_read_fails_before_anything_is_sent(stored: Stored) -> None:
    file = Unreadable()
    with pytest.raises(OSError, match="a bad sector"):
        file_response(ask(), replace(stored, open=lambda span: file))
    assert file.closed


async def test_a_file_that_shrank_is_never_sent_short(watched: Watched) -> None:
    response = file_response(ask(), replace(watched.stored, size_bytes=SIZE + 1))
    with pytest.raises(BrokenOff, match="1 bytes too soon"):
        await body_of(response)
    await eventually(watched.all_closed)


async def read_all(watched: Watched, request: HttpRequest) -> None:
    await body_of(file_response(request, watched.stored))


async def leave_early(watched: Watched, request: HttpRequest) -> None:
    assert await first_part_of(file_response(request, watched.stored))


async def never_read(watched: Watched, request: HttpRequest) -> None:
    (file_response(request, watched.stored)).close()


@pytest.mark.parametrize("use", [read_all, leave_early, never_read])
@pytest.mark.parametrize("headers", [{}, {"range": "bytes=70000-"}])
async def test_the_file_is_closed_however_the_answer_ends(
    watched: Watched, use: Callable[[Watched, HttpRequest], Awaitable[None]], headers: dict[str, str]
) -> None:
    await use(watched, ask(**headers))
    assert len(watched.handles) == 1
    await eventually(watched.all_closed)


async def test_parts_are_small(stored: Stored) -> None:
    response = file_response(ask(), stored)
    assert len(await first_part_of(response)) == 65536


@pytest.mark.urls("tests.media.urls")
async def test_the_middleware_leaves_the_answer_as_it_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_FILE", str(file))
    client = AsyncClient()
    whole, part, known = [
        await client.get("/file", headers=headers)
        for headers in ({}, {"range": "bytes=0-1"}, {"if-none-match": ETAG})
    ]
    for response in (whole, part, known):
        assert response["Content-Security-Policy"] == SANDBOX
    assert [one.status_code for one in (whole, part, known)] == [200, 206, 304]
    assert await body_of(whole) == CONTENT
    assert await body_of(part) == CONTENT[:2]
    assert known["Content-Length"] == str(SIZE)


def test_nginx_is_told_where_the_file_is() -> None:
    shown = Shown(content_type="video/mp4", name="fox.mp4", cache_control=kept_for(60))
    response = accel_response(shown, "/kept/ab/ä b?.mp4")
    assert response["X-Accel-Redirect"] == "/kept/ab/%C3%A4%20b%3F.mp4"
    assert response["Content-Type"] == "video/mp4"
    assert response["Content-Disposition"] == 'inline; filename="fox.mp4"'
    assert response["Content-Security-Policy"] == SANDBOX
    assert "Content-Length" not in response
    assert response.content == b""


def test_a_signed_address_is_kept_by_nobody() -> None:
    url = "https://bucket.s3.example/a.mp4?X-Amz-Signature=a%2Fb"
    response = storage_redirect(url)
    assert (response.status_code, response["Location"]) == (302, url)
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
