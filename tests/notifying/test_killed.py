"""A real process, killed in the midst of a delivery: the next one tells what was not told."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import Process, ended, environment, eventually, manage
from tests.threads import PATIENCE_S, Call, answering

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
        self.url = ""
        self.ids: list[object] = []
        self.is_stuck = True
        self.release = threading.Event()

    def answer(self, call: Call) -> None:
        self.ids.append(call.json()["id"])
        if self.is_stuck:
            self.release.wait(PATIENCE_S)
        else:
            call.reply(200, {})


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()
    with answering(found.answer) as found.url:
        yield found
        found.release.set()


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
    assert set(hook.ids[:TASKS]) == set(hook.ids[TASKS:])
    assert run(data_dir, TELL, more) == f"{TASKS} {TASKS} 0"
