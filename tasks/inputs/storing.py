"""A file that somebody gives: received piece by piece, checked, looked into, and put into the media storage."""

import asyncio
import hashlib
import shutil
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from tasks.archive.copies import Copy, put_input, put_input_poster
from tasks.archive.failures import LocalTrouble
from tasks.archive.incoming import Incoming
from tasks.archive.inspection import Facts, inspect
from tasks.archive.room import stored_bytes
from tasks.archive.sniffing import HEAD_BYTES, UNKNOWN, Sniffed, sniff
from tasks.figures import size
from tasks.ids import uuid7
from tasks.inputs.expiry import give_up
from tasks.inputs.limits import KINDS, LEAST_FREE_BYTES, MAX_BYTES, WORDS
from tasks.models import Input
from tasks.storable import clean
from tasks.transactions import write_transaction
from tasks.vocabulary import Kind

NAME_MAX = 255
_looks = threading.BoundedSemaphore(2)
"""Each look into a file is a process."""


@dataclass
class NotTaken(Exception):
    """The file is not kept. `message` is a sentence for people."""

    message: str
    too_large: bool = False

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Stored:
    """`new` is False when a file with these bytes was here already."""

    input: Input
    new: bool


def store(chunks: Iterable[bytes], name: str, owner: User | None, accepts: Kind | None = None) -> Stored:
    """Keep a file in constant memory; NotTaken when it is too large, of no use, or there is no room. Blocks.

    `accepts`: the only kind that is wanted; None is any that tasks can begin from.
    """
    input_id = uuid7()
    incoming = Incoming(settings.INCOMING_ROOT)
    incoming.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = incoming.copy(input_id)  # who sweeps that folder knows these, should we be killed
    try:
        copy = _received(chunks, path)
        facts = _looked_into(path, copy.sniffed)
        kind = facts.kind or copy.sniffed.kind
        _check_kind(kind, copy.sniffed, accepts)
        return _known(copy) or _kept(input_id, path, copy, facts, clean(name, NAME_MAX), owner)
    except LocalTrouble as trouble:
        raise NotTaken(str(trouble).replace(" We try again.", " Try again later.")) from trouble
    except OSError as error:
        raise NotTaken("The server's disk does not take the file. Ask a manager to look at it.") from error
    finally:
        path.unlink(missing_ok=True)


def _received(chunks: Iterable[bytes], path: Path) -> Copy:
    digest, size_bytes, head = hashlib.sha256(), 0, b""
    _check_room(path.parent)
    with path.open("wb") as file:
        for chunk in chunks:
            size_bytes += len(chunk)
            if size_bytes > MAX_BYTES:
                raise NotTaken(
                    f"The file is too large: at most {size(MAX_BYTES)} can be given.", too_large=True
                )
            if len(head) < HEAD_BYTES:
                head += chunk[: HEAD_BYTES - len(head)]
            digest.update(chunk)
            file.write(chunk)
    if not size_bytes:
        raise NotTaken("The file is empty.")
    return Copy(size_bytes, digest.hexdigest(), sniff(head))


def _check_room(folder: Path) -> None:
    if shutil.disk_usage(folder).free - MAX_BYTES < LEAST_FREE_BYTES:
        raise NotTaken("The server's disk is full. Ask a manager to make room.")
    if settings.MEDIA_QUOTA is not None and stored_bytes() + MAX_BYTES > settings.MEDIA_QUOTA:
        raise NotTaken(
            f"The quota of {size(settings.MEDIA_QUOTA)} for media is used up. Ask a manager to make room."
        )


def _looked_into(path: Path, sniffed: Sniffed) -> Facts:
    if sniffed.kind not in KINDS:
        return Facts()
    with _looks:
        return asyncio.run(inspect(path, sniffed.kind))


def _check_kind(kind: Kind, sniffed: Sniffed, accepts: Kind | None) -> None:
    if kind in KINDS and accepts in (None, kind):
        return
    wanted = (
        WORDS.get(accepts, "a picture, a video or a sound") if accepts else "a picture, a video or a sound"
    )
    what = WORDS.get(kind, "" if sniffed == UNKNOWN else f"a file of type {sniffed.content_type}")
    raise NotTaken(
        f"The file is {what}, not {wanted}." if what else f"The file is not {wanted} that we know."
    )


def _known(copy: Copy) -> Stored | None:
    """The file with the same bytes, used again just now."""
    same = Input.objects.present().filter(sha256=copy.sha256, bytes=copy.size_bytes)
    with write_transaction():
        if not same.update(used_at=timezone.now()):
            return None
    found = same.first()
    return Stored(found, new=False) if found else None


def _kept(input_id: UUID, path: Path, copy: Copy, facts: Facts, name: str, owner: User | None) -> Stored:
    row = Input(
        id=input_id,
        owner=owner,
        name=name,
        kind=facts.kind or copy.sniffed.kind,
        content_type=copy.sniffed.content_type,
        bytes=copy.size_bytes,
        sha256=copy.sha256,
        width=facts.width,
        height=facts.height,
        duration_s=facts.duration_s,
    )
    with write_transaction():
        row.save(force_insert=True)
    try:
        put_input(path, input_id, row.content_type)
        if facts.poster:
            put_input_poster(facts.poster, input_id)
            row.has_poster = True
        row.stored_at = timezone.now()
        with write_transaction():
            row.save(update_fields=["has_poster", "stored_at"])
    except IntegrityError:  # somebody gave the same meanwhile
        give_up([input_id])
        found = _known(copy)
        if found is None:
            raise
        return found
    except LocalTrouble:
        give_up([input_id])
        raise
    return Stored(row, new=True)
