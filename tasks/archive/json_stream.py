"""JSON that is read while it arrives: every value with its place, long strings in pieces. Nothing is kept."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

PIECE_BYTES = 64 * 1024
DEPTH_MAX = 64
WORD_MAX_BYTES = 64
"""Of a number, or of true, false and null."""
KEY_MAX_BYTES = 1_000

Step = str | int
Place = tuple[Step, ...]
"""Keys and positions from the outside in: `("data", "videos", 0, "url")`."""

_VALUE = '{["w'
_TOKEN = re.compile(rb'[ \t\r\n]*+(?:([{}\[\],:"])|([-+.0-9A-Za-z]++))?')
_BACKSLASH, _U = ord("\\"), ord("u")


class BadJson(Exception):
    """The text is not JSON, or is nested deeper than any answer."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of one string, or a whole number or word. `raw` is as it was sent; no escape is cut in two."""

    place: Place
    raw: bytes
    quoted: bool
    first: bool
    last: bool


class JsonStream:
    """Walks one JSON text, fed in chunks that end anywhere. Its memory does not grow with the text.

    BadJson when the text is not JSON, as soon as that shows.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._places: list[Step] = []
        self._allowed = _VALUE
        self._wants_key = False
        self._in_text = False
        self._first = True
        self._key = b""

    @property
    def complete(self) -> bool:
        """Whether the outermost value has ended."""
        return not (self._allowed or self._in_text)

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        for start in range(0, len(chunk), PIECE_BYTES):
            data = self._rest + chunk[start : start + PIECE_BYTES]
            self._rest = b""
            yield from self._walk(data)

    def _walk(self, data: bytes) -> Iterator[Piece]:
        at = 0
        while at < len(data):
            at, piece = self._text(data, at) if self._in_text else self._token(data, at)
            if piece is not None:
                yield piece

    def _token(self, data: bytes, at: int) -> tuple[int, Piece | None]:
        """One mark or word; a word that touches the end may go on in the next chunk."""
        match = _TOKEN.match(data, at)
        mark, word = match.groups() if match else (None, None)
        end = match.end() if match else at
        if mark:
            self._mark(mark.decode())
        elif word and len(word) > WORD_MAX_BYTES:
            raise BadJson("a number or word is too long")
        elif word and end == len(data):
            self._rest = word
        elif word:
            return end, self._word(word)
        elif end < len(data):
            raise BadJson("a character stands where none can")
        return end, None

    def _word(self, word: bytes) -> Piece:
        self._expect("w")
        self._allowed = self._after()
        return Piece(tuple(self._places), word, quoted=False, first=True, last=True)

    def _mark(self, mark: str) -> None:
        self._expect(mark)
        match mark:
            case '"':
                self._in_text, self._first, self._key = True, True, b""
            case "{" | "[":
                self._open(mark)
            case "}" | "]":
                self._places.pop()
                self._allowed = self._after()
            case ":":
                self._allowed = _VALUE
            case _:
                self._next()

    def _expect(self, mark: str) -> None:
        if mark not in self._allowed:
            raise BadJson("a character stands where none can")

    def _open(self, mark: str) -> None:
        if len(self._places) >= DEPTH_MAX:
            raise BadJson("it is nested too deeply")
        self._wants_key = mark == "{"
        self._places.append("" if self._wants_key else 0)
        self._allowed = '"}' if self._wants_key else _VALUE + "]"

    def _next(self) -> None:
        place = self._places[-1]
        self._wants_key = isinstance(place, str)
        if isinstance(place, int):
            self._places[-1] = place + 1
        self._allowed = '"' if self._wants_key else _VALUE

    def _after(self) -> str:
        if not self._places:
            return ""
        return ",}" if isinstance(self._places[-1], str) else ",]"

    def _text(self, data: bytes, at: int) -> tuple[int, Piece | None]:
        end = _closing_quote(data, at)
        closed = end >= 0
        end = end if closed else _end_without_cut_escape(data, at)
        raw = data[at:end]
        if not closed:
            self._rest = data[end:]
        after = end + 1 if closed else len(data)
        if not self._wants_key:
            return after, self._value_part(raw, closed)
        self._key_part(raw, closed)
        return after, None

    def _key_part(self, raw: bytes, closed: bool) -> None:
        self._key += raw
        if len(self._key) > KEY_MAX_BYTES:
            raise BadJson("a name is too long")
        if closed:
            self._places[-1] = plain(self._key)
            self._in_text, self._wants_key, self._allowed = False, False, ":"

    def _value_part(self, raw: bytes, closed: bool) -> Piece:
        piece = Piece(tuple(self._places), raw, quoted=True, first=self._first, last=closed)
        self._first = False
        if closed:
            self._in_text, self._allowed = False, self._after()
        return piece


def plain(raw: bytes) -> str:
    """What a string's raw bytes, all of them, mean; BadJson when an escape is wrong."""
    try:
        return str(json.loads(f'"{raw.decode("utf-8", "replace")}"', strict=False))
    except ValueError as error:
        raise BadJson("a string is malformed") from error


def _closing_quote(data: bytes, at: int) -> int:
    """Where the string that goes on at `at` ends; -1 when that is not in `data`."""
    end = data.find(b'"', at)
    while end >= 0 and _backslashes_before(data, at, end) % 2:
        end = data.find(b'"', end + 1)
    return end


def _backslashes_before(data: bytes, start: int, end: int) -> int:
    at = end
    while at > start and data[at - 1] == _BACKSLASH:
        at -= 1
    return end - at


def _end_without_cut_escape(data: bytes, at: int) -> int:
    last = data.rfind(b"\\", max(at, len(data) - 5))
    if last < 0 or _backslashes_before(data, at, last + 1) % 2 == 0:
        return len(data)
    known = len(data) - last
    whole = 6 if known > 1 and data[last + 1] == _U else 2
    return last if known < whole else len(data)
