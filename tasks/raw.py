"""A provider's answer as it is kept for people to read: whole as far as it fits, payloads and secrets cut."""

import json

from tasks.lifecycle import RAW_MAX_BYTES, Raw
from tasks.providers.contract import Answer

STRING_MAX = 2_000
STRING_SHOWN = 120
PARSED_MAX_BYTES = 8 * 1024 * 1024


def raw_of(answer: Answer) -> Raw:
    """At most 64 KiB of text; long strings (a video in base64) are cut to their beginning."""
    text, whole = _text(answer.body)
    kept = _cut(text)
    return Raw(answer.status_code, kept, whole and kept == text)


def _text(body: bytes) -> tuple[str, bool]:
    """The text, and whether it still says all that the body says."""
    if STRING_MAX < len(body) <= PARSED_MAX_BYTES:  # a smaller one holds nothing to shorten
        try:
            told = json.loads(body)
            short = _shorten(told)
            return json.dumps(short, ensure_ascii=False, indent=2), short == told
        except (ValueError, RecursionError):
            pass
    start = body[: RAW_MAX_BYTES * 2]
    text = start.decode("utf-8", "replace")
    return text, len(body) <= STRING_MAX and text.encode() == body


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
