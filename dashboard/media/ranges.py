"""Byte ranges as RFC 9110 has them: what a request asks for, and what an answer says it holds."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.http import parse_http_date_safe

UNIT = "bytes"
RANGE = re.compile(r"([0-9]{0,1000})-([0-9]{0,1000})")
LENGTH = re.compile(r"[0-9]{1,19}")
CONTENT_RANGE = re.compile(r"bytes +(?:([0-9]{1,19})-([0-9]{1,19})|\*)/([0-9]{1,19})", re.IGNORECASE)


class Unsatisfiable(ValueError):
    """The range lies outside the file: 416."""


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to, but without, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, size_bytes: int) -> str:
        """The `Content-Range` of a 206 that holds these bytes of a file of that size."""
        return f"{UNIT} {self.start}-{self.stop - 1}/{size_bytes}"

    def covers(self, other: "Span") -> bool:
        return self.start <= other.start and other.stop <= self.stop


@dataclass(frozen=True, slots=True)
class Asked:
    """The one range of a request. `first` is None when the last `last` bytes are asked for; `last` None: to the end."""

    first: int | None
    last: int | None

    def __str__(self) -> str:
        """The `Range` header that asks for it."""
        first, last = ("" if end is None else end for end in (self.first, self.last))
        return f"{UNIT}={first}-{last}"

    def span(self, size_bytes: int) -> Span | None:
        """The bytes meant in a file of that size; None: all of an empty file. Unsatisfiable when there are none."""
        if self.first is None:
            return self._suffix(size_bytes)
        if self.first >= size_bytes:
            raise Unsatisfiable
        stop = size_bytes if self.last is None else min(self.last + 1, size_bytes)
        return Span(self.first, stop)

    def _suffix(self, size_bytes: int) -> Span | None:
        if not self.last:
            raise Unsatisfiable
        return Span(max(size_bytes - self.last, 0), size_bytes) if size_bytes else None


def unsatisfied(size_bytes: int) -> str:
    """The `Content-Range` of a 416."""
    return f"{UNIT} */{size_bytes}"


def parse_range(text: str) -> Asked | None:
    """A `Range` header. None for several ranges, another unit or no sense: such a header is to be ignored."""
    unit, _, listed = text.partition("=")
    entries = [entry for part in listed.split(",") if (entry := part.strip(" \t"))]
    if unit.strip().lower() != UNIT or len(entries) != 1 or not (match := RANGE.fullmatch(entries[0])):
        return None
    first, last = (int(digits) if digits else None for digits in match.groups())
    if first is None and last is None:
        return None
    reversed_ = first is not None and last is not None and last < first
    return None if reversed_ else Asked(first, last)


def parse_content_range(text: str) -> tuple[Span | None, int] | None:
    """What an answer says it holds, and the whole file's size; `bytes */10` holds nothing.

    None when it says no size, or no sense. The span is as told: it may end before it starts or beyond the file.
    """
    match = CONTENT_RANGE.fullmatch(text.strip())
    if not match:
        return None
    first, last, size = match.groups()
    return (Span(int(first), int(last) + 1) if first else None), int(size)


def parse_length(text: str) -> int | None:
    """A `Content-Length` header; None when there is none, or no sense in it."""
    return int(text) if LENGTH.fullmatch(text.strip()) else None


def if_range_holds(text: str, *, etag: str, modified_at: datetime) -> bool:
    """Whether an `If-Range` header names exactly this file: by its strong ETag, or by its date to the second."""
    text = text.strip()
    if not text:
        return True
    if text.endswith('"'):
        return text == etag and not text.startswith("W/")
    return parse_http_date_safe(text) == int(modified_at.timestamp())
