"""File names that people find again, and the header that carries them."""

import re
import unicodedata
from datetime import date
from urllib.parse import quote

from django.utils.text import slugify

TITLE_MAX_CHARACTERS = 48
EXTENSION = re.compile(r"[a-z0-9]{1,8}")
UNKNOWN_EXTENSION = "bin"
UNTITLED = "result"
PLAIN = re.compile(r"[\w .()+=@~!#$&,;\[\]{}^-]*", re.ASCII)
"""Names that every browser reads alike between quotes; a percent sign some of them decode."""
UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|%]')
"""Nothing that ends a header, or that some system does not take in a file name."""
KEPT_BY_RFC_5987 = "!#$&+.^_`|~-"


def good_name(created_at: date, provider: str, title: str, position: int, extension: str) -> str:
    """`2026-10-19_nebula_red-fox-2.mp4`; `position` counts from 0, and the first carries no number.

    The date is the one `created_at` shows: pass a time in the reader's zone.
    """
    stem = slugify(title, allow_unicode=True)[:TITLE_MAX_CHARACTERS].strip("-_") or UNTITLED
    number = f"-{position + 1}" if position else ""
    ending = extension.lower().lstrip(".")
    ending = ending if EXTENSION.fullmatch(ending) else UNKNOWN_EXTENSION
    return f"{created_at:%Y-%m-%d}_{slugify(provider)}_{stem}{number}.{ending}"


def content_disposition(kind: str, name: str) -> str:
    """`Content-Disposition` after RFC 6266: a plain name for everybody, and the real one where they differ."""
    whole = UNSAFE.sub("_", name).strip(". ") or UNTITLED
    plain = _plain(whole)
    header = f'{kind}; filename="{plain}"'
    if plain == whole:
        return header
    encoded = quote(whole, safe=KEPT_BY_RFC_5987, encoding="utf-8", errors="replace")
    return f"{header}; filename*=UTF-8''{encoded}"


def _plain(name: str) -> str:
    """Accents dropped, everything else outside ASCII an underscore."""
    apart = unicodedata.normalize("NFKD", name)
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return "".join(sign if PLAIN.fullmatch(sign) else "_" for sign in bare)
