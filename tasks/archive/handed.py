"""Files that came inside a create call's answer: it may name no task, so there is nobody to ask for them again."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.conf import settings

from tasks.archive.base64_stream import BadPayload, Base64Stream
from tasks.archive.copies import Kept, examine, put_result
from tasks.archive.failures import LocalTrouble
from tasks.archive.incoming import Incoming
from tasks.ids import uuid7
from tasks.keeping import delete_files
from tasks.providers.contract import Adoption, File

logger = logging.getLogger(__name__)


def holding(adoption: Adoption, answer: bytes) -> Adoption:
    """The same, with the answer it was read from, when that holds whole files."""
    files = adoption.snapshot.files if adoption.snapshot else ()
    return replace(adoption, answer=answer) if any(file.inline for file in files) else adoption


def keep_handed(files: Sequence[File], answer: bytes) -> tuple[Kept, ...]:
    """Put the files of an answer into the media storage, those that can be read, in their order.

    Blocks. When the storage takes none now, a file waits for it beside the others under way, under the same id.
    """
    kept: list[Kept] = []
    incoming = Incoming(settings.INCOMING_ROOT)
    incoming.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for place in range(sum(file.inline for file in files) if answer else 0):
        try:
            data = _decoded(answer, place)
        except BadPayload as error:
            logger.warning("a file inside an answer cannot be read: %s", error)
            break
        kept.append(_keep(data, incoming))
    return tuple(kept)


def drop_handed(kept: Iterable[Kept]) -> None:
    """No row tells of them after all."""
    for one in kept:
        Incoming(settings.INCOMING_ROOT).discard(one.id)
        delete_files(one.id)


def _decoded(answer: bytes, place: int) -> bytes:
    stream = Base64Stream(index=place)
    data = stream.feed(answer)
    stream.finish()
    return data


def _keep(data: bytes, incoming: Incoming) -> Kept:
    result_id = uuid7()
    part, whole = incoming.part(result_id), incoming.whole(result_id)
    part.write_bytes(data)
    part.replace(whole)
    copy = examine(whole)
    try:
        put_result(whole, result_id, copy.sniffed.content_type)
    except LocalTrouble as trouble:
        logger.warning("a file inside an answer waits: %s", trouble)
        return Kept(result_id, None)
    incoming.discard(result_id)
    return Kept(result_id, copy)
