"""What a pasted text tells of a task: the part that is the same for every provider."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from tasks.providers.addresses import origin_of
from tasks.providers.contract import Adoption, ProviderError
from tasks.providers.fields import MAX_ADDRESS, MAX_ID

MAX_JSON = 1_000_000
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

_ADDRESS = re.compile(r"(?:https?:/)?/\S+", re.IGNORECASE)


def adopt_text(
    text: str,
    *,
    from_object: Callable[[Mapping[str, object]], Adoption | None],
    from_address: Callable[[str], Adoption | None],
    from_id: Callable[[str], Adoption | None],
) -> Adoption | None:
    """Hand the text to the reader that fits its shape: a JSON object, an address, or an id."""
    text = text.strip() if len(text) <= MAX_JSON else ""
    if text.startswith("{"):
        return _adopt_json(text, from_object)
    if len(text) <= MAX_ADDRESS and _ADDRESS.fullmatch(text) and text.isprintable():
        return _adopt_address(text, from_address)
    return from_id(text) if text and len(text) <= MAX_ID and text.isprintable() else None


def _adopt_json(text: str, from_object: Callable[[Mapping[str, object]], Adoption | None]) -> Adoption | None:
    try:
        body = json.loads(text)
        return from_object(body) if isinstance(body, dict) and body else None
    except (ValueError, RecursionError, ProviderError):
        return None


def _adopt_address(text: str, from_address: Callable[[str], Adoption | None]) -> Adoption | None:
    origin = "" if text.startswith("/") else origin_of(text)
    if text.startswith("//") or not (origin or text.startswith("/")):
        return None
    found = from_address(text)
    return replace(found, origin=origin) if found else None
