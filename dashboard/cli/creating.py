"""`dailies create`: have something made, once, and take it home."""

import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from dashboard.cli.client import Client, Json, open_client
from dashboard.cli.failures import Exit, Failure, verdict
from dashboard.cli.reading import Duration, parameter
from dashboard.cli.showing import json_line, note
from dashboard.cli.taking import make_share, save_results
from dashboard.cli.waiting import tell_reasons, wait_for
from tasks.sheets import strict_json
from tasks.vocabulary import Kind


@click.command()
@click.argument("account")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.option(
    "-p",
    "--param",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="The provider's parameter; JSON or text.",
)
@click.option("--params", "source", metavar="FILE|-", help="A JSON object of parameters; -p adds to it.")
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    metavar="NAME=PATH",
    help="A picture, sound or video for a parameter; again for a list.",
)
@click.option("--title", default="", help="Its name for people.")
@click.option(
    "--key", help="Idempotency key: the same call within 24 hours is the same task. Made up when absent."
)
@click.option("--wait", "is_waiting", is_flag=True, help="Until it is over.")
@click.option("--timeout", type=Duration(), help="Wait no longer than this, such as 15m.")
@click.option("--share", "is_shared", is_flag=True, help="Print a link for people without a login.")
@click.option(
    "--download",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Wait, and save the results here.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="The task as one line of JSON, with “share” and “files”."
)
def create(
    given: tuple[str, ...],
    source: str | None,
    files: tuple[str, ...],
    is_waiting: bool,
    timeout: float | None,
    as_json: bool,
    **rest: Any,
) -> Exit:
    """Have something made at ACCOUNT. The provider is called once, whatever happens.

    Prints the task's id; with --share the link, with --download the files instead. With --wait it ends with 0 when
    the task succeeded, with 1 when it failed, and with 5 when nobody can know whether it was made.
    """
    params, paths = _params(source, given), _paths(files)
    client = open_client()
    params |= _given(client, paths)
    task = _create(client, rest, params)
    note(f"Task {task['id']} is {task['status']}.")
    code = Exit.DONE
    if is_waiting or rest["folder"]:
        found = wait_for(client, [task["id"]], timeout)
        tell_reasons(found)
        task = found[task["id"]] or task
        code = verdict([task["status"] if found[task["id"]] else "gone"])
    taken = _take(client, task, rest) if code is Exit.DONE else {}
    _print(task, taken, as_json)
    return code


def _create(client: Client, rest: dict[str, Any], params: Json) -> Json:
    """The new task. One key for all tries of this call, so that none of them makes a second one."""
    key = rest["key"] or str(uuid4())
    body = {"account": rest["account"], "kind": rest["kind"], "params": params, "idempotency_key": key}
    if rest["title"]:
        body["title"] = rest["title"]
    try:
        return client.post("generations", body, repeatable=True)
    except Failure as error:
        if error.exit_code == Exit.NO_ACCESS and error.status not in {401, 403}:
            error.message += (
                f" Whether it was made is not known: the same command with --key {key} never makes a second."
            )
        raise


def _paths(files: tuple[str, ...]) -> dict[str, list[Path]]:
    """Which files each parameter begins from; all of them are there."""
    found: dict[str, list[Path]] = {}
    for text in files:
        name, equals, path = text.partition("=")
        if not equals or not name.strip():
            raise click.UsageError(f"“{text}” is not of the form name=path.")
        if not Path(path).is_file():
            raise click.UsageError(f"There is no file “{path}”.")
        found.setdefault(name.strip(), []).append(Path(path))
    return found


def _given(client: Client, paths: dict[str, list[Path]]) -> Json:
    """Each parameter's files, as the server names them."""
    given: Json = {}
    for name, several in paths.items():
        references = [client.give(path.name, path.read_bytes())["reference"] for path in several]
        given[name] = references if len(references) > 1 else references[0]
    return given


def _take(client: Client, task: Json, rest: dict[str, Any]) -> Json:
    taken: Json = {}
    if rest["is_shared"]:
        taken["share"] = make_share(client, task["id"], {})
    if rest["folder"]:
        taken["files"] = [str(path) for path in save_results(client, task, rest["folder"])]
    return taken


def _print(task: Json, taken: Json, as_json: bool) -> None:
    if as_json:
        json_line(task | {"share": None, "files": []} | taken)
        return
    lines = ([taken["share"]] if "share" in taken else []) + taken.get("files", [])
    for line in lines or ([] if taken else [task["id"]]):
        click.echo(line)


def _params(source: str | None, given: tuple[str, ...]) -> Json:
    """What `--params` holds, with each `-p` in the place of its own."""
    params: Json = {}
    if source:
        try:
            text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
            found = strict_json(text)
        except ValueError as error:
            raise click.UsageError("--params holds no valid JSON.") from error
        if not isinstance(found, dict):
            raise click.UsageError("--params holds no JSON object.")
        params = found
    return params | dict(map(parameter, given))
