"""Everything that works in the background, wherever it runs: beside the web server or in a process of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from tasks.archive.archiver import archive_once, run_archiver
from tasks.batches import batch_once, run_batches
from tasks.caretaker import run_caretaker
from tasks.importer import import_once, run_importer
from tasks.metrics import watch_loop
from tasks.notifying import notify_once, run_notifier
from tasks.poller import poll_once, run_poller
from tasks.submitting import run_submitter, submit_once

Worker = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Works until the event is set, then puts its things in order and returns."""

WORKERS: tuple[Worker, ...] = (
    run_poller,
    run_submitter,
    run_archiver,
    run_batches,
    run_importer,
    run_notifier,
    run_caretaker,
)


async def run_workers(stop: asyncio.Event) -> None:
    """All of them until `stop` is set, and a watch on their loop. One that fails ends all, and its error is raised."""
    async with asyncio.TaskGroup() as group:
        for worker in (*WORKERS, watch_loop):
            group.create_task(worker(stop))


@dataclass(frozen=True, slots=True)
class Done:
    """How many tasks were asked about, how many results were stored, and how many messages sent."""

    asked: int
    saved: int
    told: int


async def work_once() -> Done:
    """Each does what is due one time: batches first; then what is to be made is sent, asked about, kept, and told."""
    await batch_once()
    await import_once()
    await submit_once()
    return Done(await poll_once(), await archive_once(), await notify_once())
