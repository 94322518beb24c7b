"""A provider's answer as it is kept for people to read: whole as far as it fits, payloads and secrets cut."""

import json

from tasks.lifecycle import RAW_MAX_BYTES, Raw
from tasks.providers.contract import Answer

STRING_MAX = 2_000
STRING_SHOWN = 120
PARSED_MAX_BYTES = 8 * 1024 * 1024


def raw_of(answer: Answer) -> Raw:
    """At most 64 KiB of text; long strings (a video in base64) are cut to their beginning."""
    return Raw(answer.status_code, _cut(_text(answer.body)))


def _text(body: bytes) -> str:
    if STRING_MAX < len(body) <= PARSED_MAX_BYTES:  # a smaller one holds nothing to shorten
        try:
            return json.dumps(_shorten(json.loads(body)), ensure_ascii=False, indent=2)
        except (ValueError, RecursionError):
            pass
    return body[: RAW_MAX_BYTES * 2].decode("utf-8", "replace")


def _shorten(value: object) -> object:
    match value:
        case str() if len(value) > STRING_MAX:
            return f"{value[:STRING_SHOWN]}… ({len(value):,} characters)"
        case list():
            return [_shorten(one) for one in value]
        case dict():
            return {key: _shorten(one) for key, one in value.items()}
        case _:
            return value


def _cut(text: str) -> str:
    text = text.replace("\x00", "")
    data = text.encode("utf-8", "replace")
    if len(data) <= RAW_MAX_BYTES:
        return data.decode()
    return data[: RAW_MAX_BYTES - 8].decode("utf-8", "ignore") + "…"
