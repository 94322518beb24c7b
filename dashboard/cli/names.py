"""Text and file names from a server, made safe to show and to save."""

import re
from urllib.parse import unquote

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""What moves a terminal's cursor or turns the direction of its text."""
_UNSAFE = re.compile(r'["\\/:*?<>|]')
_EXTENDED = re.compile(r"(?i)filename\*\s*=\s*utf-8'[^']*'([^;\s]*)")
_USUAL = re.compile(r'(?i)filename\s*=\s*(?:"([^"]*)"|([^";\s]+))')
_LONGEST_BYTES = 200


def plain(text: object) -> str:
    """A text in one line that a terminal only shows."""
    return _CONTROL.sub(" ", str(text)).strip()


def file_name(disposition: str, fallback: str) -> str:
    """The name an answer gives its file by `Content-Disposition`, without folders, hidden names and control signs."""
    extended, usual = _EXTENDED.search(disposition), _USUAL.search(disposition)
    name = unquote(extended[1]) if extended else next(filter(None, usual.groups()), "") if usual else ""
    safe = _UNSAFE.sub("_", plain(name)).strip(". ")
    stem, dot, ending = safe.rpartition(".")
    stem = stem or safe
    cut = stem.encode()[:_LONGEST_BYTES].decode(errors="ignore")
    return (f"{cut}{dot}{ending[:16]}" if dot else cut) or fallback
