"""What people see: bars and tables on a terminal, lines for pipes. rich is imported on a terminal alone."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

from dashboard.cli.client import Json
from dashboard.cli.failures import ReaderGone
from dashboard.cli.following import Change
from dashboard.cli.names import plain

if TYPE_CHECKING:
    from rich.progress import TaskID

COLUMNS = ("id", "status", "progress", "kind", "account", "created_at", "title")


def json_line(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def note(sentence: str) -> None:
    """A sentence beside the output."""
    click.echo(sentence, err=True)


def title_of(task: Json) -> str:
    """What people call it: its title, prompt, model or id."""
    return plain(task["title"] or task["prompt"] or task["model"] or task["id"])


def reason_of(task: Json) -> str:
    """Why it did not succeed, in a sentence."""
    if task["error"]:
        return plain(task["error"]["message"])
    return {
        "unconfirmed": "Nobody can know whether the provider took it. Look there before it is made again.",
        "lost": "The provider no longer knows it.",
        "timed_out": "It took too long. A late success still counts.",
        "canceled": "It was canceled.",
    }.get(task["status"], "")


def cells(task: Json) -> list[str]:
    """A task's line, one text for each of COLUMNS."""
    progress = "" if task["progress"] is None else f"{task['progress']}%"
    shown = {**task, "progress": progress, "title": title_of(task)}
    return [plain(shown[name]) for name in COLUMNS]


def task_lines(tasks: Iterable[Json]) -> None:
    """Tab-separated lines for pipes, a table on a terminal."""
    if not sys.stdout.isatty():
        for task in tasks:
            click.echo("\t".join(cells(task)))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name.replace("_", " "), no_wrap=name != "title", overflow="fold")
    for task in tasks:
        table.add_row(*map(Text, cells(task)))
    Console().print(table)


class Board(Protocol):
    """Where changes are shown while they come."""

    def show(self, change: Change) -> None: ...


class Silence:
    """Shows nothing: neither terminal nor JSON was asked for."""

    def show(self, change: Change) -> None:
        """Nothing."""


class JsonLines:
    """A line of JSON for every change."""

    def show(self, change: Change) -> None:
        try:
            json_line(change.task or {"id": change.id, "gone": True})
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise ReaderGone from error


@contextmanager
def bars(*, err: bool) -> Iterator[Board]:
    """A progress bar for every task, on the terminal behind standard output or standard error.

    On standard output, where there may be no end of tasks, a line takes the place of a bar that is over.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (
        TextColumn("{task.fields[title]}"),
        BarColumn(),
        TextColumn("{task.fields[percent]:>4} {task.fields[status]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=err)) as progress:
        shown: dict[str, TaskID] = {}

        class Bars:
            def show(self, change: Change) -> None:
                task = change.task
                if change.id not in shown:
                    shown[change.id] = progress.add_task(
                        "", total=None, title=change.id, percent="", status=""
                    )
                if task is None:
                    progress.update(shown[change.id], status="no longer tracked", total=1, completed=0)
                    return
                percent = task["progress"]
                progress.update(
                    shown[change.id],
                    title=escape(title_of(task)[:40]),
                    status=task["status"],
                    percent="" if percent is None else f"{percent}%",
                    total=None if percent is None and not change.is_settled else 100,
                    completed=percent or 0,
                )
                if change.is_settled:
                    progress.stop_task(shown[change.id])
                    if not err:
                        progress.remove_task(shown.pop(change.id))
                        progress.console.print(Text(f"{task['status']}  {title_of(task)}  {task['id']}"))

        yield Bars()


@contextmanager
def board(*, as_json: bool = False, err: bool) -> Iterator[Board]:
    """Bars on a terminal; else JSON lines where they were asked for, or nothing."""
    stream = sys.stderr if err else sys.stdout
    if as_json:
        yield JsonLines()
    elif stream.isatty():
        with bars(err=err) as found:
            yield found
    else:
        yield Silence()
