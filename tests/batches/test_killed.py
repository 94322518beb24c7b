"""Real processes, killed at any moment: every task is made once more exactly once, and the report is right."""

import json
import random
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from tests.processes import Process, ended, environment, eventually, manage, rows

pytestmark = pytest.mark.apart

COUNT = 600
KILLS = 4
PROCESSES = 2

MAKE = f"""
from tasks.startup import prepare
prepare()
from django.contrib.auth.models import User
from tasks.accounts import create_account
from tasks.batches.beginning import Plan, begin
from tasks.creating import Wish, create
from django.utils import timezone
from tasks.models import Submission, Task
from tasks.vocabulary import BatchAct, Kind
account = create_account("lemondata", "lemon", base_url="http://127.0.0.1:9", requests_per_minute=1)
for number in range({COUNT}):
    create(account, Wish(Kind.VIDEO, {{"model": "veo3.1", "prompt": f"Shot {{number}}"}}), None)
Submission.objects.update(sent_at=timezone.now(), settled_at=timezone.now())
Task.objects.update(status="failed")
user, _ = User.objects.get_or_create(username="mira")
begin(Plan(BatchAct.AGAIN), Task.objects.all(), user)
"""
TELL = """
import json
from tasks.models import Batch, BatchItem, Submission
batch = Batch.objects.get()
again = Submission.objects.filter(retry_of__isnull=False)
print(json.dumps([batch.done, batch.not_done, again.count(), again.values("retry_of").distinct().count(),
    BatchItem.objects.filter(state="done", made__isnull=False).count()]))
"""
READY = "Dailies asks the providers"
PROGRESS = "SELECT done, ended_at IS NOT NULL FROM tasks_batch"


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_killed_again_and_again_nothing_is_made_twice(
    request: pytest.FixtureRequest, data_dir: Path, database: str
) -> None:
    more = {}
    if database == "postgres":
        more = {"DATABASE_URL": request.getfixturevalue("postgres_url")}
    made = manage(data_dir, "shell", "--verbosity", "0", "-c", MAKE, **more)
    assert made.returncode == 0, made.stderr

    def progress() -> tuple[int, bool]:
        if not more:
            (found,) = rows(data_dir, PROGRESS)
        else:
            with closing(psycopg.connect(more["DATABASE_URL"])) as connection:
                found = connection.execute(PROGRESS).fetchone() or (0, False)
        return int(found[0]), bool(found[1])

    chance, midway = random.Random(5), 0
    with ExitStack() as running:
        processes = [_started(running, data_dir, more) for _ in range(PROCESSES)]
        processes[0].wait_for(READY)
        for number in range(KILLS):
            _wait_for_more(progress)
            time.sleep(chance.random() / 10)
            processes[number % PROCESSES].signal(signal.SIGKILL)
            processes[number % PROCESSES].wait()  # else it is a zombie, which looks alive
            midway += not progress()[1]
            processes[number % PROCESSES] = _started(running, data_dir, more)
            processes[number % PROCESSES].wait_for(READY)
        eventually(lambda: progress()[1], "its end")
        for process in processes:
            process.signal()
    assert midway, "nobody was killed while there was something to do"
    told = manage(data_dir, "shell", "--verbosity", "0", "-c", TELL, **more)
    assert json.loads(told.stdout.splitlines()[-1]) == [COUNT, 0, COUNT, COUNT, COUNT]


def _started(running: ExitStack, data_dir: Path, more: dict[str, str]) -> Process:
    return running.enter_context(ended(Process("manage.py", "poll_tasks", env=environment(data_dir, **more))))


def _wait_for_more(progress: Callable[[], tuple[int, bool]]) -> None:
    before = progress()[0]
    eventually(lambda: progress()[0] > before or progress()[1], "some progress")
