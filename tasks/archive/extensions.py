"""How the name of a file of a type ends."""

from tasks.archive import sniffing
from tasks.archive.sniffing import UNKNOWN, Sniffed

_BY_TYPE = {
    one.content_type: one.extension for one in reversed(vars(sniffing).values()) if isinstance(one, Sniffed)
}
"""Where two kinds of file share a type, the one named first."""


def extension_of(content_type: str) -> str:
    """Without dot; `bin` for an unknown type."""
    return _BY_TYPE.get(content_type, UNKNOWN.extension)
