"""`dailies share` and `dailies download`: what came out, for others and for here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from dashboard.cli.client import Client, Json, open_client
from dashboard.cli.failures import Exit, Failure
from dashboard.cli.names import plain
from dashboard.cli.reading import Duration, TaskId
from dashboard.cli.receiving import Progress, Receiver, prepare_folder
from dashboard.cli.showing import json_line, note

NOT_YET = frozenset({404, 503})
"""How a result answers that can be had once its copy is stored."""
COPY_TRIES = 30
COPY_PAUSE_S = 2.0


@click.command()
@click.argument("task_id", metavar="ID", type=TaskId())
@click.option(
    "--expires", type=Duration(has_never=True), help="When the link ends: 12h, 7d, never. 7d when absent."
)
@click.option(
    "--password",
    prompt=True,
    prompt_required=False,
    hide_input=True,
    help="Asked for first. Without a value, it is asked for here.",
)
@click.option(
    "--download/--no-download", "may_save", default=True, help="Whether the page offers the files to save."
)
@click.option("--json", "as_json", is_flag=True, help="The link as one line of JSON.")
def share(task_id: str, expires: float | None, password: str | None, may_save: bool, as_json: bool) -> None:
    """Make a link that needs no login, and print it alone. It is told this once."""
    terms: Json = {"allow_download": may_save}
    if expires is not None:
        terms["expires_in"] = None if expires == Duration.NEVER else expires
    if password:
        terms["password"] = password
    client = open_client()
    if as_json:
        json_line(client.post(f"tasks/{task_id}/shares", terms, repeatable=False))
    else:
        click.echo(make_share(client, task_id, terms))


def make_share(client: Client, task_id: str, terms: Json) -> str:
    """The address of a new link. Sent once: a second try could leave a link that nobody knows of."""
    return str(client.post(f"tasks/{task_id}/shares", terms, repeatable=False)["url"])


@click.command()
@click.argument("task_ids", metavar="ID...", type=TaskId(), nargs=-1, required=True)
@click.option(
    "-d",
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    help="Where to; here when absent.",
)
@click.option("--overwrite", is_flag=True, help="Replace files of the same name.")
def download(task_ids: tuple[str, ...], folder: Path, overwrite: bool) -> Exit:
    """Save the results of tasks, and print where each is.

    What was cut is continued, copies are checked by their hash, and a file that is here already is not replaced.
    A task whose results cannot be had stops no other.
    """
    client = open_client()
    code = Exit.DONE
    for task_id in dict.fromkeys(task_ids):
        try:
            task = client.task(task_id)
            if not task["results"]:
                raise Failure(f"It has no results; it is {task['status']}.")
            for path in save_results(client, task, folder, overwrite=overwrite):
                click.echo(path)
        except Failure as error:
            if error.exit_code != Exit.FAILED:
                raise
            note(f"{task_id}: {error.message}")
            code = error.exit_code
    return code


def save_results(client: Client, task: Json, folder: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Where each of a task's results is, once it is there. Failure at the first that cannot be had."""
    with _progress() as progress:
        receiver = Receiver(client, prepare_folder(folder), progress, overwrite)
        for result in task["results"]:
            yield _save(receiver, task["id"], result)


def _save(receiver: Receiver, task_id: str, result: Json) -> Path:
    """One result; a file that came inside an answer can be had a moment later, when its copy is stored."""
    for left in reversed(range(COPY_TRIES)):
        try:
            return receiver.receive(result)
        except Failure as error:
            if not left or result["archive"] != "pending" or error.status not in NOT_YET:
                raise
        receiver.client.pause(COPY_PAUSE_S)
        now = receiver.client.task(task_id)["results"]
        result = next((one for one in now if one["id"] == result["id"]), result)
    raise AssertionError("the last try returns or raises")


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar for each file on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda name, here, total: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        bars = {}

        def tell(name: str, here: int, total: int | None) -> None:
            if name not in bars:
                bars[name] = shown.add_task(escape(plain(name)), total=total)
            shown.update(bars[name], completed=here, total=total)

        yield tell
