"""What `served.py` serves: the file named in MEDIA_FILE, and provider's copies that end well or badly."""

import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path

from dashboard.media.files import Stored
from dashboard.media.proxying import Upstream, proxy_response
from dashboard.media.ranges import Span
from dashboard.media.responses import file_response
from dashboard.media.shown import Shown

ETAG = '"5f1d"'
MODIFIED_AT = datetime(2026, 10, 19, 12, 4, 30, 250_000, tzinfo=UTC)
PROXIED_BYTES = 64 * 1024 * 1024
BROKEN_AFTER_BYTES = 4 * 1024 * 1024
PART = bytes(65536)
CLIP = Shown(content_type="video/mp4", name="clip.mp4")


def stored_file(file: Path, *, beyond_bytes: int = 0) -> Stored:
    """`beyond_bytes`: how much is missing at its end."""
    return Stored(
        open=partial(opened_at, file),
        size_bytes=file.stat().st_size + beyond_bytes,
        etag=ETAG,
        modified_at=MODIFIED_AT,
        content_type="video/mp4",
        name="clip.mp4",
    )


def opened_at(file: Path, span: Span) -> BinaryIO:
    opened = file.open("rb")
    opened.seek(span.start)
    return opened


def whole(request: HttpRequest) -> HttpResponseBase:
    return file_response(request, stored_file(Path(os.environ["MEDIA_FILE"])))


def cut_short(request: HttpRequest) -> HttpResponseBase:
    return file_response(request, stored_file(Path(__file__), beyond_bytes=1))


async def proxied(request: HttpRequest, end: str) -> HttpResponseBase:
    length = {} if end == "breaks-unmeasured" else {"Content-Length": str(PROXIED_BYTES)}
    upstream = Upstream(200, length, _parts(fails=end != "well"), _closed)
    return await proxy_response(request, upstream, CLIP)


async def _parts(*, fails: bool) -> AsyncGenerator[bytes, None]:
    for sent in range(0, PROXIED_BYTES, len(PART)):
        if fails and sent == BROKEN_AFTER_BYTES:
            raise ConnectionResetError
        yield PART


async def _closed() -> None:
    """Nothing to close."""


def short(request: HttpRequest) -> HttpResponse:
    return HttpResponse("short")


urlpatterns = [
    path("file", whole),
    path("cut-short", cut_short),
    path("proxied/<slug:end>", proxied),
    path("short", short),
]
