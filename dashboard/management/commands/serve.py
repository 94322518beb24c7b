"""The one command: `manage.py serve` starts the pages, the API and the poller."""

import asyncio
from ipaddress import ip_address
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.db import connections

from dashboard.demo.stage import open_stage
from dashboard.gateway.home import run_gateway
from dashboard.health import why_layer_is_away
from dashboard.one_time_links import setup_path
from dashboard.server import Companion, Server
from dashboard.startup import collect_static
from tasks.management.command import PreparedCommand, port_number
from tasks.memory import collect_seldom
from tasks.metrics import watch_loop
from tasks.publishing import set_home_loop
from tasks.startup import CannotStart
from tasks.stopping import leave
from tasks.workers import WORKERS


class Command(PreparedCommand):
    help = "Serve Dailies, and ask the providers, until SIGTERM or Ctrl-C."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen at")
        parser.add_argument("--port", default=8000, type=port_number, metavar="N", help="0 takes a free one")
        parser.add_argument(
            "--demo", action="store_true", help="simulated providers, in a data folder of their own"
        )
        parser.add_argument("--no-poller", action="store_true", help="leave the asking to poll_tasks")

    def run(self, **options: Any) -> None:
        if options["demo"] and not settings.DEMO:
            raise CommandError("Start the demo on its own: manage.py serve --demo")
        try:
            collect_static()
            stage = open_stage() if settings.DEMO else None
        except CannotStart as error:
            raise CommandError(str(error)) from error
        if reason := why_layer_is_away():
            words = f"REDIS_URL: Redis does not answer ({reason.rstrip('.')})."
            self.stderr.write(f"{words} Until it does, pages hear of changes a second late.")
        _answer_to(options["host"])
        workers = [] if options["no_poller"] else WORKERS
        companions: list[Companion] = [watch_loop, run_gateway, *workers]
        if stage:
            companions.append(stage.run)
        notice = (stage.notice() if stage else _first_run_notice()) + _reach_notice(options["host"])
        self._serve(options["host"].strip("[]"), options["port"], notice, companions)

    def _serve(self, host: str, port: int, notice: str, companions: list[Companion]) -> NoReturn:
        from dashboard.asgi import application  # after the static files: the middleware reads their list

        def announce(real_port: int) -> None:
            set_home_loop(asyncio.get_running_loop())
            url = f"http://{f'[{host}]' if ':' in host else host}:{real_port}"
            self.stdout.write(f"Dailies is ready at {url}/")
            self.stdout.write(notice.replace("{url}", settings.PUBLIC_URL or url), ending="")
            self.stdout.flush()

        connections.close_all()
        collect_seldom()
        server = Server(application, host=host, port=port, companions=companions, on_ready=announce)
        server.run()
        if server.failure:
            self.stderr.write(server.failure)
        leave(1 if server.failure else 0)


def _answer_to(host: str) -> None:
    """The address that we print must open, and others must be told of."""
    settings.ALLOWED_HOSTS.append(f"[{host}]" if ":" in host and not host.startswith("[") else host)


def _reach_notice(host: str) -> str:
    try:
        everywhere = ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        everywhere = False
    if not everywhere or settings.ENVIRONMENT.ALLOWED_HOSTS or settings.PUBLIC_URL:
        return ""
    return (
        "Other machines are refused until the name they use for this one is in ALLOWED_HOSTS or PUBLIC_URL.\n"
    )


def _first_run_notice() -> str:
    if User.objects.exists():
        return ""
    return f"Nobody can sign in yet. Make the first manager with this link, which works once:\n{{url}}{setup_path()}\n"
