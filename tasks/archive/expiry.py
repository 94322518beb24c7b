"""When a result's link dies: signed links tell it themselves, for others the provider's rule counts."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from tasks.providers import nebula

LONGEST = timedelta(days=3650)
"""Nobody signs a link for longer: what says so means something else."""
MAX_FIELDS = 200

_STORES = ("amz", "goog", "oss", "tos", "obs")
"""`X-Amz-Date` and `X-Amz-Expires`, and the same of the other stores."""
_NUMBER = re.compile(r"[0-9]{1,12}")
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")


def expires_at(url: str, provider: str, made_at: datetime) -> datetime | None:
    """When `url` stops working; None when nobody tells. "" is a file that came inside the answer.

    `made_at` is when the task ended and `provider` its key in `PROVIDERS`. A link that names several ends
    dies at the first. An end more than ten years from `made_at` is no end. Never raises.
    """
    signed = [end for end in _signed_ends(_query(url)) if abs(end - made_at) <= LONGEST]
    if signed:
        return min(signed)
    kept = _RETENTION.get(provider, _unknown)(url)
    try:
        return made_at + kept if kept else None
    except OverflowError:
        return None


def _query(url: str) -> Mapping[str, str]:
    """The first value of each name, names in lower case."""
    try:
        pairs = parse_qsl(urlsplit(url).query, max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return {name.lower(): value.strip() for name, value in reversed(pairs)}


def _signed_ends(query: Mapping[str, str]) -> Iterator[datetime]:
    found = [
        _epoch(query.get("expires", "")),
        _epoch(query.get("q-sign-time", "").partition(";")[2]),
        _iso(query.get("se", "")) if "sig" in query else None,
        *(_lifetime(query.get(f"x-{at}-date", ""), query.get(f"x-{at}-expires", "")) for at in _STORES),
    ]
    return filter(None, found)


def _epoch(text: str) -> datetime | None:
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _iso(text: str) -> datetime | None:
    """Azure's: with or without a time, always in UTC."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _lifetime(begun: str, lifetime: str) -> datetime | None:
    if not (_STAMP.fullmatch(begun) and _NUMBER.fullmatch(lifetime) and int(lifetime)):
        return None
    try:
        begun_at = datetime.strptime(begun, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return begun_at + timedelta(seconds=int(lifetime))
    except (ValueError, OverflowError):
        return None


def _nebula(url: str) -> timedelta | None:
    """Sora's download call works for a day; Veo's video is cut out of the answer after twelve hours."""
    if nebula.answers_with_base64(url):
        return timedelta(hours=24)
    return None if url else timedelta(hours=12)


def _unknown(_: str) -> timedelta | None:
    return None


_RETENTION: Mapping[str, Callable[[str], timedelta | None]] = {"nebula": _nebula}
"""The others name no time. MoneyPrinterTurbo keeps its files until somebody deletes them."""
