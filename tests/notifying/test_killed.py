"""A real process, killed in the midst of a delivery: the next one tells what was not told."""

import json
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.processes import PATIENCE_S, TICK_S, Process, ended, environment, eventually, manage

pytestmark = pytest.mark.apart

TASKS = 3
MAKE = """
from django.contrib.auth.models import User
from tasks.accounts import create_account
from tasks.notifying.channels import Terms, make_channel
from tasks.providers.contract import Adoption, Snapshot
from tasks.tracking import track
from tasks.vocabulary import ChannelKind, Kind, Status
boss = User.objects.get(username="boss")
make_channel(ChannelKind.WEBHOOK, "{url}", Terms("Farm"), boss, site="https://d.example")
account = create_account("lemondata", "lemon", base_url="http://127.0.0.1:9")
for number in range({tasks}):
    track(account, Adoption(str(number), kind=Kind.VIDEO, snapshot=Snapshot(Status.FAILED, "failed")), boss)
"""
TELL = """
from tasks.models import Delivery, Poller
print(Delivery.objects.filter(delivered_at__isnull=False).count(), Delivery.objects.count(), Poller.objects.count())
"""


class Hook:
    """A receiver that keeps its senders waiting while `is_stuck`."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.is_stuck = True
        self.release = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[TICK_S], daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE_S)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.ids.append(body["id"])
                if hook.is_stuck:
                    hook.release.wait(PATIENCE_S)
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's own name
                """Says nothing on the test run's output."""

        return Handler


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()
    yield found
    found.close()


@pytest.fixture(params=["sqlite", "postgres"])
def more(request: pytest.FixtureRequest) -> dict[str, str]:
    allowed = {"NOTIFY_PRIVATE_HOSTS": "127.0.0.1"}
    if request.param == "postgres":
        allowed |= {"DATABASE_URL": request.getfixturevalue("postgres_url")}
    return allowed


def run(data_dir: Path, code: str, more: dict[str, str]) -> str:
    done = manage(data_dir, "shell", "--verbosity", "0", "-c", code, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def start(data_dir: Path, more: dict[str, str]) -> Process:
    process = Process("manage.py", "poll_tasks", env=environment(data_dir, **more))
    process.wait_for("Dailies asks the providers")
    return process


PREPARE = """
from django.contrib.auth.models import User
from tasks.startup import prepare
prepare()
User.objects.get_or_create(username="boss")
"""


def test_killed_while_it_sends_it_sends_again(data_dir: Path, hook: Hook, more: dict[str, str]) -> None:
    run(data_dir, PREPARE + MAKE.format(url=hook.url, tasks=TASKS), more)
    with ended(start(data_dir, more)) as process:
        eventually(lambda: len(hook.ids) == TASKS, "every message is on its way")
        process.signal(signal.SIGKILL)
        process.wait()
    assert run(data_dir, TELL, more).startswith(f"0 {TASKS} ")
    hook.is_stuck = False
    with ended(start(data_dir, more)) as process:
        eventually(lambda: len(hook.ids) == 2 * TASKS, "every message is sent again")
        eventually(lambda: run(data_dir, TELL, more).startswith(f"{TASKS} "), "each is known to have arrived")
        assert process.stop() == 0
    assert sorted(hook.ids[:TASKS]) == sorted(hook.ids[TASKS:])
    assert run(data_dir, TELL, more) == f"{TASKS} {TASKS} 0"
