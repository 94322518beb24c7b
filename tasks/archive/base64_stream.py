"""Files that come inside JSON, in base64 or as `data:` URIs: decoded while the answer arrives, never held whole."""

import binascii
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tasks.archive.json_stream import BadJson, JsonStream, Piece, Place, plain

NAMES = frozenset(
    {
        "base64",
        "data_url",
        "url",
        "video_url",
        "audio_url",
        "result_url",
        "fail_reason",
        "b64_json",
        "bytesBase64Encoded",
    }
)
"""The keys under which providers send files. Under any but three of them only a `data:` URI counts."""
BARE_NAMES = frozenset({"base64", "b64_json", "bytesBase64Encoded"})
ECHOES = frozenset({"input", "inputs", "request", "parameters", "image_url"})
"""Objects in which a provider repeats what it was sent."""

FIELD_MAX_BYTES = 2_000
FIELDS_MAX = 64
GROUPS_MAX = 1_000
HEADER_MAX_BYTES = 1_000
MESSAGE_MAX = 300

Scalar = str | int | float | bool | None

_SPACE = b" \t\r\n"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_ESCAPE = re.compile(rb"\\(u00[0-9a-fA-F]{2}|.)", re.DOTALL)
_PLAIN = {b"/": b"/", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class BadPayload(Exception):
    """The answer holds no whole file. Its text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What was decoded. `fields` are the answer's other short values, nested ones as `error.message`.

    `content_type` is what the provider called it, in lower case, or empty: the bytes may tell otherwise.
    """

    size_bytes: int
    content_type: str
    fields: Mapping[str, Scalar]


class Base64Stream:
    """Decodes one file of a JSON answer fed in chunks that end anywhere.

    `index` counts the files of one list, from 0; copies of the same file elsewhere in the answer do not count.
    `names` are the keys that may hold a file. `size_name` is the key beside the file that tells its length in
    bytes, empty where the provider means something else by it; a different length is an error.
    """

    def __init__(self, *, index: int = 0, names: frozenset[str] = NAMES, size_name: str = "size") -> None:
        self._index = index
        self._names = names
        self._size_name = size_name
        self._json = JsonStream()
        self._seen: Counter[Place] = Counter()
        self._held: bytes | None = b""
        self._decoder: Decoder | None = None
        self._place: Place = ()
        self._fields: dict[Place, Scalar] = {}

    def feed(self, chunk: bytes) -> bytes:
        """The bytes of the file that this chunk brought; BadPayload as soon as something is wrong."""
        try:
            return b"".join([self._take(piece) for piece in self._json.feed(chunk)])
        except BadJson as error:
            raise BadPayload(f"The provider's answer is not proper JSON: {error}.") from error

    def finish(self) -> Payload:
        """Once the whole body was fed; BadPayload when the file is not there, or not whole."""
        if not self._json.complete:
            raise BadPayload("The provider's answer broke off before its end.")
        if self._decoder is None or self._fields.get(("success",)) is False:
            raise BadPayload(self._complaint())
        size_bytes = self._decoder.size_bytes
        self._check_size(size_bytes)
        if not size_bytes:
            raise BadPayload("The provider's file is empty.")
        fields = {".".join(map(str, place)): value for place, value in self._fields.items()}
        return Payload(size_bytes, self._decoder.content_type, fields)

    def _take(self, piece: Piece) -> bytes:
        if self._decoder is not None and not self._decoder.finished:
            return self._decoder.feed(piece.raw, last=piece.last)
        self._held = b"" if piece.first else self._held
        if self._held is None:
            return b""
        self._held += piece.raw
        if self._decoder is None and self._may_hold_file(piece):
            return self._look(piece, self._held)
        self._keep_or_drop(piece, self._held)
        return b""

    def _may_hold_file(self, piece: Piece) -> bool:
        return (
            piece.quoted and _key_of(piece.place) in self._names and ECHOES.isdisjoint(map(str, piece.place))
        )

    def _look(self, piece: Piece, held: bytes) -> bytes:
        """Decide by the first characters of a string whether it is a file, and whether it is the one."""
        start = _unescaped(held).lstrip(_SPACE)
        has_header = start[:5].lower() == b"data:"
        if len(start) < 5 and not piece.last and len(held) <= FIELD_MAX_BYTES:
            return b""
        if not (has_header or (start and _key_of(piece.place) in BARE_NAMES)):
            self._keep_or_drop(piece, held)
            return b""
        self._held = None
        if len(self._seen) > GROUPS_MAX:
            raise BadPayload("The provider's answer holds too many files.")
        group = tuple("*" if isinstance(step, int) else step for step in piece.place)
        self._seen[group] += 1
        if self._seen[group] <= self._index:
            return b""
        self._decoder, self._place = Decoder(has_header=has_header), piece.place
        return self._decoder.feed(held, last=piece.last)

    def _keep_or_drop(self, piece: Piece, held: bytes) -> None:
        if len(held) > FIELD_MAX_BYTES:
            self._held = None
        elif piece.last and len(self._fields) < FIELDS_MAX:
            self._fields[piece.place] = plain(held) if piece.quoted else _scalar(held)

    def _check_size(self, size_bytes: int) -> None:
        told = self._fields.get((*_object_of(self._place), self._size_name))
        if isinstance(told, int) and not isinstance(told, bool) and told != size_bytes:
            raise BadPayload(f"The provider announced {told:,} bytes and sent {size_bytes:,}.")

    def _complaint(self) -> str:
        """The provider's own words for why there is no file, if it gave any."""
        for place in (("error", "message"), ("error",), ("message",), ("msg",), ("detail",)):
            said = self._fields.get(place)
            if isinstance(said, str) and said.strip():
                return f"The provider did not give the file: {said.strip()[:MESSAGE_MAX]}"
        return "The provider's answer holds no file."


class Decoder:
    """Base64 in pieces of JSON text: either alphabet, with or without padding, spaces and lines anywhere.

    BadPayload when it is anything else. `has_header`: the text begins as a `data:` URI does.
    """

    def __init__(self, *, has_header: bool) -> None:
        self.size_bytes = 0
        self.content_type = ""
        self.finished = False
        self._header: bytes | None = b"" if has_header else None
        self._rest = b""
        self._padding = 0

    def feed(self, raw: bytes, *, last: bool) -> bytes:
        text = _unescaped(raw)
        if self._header is not None:
            text = self._without_header(text)
        digits = self._without_padding(text.translate(_URL_SAFE, _SPACE))
        digits = self._rest + digits
        whole = len(digits) // 4 * 4
        digits, self._rest = digits[:whole], digits[whole:]
        decoded = _decoded(digits) + (self._end() if last else b"")
        self.size_bytes += len(decoded)
        return decoded

    def _without_header(self, text: bytes) -> bytes:
        """Read `data:video/mp4;base64,` until its comma."""
        header, comma, text = ((self._header or b"") + text).partition(b",")
        if len(header) > HEADER_MAX_BYTES:
            raise BadPayload("The provider's data address has no proper beginning.")
        self._header = None if comma else header
        if comma:
            content_type, *options = header.strip(_SPACE)[5:].decode("ascii", "replace").lower().split(";")
            if "base64" not in [option.strip() for option in options]:
                raise BadPayload("The provider's data address is not in base64.")
            self.content_type = content_type.strip()
        return text

    def _without_padding(self, digits: bytes) -> bytes:
        """Nothing but padding may follow padding."""
        kept = digits.rstrip(b"=")
        if (kept and self._padding) or b"=" in kept:
            raise BadPayload("The provider's base64 goes on after its end.")
        self._padding += len(digits) - len(kept)
        return kept

    def _end(self) -> bytes:
        self.finished = True
        if self._header is not None or len(self._rest) == 1 or self._padding > 2:
            raise BadPayload("The provider's base64 breaks off.")
        return _decoded(self._rest + b"=" * (-len(self._rest) % 4))


def _decoded(digits: bytes) -> bytes:
    try:
        return binascii.a2b_base64(digits, strict_mode=True) if digits else b""
    except binascii.Error as error:
        raise BadPayload("The provider's base64 holds characters that are none.") from error


def _unescaped(raw: bytes) -> bytes:
    """For text of plain characters: other escapes stay as they are, and are no base64."""
    return _ESCAPE.sub(_meaning, raw) if b"\\" in raw else raw


def _meaning(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    return bytes.fromhex(escape[3:].decode()) if len(escape) == 5 else _PLAIN.get(escape, match[0])


def _key_of(place: Place) -> str:
    """The nearest key: a list's items stand under the list's own."""
    return next((step for step in reversed(place) if isinstance(step, str)), "")


def _object_of(place: Place) -> Place:
    """The object that holds the key, or the list, that `place` leads to."""
    while place and isinstance(place[-1], int):
        place = place[:-1]
    return place[:-1]


def _scalar(word: bytes) -> Scalar:
    words: dict[bytes, Scalar] = {b"true": True, b"false": False, b"null": None}
    if word in words:
        return words[word]
    try:
        return int(word) if word.lstrip(b"-").isdigit() else float(word)
    except ValueError as error:
        raise BadJson("a word stands where none can") from error
