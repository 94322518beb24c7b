"""`dailies watch` and `dailies wait`: tasks until they are over."""

import sys
import time
from collections.abc import Callable, Iterable

import click

from dashboard.cli.client import Client, Json, open_client
from dashboard.cli.failures import Exit, Failure, verdict
from dashboard.cli.following import Change, Follower
from dashboard.cli.reading import Duration, TaskId
from dashboard.cli.showing import board, json_line, note, reason_of, title_of

GONE = "gone"


class TimedOut(Failure):
    """The time that was given is over."""

    def __init__(self) -> None:
        super().__init__("The time is over; what was waited for goes on.", Exit.TIMED_OUT)


@click.command()
@click.argument("task_ids", metavar="[ID]...", type=TaskId(), nargs=-1)
@click.option("--timeout", type=Duration(), help="Stop after this time, such as 15m.")
@click.option(
    "--json", "as_json", is_flag=True, help="A line of JSON for every change, as without a terminal."
)
def watch(task_ids: tuple[str, ...], timeout: float | None, as_json: bool) -> None:
    """Show these tasks, or everything that runs, as it changes. Ctrl-C ends it.

    A change is a line of JSON where the output is no terminal. Ends by itself when the tasks named are over.
    """
    client = open_client()
    with board(as_json=as_json or not sys.stdout.isatty(), err=False) as shown:
        left = set(task_ids)

        def see(change: Change) -> bool:
            shown.show(change)
            if change.is_settled:
                left.discard(change.id)
            return bool(task_ids) and not left

        _follow(client, see, task_ids, timeout)


@click.command()
@click.argument("task_ids", metavar="ID...", type=TaskId(), nargs=-1, required=True)
@click.option("--timeout", type=Duration(), help="Give up after this time, such as 15m.")
@click.option("--json", "as_json", is_flag=True, help="At the end, each task as one line of JSON.")
def wait(task_ids: tuple[str, ...], timeout: float | None, as_json: bool) -> Exit:
    """Wait until tasks are over. Ends with 0 when all of them succeeded."""
    found = wait_for(open_client(), task_ids, timeout)
    for task_id in dict.fromkeys(task_ids):
        task = found[task_id]
        if as_json:
            json_line(task or {"id": task_id, "gone": True})
        else:
            click.echo(f"{task_id}\t{task['status'] if task else GONE}\t{title_of(task) if task else ''}")
    tell_reasons(found)
    return verdict([task["status"] if task else GONE for task in found.values()])


def wait_for(client: Client, task_ids: Iterable[str], timeout_s: float | None) -> dict[str, Json | None]:
    """Each task once it has settled, None for one that is no longer tracked. TimedOut after `timeout_s`."""
    wanted = tuple(dict.fromkeys(task_ids))
    settled: dict[str, Json | None] = {}

    def see(change: Change) -> bool:
        shown.show(change)
        if change.is_settled:
            settled[change.id] = change.task
        else:
            settled.pop(change.id, None)
        return len(settled) == len(wanted)

    with board(err=True) as shown:
        _follow(client, see, wanted, timeout_s)
    return settled


def tell_reasons(tasks: dict[str, Json | None]) -> None:
    """Why those that did not succeed did not."""
    for task_id, task in tasks.items():
        if task is None:
            note(f"{task_id}: It is no longer tracked.")
        elif reason := reason_of(task):
            note(f"{task_id} {task['status']}: {reason}")


def _follow(
    client: Client, see: Callable[[Change], bool], task_ids: tuple[str, ...], timeout_s: float | None
) -> None:
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    if not Follower(client, see, note, task_ids, deadline).run():
        raise TimedOut
