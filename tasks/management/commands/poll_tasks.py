"""Ask the providers, apart from the web server: `manage.py poll_tasks`."""

import asyncio
from typing import Any

from django.core.management.base import CommandParser

from tasks.figures import counted
from tasks.management.command import PreparedCommand
from tasks.stopping import leave, on_stop_signal
from tasks.workers import run_workers, work_once


class Command(PreparedCommand):
    help = "Ask the providers about unfinished tasks, and keep what they made, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="ask once about what is due, then exit")

    def run(self, **options: Any) -> None:
        if options["once"]:
            done = asyncio.run(work_once())
            self.stdout.write(f"Asked about {counted(done.asked, 'task')}.")
            if done.saved:
                self.stdout.write(f"Saved {counted(done.saved, 'file')}.")
        else:
            asyncio.run(self._poll())
            leave(0)  # a file on its way into a far storage is put there at the next start

    async def _poll(self) -> None:
        stop = asyncio.Event()
        on_stop_signal(asyncio.get_running_loop(), stop.set)
        self.stdout.write("Dailies asks the providers. Ctrl-C ends it.")
        self.stdout.flush()
        await run_workers(stop)
