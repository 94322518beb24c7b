"""`dailies list` and `dailies get`."""

import click

from dashboard.cli.client import Json, open_client
from dashboard.cli.names import plain
from dashboard.cli.reading import TaskId, Words
from dashboard.cli.showing import json_line, reason_of, task_lines, title_of
from tasks.vocabulary import Kind, Status

FACTS = ("id", "account", "kind", "model", "status", "raw_status", "progress", "remote_id")
TIMES = ("created_at", "started_at", "finished_at")


@click.command("list")
@click.option("--status", type=Words(Status), multiple=True, help="In any of these statuses.")
@click.option("--kind", type=Words(Kind), multiple=True, help="Of any of these kinds.")
@click.option("--provider", multiple=True, help="At any of these providers.")
@click.option("--account", multiple=True, help="At any of these accounts.")
@click.option("--owner", multiple=True, help="Of any of these people.")
@click.option("--tag", multiple=True, help="With any of these tags.")
@click.option("--starred", is_flag=True, help="The team's favourites alone.")
@click.option("--archived", type=click.Choice(["no", "yes"]), help="Without, or only, what was put aside.")
@click.option("-q", "--query", default="", help="With this text in title, prompt, model or remote id.")
@click.option(
    "-n", "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many."
)
@click.option("--all", "is_all", is_flag=True, help="All there are.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each.")
def list_tasks(
    query: str,
    starred: bool,
    archived: str | None,
    limit: int,
    is_all: bool,
    as_json: bool,
    **words: tuple[str, ...],
) -> None:
    """List tasks, newest first; tab-separated where the output is no terminal."""
    asked = {name: ",".join(values) for name, values in words.items()}
    asked |= {"q": query, "starred": "1" if starred else "", "archived": archived or ""}
    found = open_client().tasks(
        {name: value for name, value in asked.items() if value}, None if is_all else limit
    )
    if as_json:
        for task in found:
            json_line(task)
    else:
        task_lines(found)


@click.command()
@click.argument("task_id", metavar="ID", type=TaskId())
@click.option("--json", "as_json", is_flag=True, help="The whole task as one line of JSON.")
def get(task_id: str, as_json: bool) -> None:
    """Show one task with its results and its history."""
    task = open_client().task(task_id)
    if as_json:
        json_line(task)
        return
    click.echo(title_of(task))
    for name in (*FACTS, *TIMES):
        if task[name] not in {None, ""}:
            click.echo(f"{name:<12} {plain(task[name])}")
    if reason := reason_of(task):
        click.echo(f"{'reason':<12} {reason}")
    _show_parts(task)


def _show_parts(task: Json) -> None:
    for result in task["results"]:
        facts = [result["role"], result["kind"], result["archive"], result["url"]]
        click.echo(f"{'result':<12} {plain(' '.join(facts))}")
    for event in task["events"]:
        said = " ".join(filter(None, [event["at"], event["to"] or event["type"], event["message"]]))
        click.echo(f"{'event':<12} {plain(said)}")
