"""Cuts pasted text into pieces: JSON documents, curl commands, and lines. In one pass, however odd the text."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_STEPS = 5000
MAX_BROKEN = 20
"""Attempts at JSON that may fail before we stop trying: each can cost a walk through the whole text."""
MAX_WORDS = 500

_BLANK = re.compile(r"\s*")
_COMMAND = re.compile(r"[^\S\n]*(?:[$%#>][^\S\n]*)?curl(?:\.exe)?(?=[^\S\n])")
_GAP = re.compile(r"(?:[^\S\n]|[\\^`]\n)++")
_WORD = re.compile(r"""(?:'[^']*+'|"(?:[^"\\]|\\.)*+"|\\[^\n]|[^\s'"\\])++""", re.DOTALL)
_QUOTED = re.compile(r"""'([^']*+)'|"((?:[^"\\]|\\.)*+)"|\\(.)""", re.DOTALL)
_ESCAPED = re.compile(r"""\\(["\\$`\n])""")
_STATUS_LINE = re.compile(r"(?:< ?)?HTTP/[0-9.]+ \d{3}")
_HEADER = re.compile(r"(?:< ?)?[A-Za-z0-9-]+:(?: |$)")
_NOISE = re.compile(r"[*<>] |[{}] \[|\s*% Total|\s*Dload|.*--:--")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object, or a list that holds objects. `text` is how it was written."""

    value: object
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A curl command's words, unquoted, without "curl" itself."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Anything else. `silent`: nobody expects a word about it when it names no task, such as a header."""

    text: str
    silent: bool = False


Piece = Document | Command | Line


@dataclass(slots=True)
class _Scan:
    text: str
    at: int = 0
    line_end: int = -1
    broken: int = 0
    in_headers: bool = False
    found: list[Piece] = field(default_factory=list)


def pieces(text: str) -> Iterator[Piece]:
    """The pieces in their order; the text's end is left out when it is cut into thousands."""
    scan = _Scan(text.replace("\r\n", "\n").replace("\r", "\n"))
    for _ in range(MAX_STEPS):
        _skip_blank(scan)
        if scan.at >= len(scan.text):
            return
        yield from _next(scan)


def _skip_blank(scan: _Scan) -> None:
    end = _BLANK.match(scan.text, scan.at).end()  # type: ignore[union-attr]  # it matches nothing, too
    if scan.text.count("\n", scan.at, end) > 1:
        scan.in_headers = False
    # A line's indent stays with the line: `curl` and `{` are looked for after it anyway.
    scan.at = end
    if scan.line_end < end:
        newline = scan.text.find("\n", end)
        scan.line_end = len(scan.text) if newline < 0 else newline


def _next(scan: _Scan) -> Iterator[Piece]:
    if _COMMAND.match(scan.text, scan.at):
        yield _command(scan)
        return
    start = _document_start(scan)
    document = _document(scan, start) if start >= 0 else None
    if document is None:
        yield _line(scan, is_broken=start == scan.at and scan.text[start] == "{")
        return
    if start > scan.at:
        yield Line(scan.text[scan.at : start], silent=True)
    scan.at = start + len(document.text)
    scan.in_headers = False
    yield document


def _document_start(scan: _Scan) -> int:
    if scan.broken >= MAX_BROKEN:
        return -1
    if scan.text[scan.at] == "[":
        return scan.at
    return scan.text.find("{", scan.at, scan.line_end)


def _document(scan: _Scan, start: int) -> Document | None:
    try:
        value, end = _DECODER.raw_decode(scan.text, start)
    except (ValueError, RecursionError):
        scan.broken += 1
        return None
    holds_objects = isinstance(value, dict) or any(isinstance(member, dict) for member in value)
    return Document(value, scan.text[start:end]) if holds_objects else None


def _line(scan: _Scan, *, is_broken: bool) -> Line:
    """To the line's end; JSON that was cut off goes on to the next document or empty line."""
    end = scan.line_end
    if is_broken:
        ends = (scan.text.find(mark, scan.at + 1) for mark in ("\n\n", "\n{", "\ncurl "))
        end = min((found for found in ends if found >= 0), default=len(scan.text))
    text = scan.text[scan.at : end].strip()
    scan.at = end
    if _STATUS_LINE.match(text):
        scan.in_headers = True
        return Line(text, silent=True)
    scan.in_headers = scan.in_headers and bool(_HEADER.match(text))
    return Line(text, silent=scan.in_headers or bool(_NOISE.match(text)))


def _command(scan: _Scan) -> Command:
    scan.at = _COMMAND.match(scan.text, scan.at).end()  # type: ignore[union-attr]  # it has just matched
    words: list[str] = []
    while len(words) < MAX_WORDS:
        if gap := _GAP.match(scan.text, scan.at):
            scan.at = gap.end()
        word = _WORD.match(scan.text, scan.at)
        if word is None:
            break
        words.append(_QUOTED.sub(_unquote, word[0]).strip("^"))
        scan.at = word.end()
    newline = scan.text.find("\n", scan.at)
    scan.at = len(scan.text) if newline < 0 else newline
    scan.in_headers = False
    return Command(tuple(words))


def _unquote(found: re.Match[str]) -> str:
    single, double, escaped = found.groups()
    if double is not None:
        return _ESCAPED.sub(r"\1", double)
    return str(single if single is not None else escaped)
