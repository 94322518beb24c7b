"""What people type, read: durations, parameters, tasks' names."""

import re
import uuid
from collections.abc import Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from tasks.sheets import strict_json

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Duration(click.ParamType[float]):
    """`90s`, `15m`, `12h`, `7d`, `2w` as seconds; `never` as None where `has_never`, told apart by NEVER."""

    name = "duration"
    NEVER = -1.0

    def __init__(self, *, has_never: bool = False) -> None:
        self._has_never = has_never

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip().lower()
        if self._has_never and text == "never":
            return self.NEVER
        found = _DURATION.fullmatch(text)
        if found is None or not float(found[1]):
            never = ", or never" if self._has_never else ""
            self.fail(f"“{value}” is no duration. Write 90s, 15m, 12h, 7d or 2w{never}.", param, ctx)
        return float(found[1]) * _SECONDS[found[2]]


class TaskId(click.ParamType[str]):
    """A task's id, or any address of it on the pages."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = _UUID.findall(str(value))
        if not found:
            self.fail(f"“{value}” is no task's id. `dailies list` shows them.", param, ctx)
        return str(uuid.UUID(found[-1]))


class Words(click.ParamType[str]):
    """One or more words, separated by commas; completes those it knows. The server checks them."""

    name = "words"

    def __init__(self, known: Iterable[str]) -> None:
        self._known = tuple(known)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, comma, begun = incomplete.rpartition(",")
        fits = [word for word in self._known if word.startswith(begun)]
        return [CompletionItem(before + comma + word) for word in fits]


def parameter(text: str) -> tuple[str, object]:
    """`duration=8`: the value as JSON where it is JSON, as text otherwise; `note="8"` stays text in its quotes."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.BadParameter(f"“{text}” is not of the form name=value.")
    try:
        return name.strip(), strict_json(value)
    except ValueError:
        return name.strip(), value
