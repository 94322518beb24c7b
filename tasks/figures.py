"""Amounts as people write and read them."""

import re

_UNITS = ("B", "KB", "MB", "GB", "TB")
_AMOUNT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?)\s*([KMGT]?B)", re.IGNORECASE)


def size(count: int) -> str:
    """Bytes in decimal units: `812 B`, `1.8 MB`, `58 MB`."""
    amount, unit = float(count), "B"
    for larger in _UNITS[1:]:
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}" if unit != "B" and amount < 9.95 else f"{amount:.0f} {unit}"


def bytes_of(text: str) -> int:
    """What `size` writes, read again: `500 MB`. ValueError, with a sentence, for anything else and for nothing."""
    found = _AMOUNT.fullmatch(text.strip())
    count = round(float(found[1]) * 1000 ** _UNITS.index(found[2].upper())) if found else 0
    if not count:
        raise ValueError("it must be a size such as 500 MB or 2 GB")
    return count


def counted(number: int, noun: str) -> str:
    """`1 file`, `3 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
