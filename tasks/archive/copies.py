"""From a whole file of ours to a copy in the media storage: looked at, then put there so that it is never seen half."""

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage

from tasks.archive.failures import FailureKind, FetchFailed, LocalTrouble
from tasks.archive.inspection import INSPECTED
from tasks.archive.room import disk_full
from tasks.archive.sniffing import HEAD_BYTES, HTML, JSON, PLAIN, UNKNOWN, XML, Sniffed, safe_inline, sniff
from tasks.archive.storage import input_name, input_poster_name, media_storage, poster_name, result_name
from tasks.vocabulary import Archive, Kind

if TYPE_CHECKING:
    _File = File[bytes]
else:
    _File = File

CHUNK_BYTES = 1024 * 1024

MEDIA = frozenset({Kind.VIDEO, Kind.IMAGE, Kind.AUDIO, Kind.MODEL3D})
_PAGES = {HTML: "a web page", XML: "XML", JSON: "JSON", PLAIN: "text"}


@dataclass(frozen=True, slots=True)
class Copy:
    """What a file turned out to be. `sha256` is in hexadecimal digits."""

    size_bytes: int
    sha256: str
    sniffed: Sniffed

    @property
    def wants_look(self) -> bool:
        """Whether there is something to see or to hear in it."""
        return self.sniffed.kind in INSPECTED

    def columns(self, told: Kind, now: datetime) -> dict[str, Any]:
        """Those of a result that is stored from now on; `told` is the kind that the provider named."""
        return {
            "archive": Archive.STORED,
            "archive_due_at": now if self.wants_look else None,
            "inspected_at": None if self.wants_look else now,
            "stored_at": now,
            "bytes": self.size_bytes,
            "sha256": self.sha256,
            "content_type": self.sniffed.content_type,
            "kind": kind_after(told, self.sniffed.kind),
            "attempts": 0,
            "problem": "",
            "fetched_bytes": 0,
            "has_poster": False,
            "poster_problem": "",
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a result whose row is yet to be made: `id` is the one that it will have.

    `copy` None: it is not in the media storage yet, but lies whole in the folder of files under way.
    """

    id: UUID
    copy: Copy | None


def examine(path: Path) -> Copy:
    """Read a whole file of ours once. OSError when it cannot be read."""
    digest, size_bytes, head = hashlib.sha256(), 0, b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            head = head or chunk[:HEAD_BYTES]
            size_bytes += len(chunk)
            digest.update(chunk)
    return Copy(size_bytes, digest.hexdigest(), sniff(head))


def check_content(copy: Copy, kind: Kind, server: str) -> None:
    """FetchFailed (wrong) when a page of some kind came where a result of `kind` was expected.

    A 3D model may well be text, and of a kind that we do not know.
    """
    what = _PAGES.get(copy.sniffed)
    if what is None or kind not in MEDIA or (kind is Kind.MODEL3D and copy.sniffed is PLAIN):
        return
    raise FetchFailed(FailureKind.WRONG, f"{server or 'The provider'} sent {what} instead of the file.")


def kind_after(told: Kind, sniffed: Kind) -> Kind:
    """Which kind a result is of, by what the provider said and what its bytes are.

    A container of video may hold sound alone: only a look into it tells.
    """
    if sniffed is Kind.OTHER or (told is Kind.AUDIO and sniffed is Kind.VIDEO):
        return told
    return told if sniffed is Kind.TEXT and told is not Kind.OTHER else sniffed


def put_result(path: Path, result_id: UUID, content_type: str) -> None:
    """Put a whole file into the media storage. LocalTrouble when it is not taken; harmless to repeat."""
    _guarded(lambda storage: _put_file(storage, path, result_name(result_id), content_type))


def put_poster(picture: bytes, result_id: UUID) -> None:
    """Put a WebP picture beside its result. LocalTrouble when it is not taken."""
    _guarded(lambda storage: _put_bytes(storage, picture, poster_name(result_id)))


def put_input(path: Path, input_id: UUID, content_type: str) -> None:
    """Put a file that somebody gave into the media storage, as `put_result` does."""
    _guarded(lambda storage: _put_file(storage, path, input_name(input_id), content_type))


def put_input_poster(picture: bytes, input_id: UUID) -> None:
    """Put a WebP picture beside it. LocalTrouble when it is not taken."""
    _guarded(lambda storage: _put_bytes(storage, picture, input_poster_name(input_id)))


def path_in_folder(result_id: UUID) -> Path | None:
    """Where a stored result lies on this machine's disk; None when it is kept elsewhere."""
    storage = media_storage()
    return Path(storage.path(result_name(result_id))) if isinstance(storage, FileSystemStorage) else None


def take_out(result_id: UUID, path: Path) -> None:
    """Write a stored result to `path`. LocalTrouble when it cannot be read."""

    def copy(storage: Storage) -> None:
        with storage.open(result_name(result_id)) as stored, path.open("wb") as file:
            shutil.copyfileobj(stored, file, CHUNK_BYTES)

    _guarded(copy)


def _guarded(work: Callable[[Storage], None]) -> None:
    try:
        work(media_storage())
    except OSError as error:
        raise disk_full(error) from error
    except Exception as error:
        answer = getattr(error, "response", None) or {}
        code = answer.get("Error", {}).get("Code") or type(error).__name__
        raise LocalTrouble(f"The media storage does not take files now ({code}). We try again.") from error


class _Typed(_File):
    """A file that tells a bucket its type."""

    def __init__(self, file: IO[bytes], content_type: str) -> None:
        super().__init__(file)
        self.content_type = content_type


def _put_file(storage: Storage, path: Path, name: str, content_type: str) -> None:
    if isinstance(storage, FileSystemStorage):
        _link(path, Path(storage.path(name)))
        return
    with path.open("rb") as raw:
        storage.save(name, _Typed(raw, content_type if safe_inline(content_type) else UNKNOWN.content_type))


def _put_bytes(storage: Storage, data: bytes, name: str) -> None:
    if isinstance(storage, FileSystemStorage):
        target = Path(storage.path(name))
        draft = _draft_beside(target)
        draft.write_bytes(data)
        draft.replace(target)
        return
    storage.save(name, _Typed(BytesIO(data), "image/webp"))


def _link(path: Path, target: Path) -> None:
    """A second name for the same bytes; a copy where the file system knows no such thing, or is another."""
    draft = _draft_beside(target)
    try:
        draft.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, draft)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
    draft.replace(target)
    _settle_folder(target.parent)


def _draft_beside(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.new")
    draft.unlink(missing_ok=True)
    return draft


def _settle_folder(folder: Path) -> None:
    """The new name outlasts a loss of power."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
