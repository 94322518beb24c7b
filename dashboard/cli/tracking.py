"""`dailies track`: tasks that exist at a provider, from arguments or standard input."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

import click

from dashboard.cli.client import Client, Json, open_client
from dashboard.cli.failures import Exit, Failure
from dashboard.cli.naming import Named, named_in_arguments, named_in_text
from dashboard.cli.showing import json_line
from tasks.vocabulary import Kind

TOLD_ONCE = frozenset({400, 404, 409, 413})
"""Answers about one task; any other refusal would be that of all of them."""


@dataclass
class Accounts:
    """The server's accounts, asked for when a task does not say its own."""

    client: Client

    @cached_property
    def rows(self) -> list[Json]:
        return list(self.client.get("accounts")["items"])

    def of(self, body: Json) -> str:
        """The account of a poll URL's server, or the only one there is. Failure when that is not clear."""
        origin = urlsplit(str(body.get("poll_url", "")))[:2]
        at_origin = [row["slug"] for row in self.rows if urlsplit(row["base_url"])[:2] == origin]
        fits = at_origin or [row["slug"] for row in self.rows]
        if len(fits) != 1:
            known = ", ".join(row["slug"] for row in self.rows) or "none yet"
            raise Failure(f"Say which account it belongs to with --account: {known}.", Exit.USAGE)
        return str(fits[0])


@click.command()
@click.argument("tasks", metavar="[ID|URL|JSON|-]...", nargs=-1)
@click.option("-a", "--account", help="The account they belong to, where a task does not say its own.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="What they make.")
@click.option("--model", help="Which model makes them.")
@click.option("--title", help="Their name for people.")
@click.option("--prompt", help="What was asked for.")
@click.option("--tag", "tags", multiple=True, help="A word to find them by; may be given again.")
@click.option("--json", "as_json", is_flag=True, help="The report as lines of JSON.")
def track(tasks: tuple[str, ...], tags: tuple[str, ...], as_json: bool, **words: str | None) -> Exit:
    """Track tasks that exist at a provider: by id, poll URL, or the JSON its create call answered.

    Without arguments, or with “-”, they are read from standard input: one a line, CSV with a header, or JSON lines.
    Each is reported in a line: new, known or failed, its id here, and what was given.
    """
    client = open_client()
    accounts = Accounts(client)
    usual: Json = {name: value for name, value in words.items() if value} | (
        {"tags": list(tags)} if tags else {}
    )
    code = Exit.DONE
    for named in _given(tasks):
        outcome, task, problem = _track(client, accounts, named, usual)
        if outcome == "failed":
            code = Exit.FAILED
        if as_json:
            json_line({"place": named.place, "outcome": outcome, "task": task, "problem": problem or None})
        else:
            said = f"{named.shown}: {problem}" if problem else named.shown
            click.echo(f"{outcome}\t{task['id'] if task else '-'}\t{said}")
    return code


def _given(tasks: tuple[str, ...]) -> Iterator[Named]:
    if tasks and tasks != ("-",):
        return named_in_arguments(tasks)
    if not tasks and sys.stdin.isatty():
        raise click.UsageError("Name a task, or give them on standard input.")
    try:
        return named_in_text(sys.stdin.read())
    except UnicodeDecodeError as error:
        raise Failure("Standard input is no text in UTF-8.", Exit.USAGE) from error


def _track(client: Client, accounts: Accounts, named: Named, usual: Json) -> tuple[str, Json | None, str]:
    """`new`, `known` or `failed`, with the task or the reason."""
    if named.problem:
        return "failed", None, named.problem
    body = usual | named.body
    try:
        body.setdefault("account", None)
        body["account"] = body["account"] or accounts.of(body)
        is_new, task = client.track(body)
    except Failure as error:
        if error.status not in TOLD_ONCE:
            raise
        return "failed", None, error.message
    return ("new" if is_new else "known"), task, ""
