"""The beginning of a stored text, to be shown in a page."""

import codecs
import logging
from dataclasses import dataclass
from functools import lru_cache

from tasks.archive.storage import media_storage, result_name
from tasks.models import Result

logger = logging.getLogger(__name__)

SHOWN_BYTES = 64 * 1024
KEPT = 64
"""Texts held in memory: an open page is drawn anew with every change of its task."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    text: str
    is_cut: bool


def excerpt_of(result: Result) -> Excerpt | None:
    """Its first 64 KB; None when it is not stored, or the storage does not give it out now."""
    if not result.is_stored:
        return None
    try:
        return _read(result_name(result.pk), result.sha256)
    except Exception as error:  # noqa: BLE001  every storage has errors of its own, and a page shows the rest
        logger.warning("The text of result %s cannot be read: %s", result.pk, error)
        return None


@lru_cache(maxsize=KEPT)
def _read(name: str, sha256: str) -> Excerpt:
    """A stored file never changes; another one under its name has another hash."""
    with media_storage().open(name) as file:
        data = file.read(SHOWN_BYTES + 1)
    return Excerpt(_decode(data[:SHOWN_BYTES]), is_cut=len(data) > SHOWN_BYTES)


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="ignore")
    return data.decode("utf-8-sig", errors="replace").replace("\x00", "�")
