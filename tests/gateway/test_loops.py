"""Scripts that work against a provider work against the gateway, with nothing changed but base URL and key."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.gateway.loops import DIALECTS, LANGUAGES, Dialect
from tests.processes import Served, ended, eventually, manage, rows, unavailable
from tests.threads import PATIENCE_S, TICK_S, Call, answering

pytestmark = pytest.mark.apart

KEY = "sk-loops-0123456789abcdef"
WATCHERS = 10
ENDS_AFTER_ASKS = 12
"""Of ten scripts that ask each for itself, some; of one that asks for all, all too many."""


@dataclass
class Maker:
    """A provider that makes something for every create call; a task has ended once `finish` was called."""

    dialect: Dialect
    finished: set[str] = field(default_factory=set)
    made: list[str] = field(default_factory=list)
    asked: int = 0
    wrong_key: int = 0
    url: str = ""

    def _fill(self, template: dict[str, object], task_id: str) -> bytes:
        return json.dumps(template).replace("{id}", task_id).encode()

    def answer(self, method: str, path: str, key: str) -> tuple[int, bytes]:
        if self.dialect.name != "moneyprinter" and key != f"Bearer {KEY}":
            self.wrong_key += 1
            return 401, b'{"error": {"message": "Invalid API key", "code": "invalid_api_key"}}'
        if method == "POST" and path == self.dialect.create:
            self.made.append(str(uuid4()))
            return 200, self._fill(self.dialect.created, self.made[-1])
        task_id = path.rpartition("/")[2]
        if task_id not in self.made:
            return 404, b'{"error": {"message": "Not found"}}'
        self.asked += 1
        ended_now = task_id in self.finished
        return 200, self._fill(self.dialect.ended if ended_now else self.dialect.running, task_id)


@contextmanager
def running(dialect: Dialect) -> Iterator[Maker]:
    maker = Maker(dialect)

    def answer(call: Call) -> None:
        call.reply(*maker.answer(call.command, call.path, call.headers.get("Authorization", "")))

    with answering(answer) as maker.url:
        yield maker


@pytest.fixture(scope="module")
def served(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    process = Served(Path(shutil.copytree(prepared_dir, tmp_path_factory.mktemp("gateway") / "data")))
    with ended(process):
        yield process


def connect(served: Served, maker: Maker) -> tuple[str, str]:
    """Base URL and token of a new account's gateway."""
    slug = f"loop-{uuid4().hex[:8]}"
    key = () if maker.dialect.name == "moneyprinter" else ("--api-key-env", "LOOP_KEY")
    made = manage(
        served.data_dir,
        *("add_account", maker.dialect.name, slug, "--base-url", maker.url, "--poll-interval", "0.3", *key),
        LOOP_KEY=KEY,
    )
    assert made.returncode == 0, made.stderr
    return f"{served.url}/gateway/{slug}", (served.data_dir / "token").read_text()


def start(language: str, dialect: Dialect, base: str, key: str) -> "subprocess.Popen[str]":
    program = LANGUAGES[language]
    if not program[0]:
        unavailable(language, "PATH", FileNotFoundError(language))
    done = dialect.done
    if language == "curl":
        done = '"state": 1' if dialect.name == "moneyprinter" else f'"status": "{dialect.done}"'
    return subprocess.Popen(
        [*program, *dialect.arguments(base, key, done)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"NO_PROXY": "*"},
    )


def made_after(maker: Maker, count: int) -> str:
    """The id of the task that comes after so many others."""
    found: list[str] = eventually(lambda: maker.made[count:], "a create call")
    return found[0]


def result(script: "subprocess.Popen[str]") -> Any:
    out, err = script.communicate(timeout=2 * PATIENCE_S)
    assert script.returncode == 0, err
    return json.loads(out)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_a_loop_ends_with_the_same_result(served: Served, dialect: Dialect, language: str) -> None:
    with running(dialect) as maker:
        base, token = connect(served, maker)
        found = []
        for address, key in ((maker.url, KEY), (base, token)):
            count = len(maker.made)
            script = start(language, dialect, address, key)
            task_id = made_after(maker, count)
            maker.finished.add(task_id)
            found.append(json.dumps(result(script), sort_keys=True).replace(task_id, "{id}"))
    assert found[0] == found[1]
    assert len(maker.made) == 2
    assert maker.wrong_key == 0
    sql = "SELECT count(*) FROM tasks_task WHERE remote_id = ?"
    assert rows(served.data_dir, sql, maker.made[1]) == [(1,)]
    assert rows(served.data_dir, sql, maker.made[0]) == [(0,)]


def test_ten_scripts_that_watch_one_task_ask_the_provider_like_one(served: Served) -> None:
    """A fifth at the most of what they ask when each asks for itself."""
    dialect = DIALECTS[0]
    asked = []
    with running(dialect) as maker:
        base, token = connect(served, maker)
        for address, key in ((maker.url, KEY), (base, token)):
            count, before = len(maker.made), maker.asked
            first = start("python", dialect, address, key)
            task_id = made_after(maker, count)
            watching = Watchers(address, key, task_id)
            eventually(lambda: watching.heard >= WATCHERS * ENDS_AFTER_ASKS, "ten who watch")  # noqa: B023
            maker.finished.add(task_id)
            assert result(first)["status"] == "completed"
            assert watching.end() == {"completed"}
            asked.append(maker.asked - before)
    assert asked[1] * 5 <= asked[0]


class Watchers:
    """Ten loops that ask how a task stands, until it has ended."""

    def __init__(self, base: str, key: str, task_id: str) -> None:
        self.heard = 0
        self._ends: set[str] = set()
        self._url, self._key = f"{base}/v1/tasks/{task_id}", key
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._watch) for _ in range(WATCHERS)]
        for thread in self._threads:
            thread.start()

    def _watch(self) -> None:
        status = ""
        pause = threading.Event()
        with httpx.Client(trust_env=False, timeout=PATIENCE_S) as client:
            while status not in {"completed", "failed"}:
                headers = {"Authorization": f"Bearer {self._key}"}
                status = client.get(self._url, headers=headers).json()["status"]
                with self._lock:
                    self.heard += 1
                pause.wait(TICK_S)
        with self._lock:
            self._ends.add(status)

    def end(self) -> set[str]:
        for thread in self._threads:
            thread.join(PATIENCE_S)
        return self._ends
