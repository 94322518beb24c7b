"""Ask the providers, apart from the web server: `manage.py poll_tasks`."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from prometheus_client import start_http_server

from tasks.figures import counted
from tasks.management.command import PreparedCommand, port_number
from tasks.memory import collect_seldom
from tasks.metrics import REGISTRY
from tasks.stopping import leave, on_stop_signal
from tasks.workers import run_workers, work_once


class Command(PreparedCommand):
    help = "Ask the providers about unfinished tasks, and keep what they made, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument("--once", action="store_true", help="ask once about what is due, then exit")
        ways.add_argument(
            "--metrics-port", type=port_number, metavar="N", help="what this process counts, for Prometheus"
        )

    def run(self, **options: Any) -> None:
        collect_seldom()
        if options["once"]:
            done = asyncio.run(work_once())
            self.stdout.write(f"Asked about {counted(done.asked, 'task')}.")
            if done.saved:
                self.stdout.write(f"Saved {counted(done.saved, 'file')}.")
            if done.told:
                self.stdout.write(f"Sent {counted(done.told, 'message')}.")
        else:
            with self._counts_shown_at(options["metrics_port"]):
                asyncio.run(self._poll())
            leave(0)  # a file on its way into a far storage is put there at the next start

    async def _poll(self) -> None:
        stop = asyncio.Event()
        on_stop_signal(asyncio.get_running_loop(), stop.set)
        self.stdout.write("Dailies asks the providers. Ctrl-C ends it.")
        self.stdout.flush()
        await run_workers(stop)

    @contextmanager
    def _counts_shown_at(self, port: int | None) -> Iterator[None]:
        """To this machine alone, unless METRICS_PUBLIC: nobody signs in here. It answers in a thread of its own."""
        if port is None:
            yield
            return
        host = "0.0.0.0" if settings.METRICS_PUBLIC else "127.0.0.1"  # noqa: S104  as was asked for
        try:
            server, _ = start_http_server(port, host, REGISTRY)
        except OSError as error:
            raise CommandError(f"The metrics cannot be shown at {host}:{port}: {error.strerror}.") from error
        self.stdout.write(f"Prometheus finds what it counts at http://{host}:{server.server_port}/metrics.")
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
