"""Several poller processes on one database, and what they have written."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[2]
QUICK: dict[str, Any] = {
    "heartbeat_s": 0.5,
    "dead_after_s": 5.0,
    "look_s": 0.3,
    "facts_s": 0.5,
    "tell_s": 0.5,
    "usual_first_gap_s": 1.0,
    "longest_gap_s": 3.0,
    "budget_window_s": 10.0,
    "dead_flight_s": 1.0,
    "transient_gap_s": 0.5,
    "longest_transient_gap_s": 2.0,
}
"""Durations of a poller, a sixth of the usual."""
FILL = """
import json, sys
from datetime import timedelta
from django.utils import timezone
from tasks.models import Account, Task
given, now = json.loads(sys.argv[1]), timezone.now()
for one in given["accounts"]:
    key = one.pop("key")
    names, account = one.pop("tasks"), Account(provider="lemondata", **one)
    account.set_api_key(key)
    account.save()
    Task.objects.bulk_create((Task(
        account=account, remote_id=name, kind="video", status="running", raw_status="processing", progress=0,
        model="veo3.1", next_poll_at=now, started_at=now, deadline_at=now + timedelta(hours=9),
    ) for name in names), batch_size=500)
"""


class Fleet:
    """Pollers that share the database of `environment`."""

    def __init__(self, environment: dict[str, str], timing: dict[str, Any]) -> None:
        self.environment = environment
        self.pollers: list[subprocess.Popen[str]] = []
        self._timing = timing

    def fill(self, accounts: list[dict[str, Any]]) -> None:
        """Accounts with their keys and the names of their running tasks."""
        whole = "import django; django.setup()\n" + FILL
        given = json.dumps({"accounts": accounts})
        subprocess.run([sys.executable, "-c", whole, given], cwd=ROOT, env=self.environment, check=True)

    def start(self) -> "subprocess.Popen[str]":
        one = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.poller_process", json.dumps(self._timing)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pollers.append(one)
        return one

    def await_ready(self) -> None:
        for one in self.pollers:
            assert one.stdout is not None
            if not one.stdout.closed and one.stdout.readline():
                one.stdout.close()

    def kill(self, one: "subprocess.Popen[str]") -> None:
        one.kill()
        self._gone(one)

    def kill_any(self, chance: random.Random) -> None:
        self.kill(chance.choice(self.pollers))

    def stop(self) -> None:
        for one in list(self.pollers):
            one.send_signal(signal.SIGCONT)
            one.terminate()
        for one in list(self.pollers):
            try:
                one.wait(20)
            finally:
                one.kill()
                self._gone(one)

    def _gone(self, one: "subprocess.Popen[str]") -> None:
        one.wait(10)
        if one.stdout and not one.stdout.closed:
            one.stdout.close()
        self.pollers.remove(one)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        if url := self.environment.get("DATABASE_URL"):
            with psycopg.connect(url) as connection:
                return connection.execute(sql.encode()).fetchall()
        path = Path(self.environment["DATA_DIR"]) / "dailies.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(sql).fetchall()

    def parts(self) -> list[int]:
        """How many tasks each living poller holds."""
        sql = (
            "SELECT (SELECT count(*) FROM tasks_task t WHERE t.claimed_by_id = p.id) FROM tasks_poller p"
            " WHERE duty = 'polling'"
        )
        return sorted(count for (count,) in self.query(sql))


@contextmanager
def fleet(database_url: str, timing: dict[str, Any], redis_url: str = "") -> Iterator[Fleet]:
    """On an empty database of that address, or on SQLite; all processes are ended."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "DATA_DIR": folder,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "LOG_LEVEL": "ERROR",
        }
        prepare = "import django; django.setup(); from tasks.startup import prepare; prepare()"
        subprocess.run([sys.executable, "-c", prepare], cwd=ROOT, env=environment, check=True)
        ours = Fleet(environment, timing)
        try:
            yield ours
        finally:
            ours.stop()


def wait_until(check: Callable[[], Any], within_s: float) -> float | None:
    """Seconds until it was true; None when it was not in time."""
    begun = time.monotonic()
    while time.monotonic() - begun < within_s:
        if check():
            return time.monotonic() - begun
        time.sleep(0.05)
    return None
