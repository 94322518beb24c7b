"""Which bytes of a file an answer holds, and whether they continue what we have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{0,250}"')
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Part:
    """The first bytes of a file. `validator` names its version: a strong ETag, a date, or "" when none is known."""

    size_bytes: int = 0
    validator: str = ""

    @property
    def can_continue(self) -> bool:
        """Without a validator the rest could belong to another version."""
        return self.size_bytes > 0 and bool(self.validator)

    def headers(self) -> dict[str, str]:
        """What asks for the rest of this very version, or for the whole of another; nothing for an empty part."""
        if not self.can_continue:
            return {}
        return {"range": f"bytes={self.size_bytes}-", "if-range": self.validator}


NOTHING = Part()


@dataclass(frozen=True, slots=True)
class Extent:
    """`length_bytes` bytes from `start_bytes` of a file of `whole_bytes`, as far as the answer tells."""

    start_bytes: int = 0
    length_bytes: int | None = None
    whole_bytes: int | None = None

    @property
    def end_bytes(self) -> int | None:
        return None if self.length_bytes is None else self.start_bytes + self.length_bytes


def extent_of(status: int, headers: Mapping[str, str]) -> Extent | None:
    """Of an answer with 200 or 206; None when it contradicts itself. An encoded one does not tell its length."""
    length = _number(headers.get("content-length", ""))
    encoded = is_encoded(headers)
    if status != 206:
        return Extent() if encoded else Extent(0, length, length)
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if found is None:
        return None
    first, last, whole = int(found[1]), int(found[2]), _number(found[3])
    if last < first or (whole is not None and last >= whole):
        return None
    if encoded:
        return Extent() if first == 0 and whole == last + 1 else None
    if length not in (None, last - first + 1):
        return None
    return Extent(first, last - first + 1, whole)


def continues(part: Part, status: int, headers: Mapping[str, str]) -> bool:
    """Whether a partial answer holds the bytes after `part`, of the same version."""
    extent = extent_of(status, headers) if status == 206 and not is_encoded(headers) else None
    if extent is None or extent.start_bytes != part.size_bytes:
        return False
    if part.validator.startswith('"'):
        return headers.get("etag", "").strip() == part.validator
    return headers.get("last-modified", "").strip() in ("", part.validator)


def validator_of(headers: Mapping[str, str]) -> str:
    """A strong ETag, else a Last-Modified that was a second or more ago, when two versions cannot share it; else ""."""
    if is_encoded(headers):
        return ""
    etag = headers.get("etag", "").strip()
    if _STRONG_ETAG.fullmatch(etag):
        return etag
    written = headers.get("last-modified", "").strip()[:64]
    modified_at, sent_at = _date(written), _date(headers.get("date", "")[:64])
    settled = modified_at and sent_at and sent_at - modified_at >= timedelta(seconds=1)
    return written if settled else ""


def is_encoded(headers: Mapping[str, str]) -> bool:
    return headers.get("content-encoding", "").strip().lower() not in ("", "identity")


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text.strip()) else None


def _date(text: str) -> datetime | None:
    """HTTP's dates are in GMT; one without a zone is none of them."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if found.tzinfo else None
