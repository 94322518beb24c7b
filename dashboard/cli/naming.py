"""Tasks that exist at a provider, as people and programs name them: what `dailies track` is given."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from urllib.parse import urlsplit

from dashboard.cli.client import Json
from dashboard.cli.failures import Exit, Failure
from dashboard.cli.names import plain
from dashboard.cli.reading import strict_json

NAMES = ("remote_id", "poll_url", "response")
"""A call has exactly one of these."""
WORDS = ("account", "kind", "model", "title", "prompt", "tags")
_COLUMNS = {"id": "remote_id", "url": "poll_url"} | {name: name for name in (*NAMES, *WORDS)}
_SHOWN_MAX = 80


class Unreadable(Exception):
    """This one names no task; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Named:
    """One task to track: where it was given, and the call's body, or why there is none."""

    place: str
    text: str
    body: Json
    problem: str = ""

    @property
    def shown(self) -> str:
        return plain(self.text)[:_SHOWN_MAX]


def named_in_arguments(texts: Iterable[str]) -> Iterator[Named]:
    return (_named(f"argument {number}", text, _read(text)) for number, text in enumerate(texts, start=1))


def named_in_text(text: str) -> Iterator[Named]:
    """Those in a text: one JSON value, JSON lines, CSV with a header, or one id or address a line."""
    text = text.removeprefix("\ufeff")
    whole = _whole_json(text)
    if whole is not None:
        for number, value in enumerate(whole, start=1):
            yield _named(f"item {number}", json.dumps(value, ensure_ascii=False), _body_of(value))
        return
    lines = text.splitlines()
    header = next((line for line in lines if line.strip()), "")
    columns = [column.strip().lower() for column in header.split(",")]
    if set(columns) & {name for name, field in _COLUMNS.items() if field in NAMES}:
        yield from _named_in_csv(text, columns)
        return
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _named(f"line {number}", line.strip(), _read(line.strip()))


def _named(place: str, text: str, found: Json | Unreadable) -> Named:
    if isinstance(found, Unreadable):
        return Named(place, text, {}, str(found))
    return Named(place, text, found)


def _whole_json(text: str) -> list[object] | None:
    """The values of a text that is one list or one object, over however many lines."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found = strict_json(text)
    except ValueError:
        return None
    return found if isinstance(found, list) else [found]


def _read(text: str) -> Json | Unreadable:
    if text.startswith("{"):
        try:
            return _body_of(strict_json(text))
        except ValueError:
            return Unreadable("It is no valid JSON.")
    if urlsplit(text).scheme in {"http", "https"}:
        return {"poll_url": text}
    return {"remote_id": text}


def _body_of(value: object) -> Json | Unreadable:
    """A call of the API as it is; any other object is a create call's answer."""
    if isinstance(value, str):
        return _read(value)
    if not isinstance(value, dict):
        return Unreadable("It is neither a text nor a JSON object.")
    is_call = value.keys() <= {*NAMES, *WORDS} and len(value.keys() & set(NAMES)) == 1
    return value if is_call else {"response": value}


def _named_in_csv(text: str, columns: Sequence[str]) -> Iterator[Named]:
    """A row is a task; empty cells count as absent, tags are separated by semicolons."""
    if unknown := [column for column in columns if column not in _COLUMNS]:
        message = f"There is no column “{plain(unknown[0])}”. Known are {', '.join(_COLUMNS)}."
        raise Failure(message, Exit.USAGE)
    reader = csv.DictReader(StringIO(text.lstrip("\r\n")), fieldnames=columns)
    next(reader)
    for row in reader:
        cells = [cell or "" for name, cell in row.items() if name]
        yield _named(f"line {reader.line_num}", ",".join(cells), _body_of_row(row))


def _body_of_row(row: dict[str, str | None]) -> Json | Unreadable:
    if None in row:
        return Unreadable("It has more cells than the header.")
    body: Json = {_COLUMNS[name]: cell.strip() for name, cell in row.items() if cell and cell.strip()}
    if "tags" in body:
        body["tags"] = [tag.strip() for tag in body["tags"].split(";") if tag.strip()]
    if "response" not in body:
        return body
    try:
        return body | {"response": strict_json(body["response"])}
    except ValueError:
        return Unreadable("Its response is no valid JSON.")
