"""Real processes: `manage.py` commands on data folders of their own, and the services they may use."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NoReturn
from uuid import uuid4

import httpx
import psycopg
import pytest
import redis

from tests.threads import PATIENCE_S, TICK_S, Call, answering

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery"
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")

PREPARE = f"""
from django.conf import settings
from django.contrib.auth.models import User
from dashboard.startup import collect_static
from dashboard.tokens import create_token
from tasks.startup import prepare
prepare()
collect_static()
boss = User.objects.create_superuser("boss", password="{PASSWORD}")
(settings.DATA_DIR / "token").write_text(create_token(boss))
"""


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """What a command is started with: nothing of the test run's own settings."""
    ours = {
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "PUBLIC_URL",
        "MEDIA_STORAGE",
        "MEDIA_DELIVERY",
        "DEBUG",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "METRICS_PUBLIC",
        "NOTIFY_PRIVATE_HOSTS",
        "SITE_TIME_ZONE",
        "DJANGO_SETTINGS_MODULE",
        "DAILIES_DEMO",
    }
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"} | more


def manage(data_dir: Path, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        env=environment(data_dir, **more),
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
    )


class Process:
    """A command that runs apart; its output is read line by line."""

    def __init__(self, *command: str, env: dict[str, str]) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._readers = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_output(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def _read_errors(self) -> None:
        assert self.popen.stderr is not None
        self.errors.extend(line.rstrip("\n") for line in self.popen.stderr)

    def wait_for(self, text: str) -> str:
        """The first line of standard output that holds `text`."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"no line with {text!r} in time: {self.lines} {self.errors}") from None
            if line is None:
                code = self.wait()
                raise AssertionError(f"ended with {code} without {text!r}: {self.lines} {self.errors}")
            self.lines.append(line)
            if text in line:
                return line

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.popen.send_signal(number)

    def wait(self) -> int:
        """Its exit code, once it has ended and its output is read."""
        code = self.popen.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        while (line := self._drain()) is not None:
            self.lines.append(line)
        for pipe in (self.popen.stdout, self.popen.stderr):
            if pipe:
                pipe.close()
        return code

    def _drain(self) -> str | None:
        try:
            return self._queue.get_nowait()
        except Empty:
            return None

    def stop(self) -> int:
        """Ask it to end, as an operator would."""
        self.signal()
        return self.wait()


class Served(Process):
    """A `serve` process that is ready."""

    def __init__(self, data_dir: Path, *args: str, **more: str) -> None:
        self.data_dir = data_dir
        port = () if "--port" in args else ("--port", "0")
        super().__init__("manage.py", "serve", *port, *args, env=environment(data_dir, **more))
        self.url = self.wait_for("Dailies is ready at ").removeprefix("Dailies is ready at ").rstrip("/")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, trust_env=False, timeout=PATIENCE_S, **options)


@contextmanager
def ended(process: Process) -> Iterator[Process]:
    """No test leaves a process behind, however it ends."""
    try:
        yield process
    finally:
        if process.popen.poll() is None:
            process.popen.kill()
        process.wait()


def eventually(check: Callable[[], Any], what: str) -> Any:
    """The first true answer of `check`, asked every few hundredths of a second."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := check()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(TICK_S)
    return found


def rows(data_dir: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What a data folder's database says, read beside the process that uses it."""
    connection = sqlite3.connect(f"file:{data_dir / 'dailies.sqlite3'}?mode=ro", uri=True, timeout=PATIENCE_S)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


class ToldProvider:
    """A LemonData that answers every poll with `body`; with None it keeps the asker waiting."""

    def __init__(self) -> None:
        self.url = ""
        self.release = threading.Event()
        self.reset()

    def reset(self) -> None:
        self.body: dict[str, Any] | None = {"status": "processing", "progress": 40}
        self.asked = 0
        self.release.clear()

    def answer(self, call: Call) -> None:
        self.asked += 1
        if self.body is None:
            self.release.wait(PATIENCE_S)
            return
        remote_id = call.path.rpartition("/")[2]
        call.reply(200, {"id": remote_id, "task_id": remote_id} | self.body)


@pytest.fixture(scope="session")
def told_server() -> Iterator[ToldProvider]:
    provider = ToldProvider()
    with answering(provider.answer) as provider.url:
        yield provider
        provider.release.set()


@pytest.fixture
def told_provider(told_server: ToldProvider) -> Iterator[ToldProvider]:
    """A provider that begins with the same answer in every test."""
    told_server.reset()
    yield told_server
    told_server.release.set()


@pytest.fixture(scope="session")
def prepared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `serve` leaves it, with a superuser `boss` who has `PASSWORD` and an API token in `token`."""
    folder: Path = tmp_path_factory.mktemp("prepared") / "data"
    made = manage(folder, "shell", "--verbosity", "0", "-c", PREPARE)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def data_dir(prepared_dir: Path, tmp_path: Path) -> Path:
    """A prepared data folder of the test's own: `serve` on it is ready soonest."""
    return Path(shutil.copytree(prepared_dir, tmp_path / "data"))


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    name = f"dailies_{uuid4().hex[:12]}"
    try:
        with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
    except psycopg.OperationalError as error:
        unavailable("PostgreSQL", POSTGRES, error)
    yield POSTGRES.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def redis_url() -> str:
    """A Redis that answers."""
    client = redis.Redis.from_url(REDIS, socket_connect_timeout=3)
    try:
        client.ping()
    except redis.RedisError as error:
        unavailable("Redis", REDIS, error)
    finally:
        client.close()
    return REDIS


def unavailable(service: str, address: str, error: Exception) -> NoReturn:
    """Skipped on a person's machine; on CI it is a failure."""
    message = f"{service} does not answer at {address}: {error}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
