"""Many results as one zip, made while it is sent: its size is known before, and no more than a chunk is held."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from io import RawIOBase
from itertools import chain, count
from typing import BinaryIO, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from zipstream import ZipStream

from dashboard.media.copies import open_copy
from dashboard.media.delivery import PASSING, NotToBeHad
from dashboard.media.files import CHUNK_BYTES, Reader
from dashboard.media.labels import file_name
from dashboard.media.ranges import Span
from dashboard.media.shown import Disposition, Shown
from dashboard.media.streams import MediaResponse
from tasks.archive.storage import media_storage, result_name
from tasks.models import Result
from tasks.vocabulary import Archive

ZIP_TYPE = "application/zip"
LEFT_OUT = "not in this zip.txt"
NOTHING = "None of these files is saved yet. Try again when they are."
WHY_NOT = {
    Archive.PENDING: "is still being saved",
    Archive.FAILED: "could not be saved",
    Archive.EXPIRED: "expired at the provider before it could be saved",
    Archive.SKIPPED: "is not kept",
}


def deliver_zip(
    request: HttpRequest, results: Sequence[Result], name: str, *, title: str | None = None
) -> HttpResponseBase:
    """The stored ones among `results`, uncompressed, in a zip of that name; a text inside names the others.

    They were loaded with `task__account`. `title` takes the place of each task's own words in the names of its files.
    NotToBeHad when none is stored. A file that cannot be read cuts the connection: the zip was promised whole.
    """
    stored = [result for result in results if result.is_stored]
    if not stored:
        raise NotToBeHad(404, NOTHING)
    bundle = _bundle(stored, [result for result in results if not result.is_stored], title)
    response = _head(bundle) if request.method == "HEAD" else _body(bundle)
    shown = Shown(content_type=ZIP_TYPE, name=name, disposition=Disposition.ATTACHMENT, cache_control=PASSING)
    shown.dress(response)
    response["Content-Type"] = ZIP_TYPE
    return response


def _head(bundle: ZipStream) -> HttpResponseBase:
    return HttpResponse(headers={"Content-Length": str(len(bundle))})


def _body(bundle: ZipStream) -> HttpResponseBase:
    reader = Reader(cast("BinaryIO", _Zip(bundle)))
    return MediaResponse(reader.read(len(bundle)), length_bytes=len(bundle), release=reader.close)


def _bundle(stored: Sequence[Result], left_out: Sequence[Result], title: str | None) -> ZipStream:
    bundle = ZipStream(sized=True)
    taken: set[str] = set()
    for result in stored:
        bundle.add(_pieces(result), _unique(file_name(result, title), taken), size=result.bytes or 0)
    if left_out:
        lines = [f"{file_name(one, title)} {WHY_NOT[Archive(one.archive)]}.\n" for one in left_out]
        bundle.add("".join(lines), LEFT_OUT)
    return bundle


def _pieces(result: Result) -> Iterator[bytes]:
    """All of a stored file; OSError when that is not what was stored."""
    left = result.bytes or 0
    with closing(open_copy(media_storage(), result_name(result.pk), Span(0, left))) as file:
        while left:
            piece = file.read(min(left, CHUNK_BYTES))
            if not piece:
                raise OSError(f"the copy of result {result.pk} ends {left} bytes too soon")
            left -= len(piece)
            yield piece


def _unique(name: str, taken: set[str]) -> str:
    """`fox.mp4`, then `fox (2).mp4`: also where upper and lower case are the same."""
    stem, dot, extension = name.rpartition(".")
    numbered = (f"{stem} ({number}){dot}{extension}" for number in count(2))
    found = next(one for one in chain([name], numbered) if one.casefold() not in taken)
    taken.add(found.casefold())
    return found


class _Zip(RawIOBase):
    """A zip as a file to be read: each read makes as much of it as is asked for."""

    def __init__(self, bundle: ZipStream) -> None:
        self._pieces = iter(bundle)
        self._made = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._made) < size and (piece := next(self._pieces, b"")):
            self._made += piece
        part, self._made = self._made[:size], self._made[size:]
        return part

    def close(self) -> None:
        self._pieces.close()
        super().close()
