"""Lists of tasks in a fixed form: CSV with a header, JSON lines, a JSON list, or one id or address a line.

What each row says is a body of `POST /api/v1/tasks`. No Django here: the command line reads the same.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

NAMES = ("remote_id", "poll_url", "response")
"""A row has exactly one of these."""
WORDS = ("account", "kind", "model", "title", "prompt", "tags")
COLUMNS = {"id": "remote_id", "url": "poll_url"} | {name: name for name in (*NAMES, *WORDS)}
"""What a header may say, and the field that is meant."""
DELIMITERS = (",", ";", "\t")


class Unreadable(Exception):
    """This one names no task; the sentence says why."""


class UnknownColumn(ValueError):
    """The header has a column that is none; `name` is it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no column “{name}”. Known are {', '.join(COLUMNS)}.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Row:
    """One task to track: where it was given, and the call's body, or why there is none."""

    place: str
    text: str
    body: Json
    problem: str = ""


def rows_of(text: str) -> Iterator[Row]:
    """Those of a text that is such a list. UnknownColumn before the first one."""
    text = text.removeprefix("\ufeff")
    whole = _whole_json(text)
    if whole is not None:
        for number, value in enumerate(whole, start=1):
            yield row(f"item {number}", json.dumps(value, ensure_ascii=False), body_of(value))
        return
    if header := _header(text):
        yield from _rows_of_csv(text, *header)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield row(f"line {number}", line.strip(), read(line.strip()))


def is_sheet(text: str, more_than: int) -> bool:
    """Whether a text that may hold anything is such a list, and not what somebody copied from a terminal.

    CSV tells it by its header; JSON by objects in the form of our own call. Bare answers, ids and addresses do when
    there are more than `more_than`, each alone on its line.
    """
    text = text.removeprefix("\ufeff")
    if _header(text):
        return True
    values = _whole_json(text)
    if values is None:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.startswith("{") or " " not in line for line in lines):
            return False
        values = [_parsed(line) for line in lines]
    return len(values) > more_than or any(is_call(value) for value in values)


def row(place: str, text: str, found: Json | Unreadable) -> Row:
    """What was read as a row; with its problem, when it names no task."""
    if isinstance(found, Unreadable):
        return Row(place, text, {}, str(found))
    return Row(place, text, found)


def read(text: str) -> Json | Unreadable:
    """One line or argument: JSON, an address, or else an id."""
    if text.startswith("{"):
        try:
            return body_of(strict_json(text))
        except (ValueError, RecursionError):
            return Unreadable("It is no valid JSON.")
    if _scheme(text) in {"http", "https"}:
        return {"poll_url": text}
    return {"remote_id": text}


def _scheme(text: str) -> str:
    try:
        return urlsplit(text).scheme
    except ValueError:  # such as a bracket that is not closed
        return ""


def body_of(value: object) -> Json | Unreadable:
    """A call of the API as it is; any other object is a create call's answer."""
    if isinstance(value, str):
        return read(value)
    if not isinstance(value, dict):
        return Unreadable("It is neither a text nor a JSON object.")
    return value if is_call(value) else {"response": value}


def is_call(value: object) -> bool:
    """Whether it is in the form of our own call: only its fields, and one that names the task."""
    return (
        isinstance(value, dict) and value.keys() <= {*NAMES, *WORDS} and len(value.keys() & set(NAMES)) == 1
    )


def strict_json(text: str) -> Any:
    """JSON; ValueError for anything else, NaN and infinities included."""
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _parsed(line: str) -> object:
    if not line.startswith("{"):
        return line
    try:
        return strict_json(line)
    except (ValueError, RecursionError):
        return None


def _whole_json(text: str) -> list[object] | None:
    """The values of a text that is one list or one object, over however many lines."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found = strict_json(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else [found]


def _header(text: str) -> tuple[list[str], str] | None:
    """The columns of a table and what stands between them; None when the first line is no header."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    for delimiter in DELIMITERS:
        columns = [column.strip().strip('"').strip().lower() for column in first.split(delimiter)]
        if any(COLUMNS.get(column) in NAMES for column in columns):
            return columns, delimiter
    return None


def _rows_of_csv(text: str, columns: Sequence[str], delimiter: str) -> Iterator[Row]:
    """A row is a task; empty cells count as absent, tags are separated by semicolons, or commas."""
    if unknown := [column for column in columns if column not in COLUMNS]:
        raise UnknownColumn(unknown[0])
    reader = csv.DictReader(StringIO(text.lstrip("\r\n")), fieldnames=columns, delimiter=delimiter)
    skipped = len(text) - len(text.lstrip("\r\n"))
    above = text[:skipped].count("\n")
    try:
        next(reader)
        for cells in reader:
            shown = ",".join(cell or "" for name, cell in cells.items() if name)
            yield row(f"line {reader.line_num + above}", shown, _body_of_row(cells))
    except csv.Error as error:
        yield Row(f"line {reader.line_num + above}", "", {}, f"The table is broken here: {error}.")


def _body_of_row(cells: dict[str, str | None]) -> Json | Unreadable:
    if None in cells:
        return Unreadable("It has more cells than the header.")
    body: Json = {COLUMNS[name]: cell.strip() for name, cell in cells.items() if cell and cell.strip()}
    if not any(name in body for name in NAMES):
        return Unreadable("It names no task: its id is empty.")
    if "tags" in body:
        mark = ";" if ";" in body["tags"] else ","
        body["tags"] = [tag.strip() for tag in body["tags"].split(mark) if tag.strip()]
    if "response" not in body:
        return body
    try:
        return body | {"response": strict_json(body["response"])}
    except (ValueError, RecursionError):
        return Unreadable("Its response is no valid JSON.")
