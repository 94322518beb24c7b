"""Our copies of results as files to be served: where they lie, what they are called, which version they are."""

from contextlib import closing
from functools import partial
from io import BytesIO
from typing import BinaryIO

from django.core.files.storage import FileSystemStorage, Storage

from dashboard.media.files import Stored
from dashboard.media.labels import file_name
from dashboard.media.ranges import Span
from dashboard.media.shown import ASK_AGAIN, Disposition
from tasks.archive.storage import media_storage, poster_name, result_name
from tasks.models import Result

POSTER_TYPE = "image/webp"
POSTER_MAX_BYTES = 16 * 1024 * 1024


def copy_of(
    result: Result,
    *,
    disposition: Disposition = Disposition.INLINE,
    cache_control: str = ASK_AGAIN,
    title: str | None = None,
) -> Stored:
    """Our copy of a stored result."""
    return Stored(
        open=partial(open_copy, media_storage(), result_name(result.pk)),
        size_bytes=result.bytes or 0,
        etag=f'"{result.sha256 or result.pk}"',
        modified_at=result.stored_at or result.created_at,
        content_type=result.content_type,
        name=file_name(result, title),
        disposition=disposition,
        cache_control=cache_control,
    )


def open_copy(storage: Storage, name: str, span: Span) -> BinaryIO:
    """A stored file, at the beginning of `span`. OSError when it cannot be read. For threads that may wait."""
    if not isinstance(storage, FileSystemStorage):
        from dashboard.media.buckets import open_object  # only who keeps media in a bucket loads all this

        return open_object(storage, name, span)
    opened: BinaryIO = storage.open(name)  # type: ignore[assignment]
    opened.seek(span.start)
    return opened


def poster_of(result: Result, data: bytes, *, cache_control: str = ASK_AGAIN) -> Stored:
    """The poster that `poster_bytes` read."""
    return Stored(
        open=lambda span: BytesIO(data[span.start :]),
        size_bytes=len(data),
        etag=f'"{poster_version(result)}"',
        modified_at=result.inspected_at or result.created_at,
        content_type=POSTER_TYPE,
        name=f"{result.pk}.webp",
        cache_control=cache_control,
    )


def poster_bytes(result: Result) -> bytes:
    """All of a poster: it is small. OSError when it cannot be read."""
    with closing(open_copy(media_storage(), poster_name(result.pk), Span(0, POSTER_MAX_BYTES))) as file:
        return file.read()


def poster_version(result: Result) -> str:
    """It changes when the poster does."""
    made_at = result.inspected_at or result.created_at
    return f"{(result.sha256 or result.pk.hex)[:12]}-{int(made_at.timestamp()):x}"
