"""Ask the providers, apart from the web server: `manage.py poll_tasks`."""

import asyncio
from typing import Any

from django.core.management.base import CommandParser

from tasks.management.command import PreparedCommand
from tasks.stopping import on_stop_signal
from tasks.workers import run_workers, work_once


class Command(PreparedCommand):
    help = "Ask the providers about unfinished tasks until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="ask once about what is due, then exit")

    def run(self, **options: Any) -> None:
        if options["once"]:
            asked = asyncio.run(work_once())
            self.stdout.write(f"Asked about {asked} {'task' if asked == 1 else 'tasks'}.")
        else:
            asyncio.run(self._poll())

    async def _poll(self) -> None:
        stop = asyncio.Event()
        on_stop_signal(asyncio.get_running_loop(), stop.set)
        self.stdout.write("Dailies asks the providers. Ctrl-C ends it.")
        self.stdout.flush()
        await run_workers(stop)
