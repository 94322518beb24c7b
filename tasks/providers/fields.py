"""Careful readers of JSON values: whatever a provider put there, a value of the asked type comes out, or nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from math import isfinite

MAX_ITEMS = 100
MAX_ID = 512
MAX_ADDRESS = 8192
EARLIEST_S = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
LATEST_S = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


def mapping(value: object) -> Mapping[str, object]:
    """The object itself; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """The first members of a list; a value that is none is its own only member; nothing for null."""
    if isinstance(value, list):
        return list(islice(value, MAX_ITEMS))
    return [] if value is None else [value]


def text(value: object, limit: int = 200) -> str:
    """A string or a number as text, trimmed and cut, without what no database takes; "" for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if number(value) is not None else ""
    if not isinstance(value, str):
        return ""
    head = value[: 2 * limit].strip()
    return head.encode("utf-8", "replace").decode().replace("\0", "")[:limit].strip()


def identifier(*values: object) -> str:
    """The first value that can be a task id, whole: an id is never cut."""
    for value in values:
        found = value.strip() if isinstance(value, str) else text(value)
        if found and len(found) <= MAX_ID and found.isprintable():
            return found
    return ""


def address(value: object) -> str:
    """A URL or path as it was given, whole; "" when it cannot be one."""
    if not isinstance(value, str) or len(value) > MAX_ADDRESS:
        return ""
    found = value.strip()
    return found if found.isprintable() else ""


def number(value: object) -> float | None:
    """A finite number, also out of a numeric string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > 32:
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def whole(value: object) -> int | None:
    """A positive whole number that fits a database column, such as a width."""
    found = number(value)
    return int(found) if found is not None and 1 <= found < 2**31 else None


def seconds(value: object) -> float | None:
    """A duration that is none below zero."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def progress(value: object) -> int | None:
    """0 to 100 out of 45, 45.0, "45" or "45%"; None for anything else."""
    if isinstance(value, str):
        value = value[:32].strip().removesuffix("%")
    found = number(value)
    return None if found is None else int(min(max(found, 0.0), 100.0))


def moment(value: object) -> datetime | None:
    """Unix seconds as a UTC time; None when it lies outside this century."""
    found = number(value)
    if found is None or not EARLIEST_S <= found < LATEST_S:
        return None
    return datetime.fromtimestamp(found, UTC)
