import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.processes import Process, ToldProvider, ended, environment, eventually, manage, rows

pytestmark = pytest.mark.apart


@pytest.fixture
def polling(tracked: Path) -> Iterator[Process]:
    with ended(Process("manage.py", "poll_tasks", env=environment(tracked))) as process:
        process.wait_for("Dailies asks the providers")
        yield process


def standing(data_dir: Path) -> tuple[object, ...]:
    (row,) = rows(data_dir, "SELECT status, progress, poll_count, claimed_by_id FROM tasks_task")
    return row


def test_once_asks_about_what_is_due_and_ends(tracked: Path, told_provider: ToldProvider) -> None:
    done = manage(tracked, "poll_tasks", "--once")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Asked about 1 task.\n", "")
    assert told_provider.asked == 1
    assert standing(tracked) == ("running", 40, 1, None)


def test_its_lines_tell_what_they_are_about_and_never_the_key(
    tracked: Path, told_provider: ToldProvider
) -> None:
    told_provider.body = {"status": "no such word", "error": "the key sk-test-0123456789abcdef is bad"}
    done = manage(tracked, "poll_tasks", "--once", LOG_FORMAT="json", LOG_LEVEL="DEBUG")
    assert done.returncode == 0
    assert "sk-test" not in done.stderr
    ((task_id,),) = rows(tracked, "SELECT id FROM tasks_task")
    about = {"duty": "polling", "account": "lemon", "task": str(UUID(task_id)), "outcome": "answered"}
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [one["message"][:5] for one in lines if one | about == one] == ["asked"]


def test_once_ends_when_nothing_is_due(data_dir: Path) -> None:
    done = manage(data_dir, "poll_tasks", "--once")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Asked about 0 tasks.\n", "")


def test_it_shows_what_it_counts_to_this_machine(tracked: Path) -> None:
    command = ("manage.py", "poll_tasks", "--metrics-port", "0")
    with ended(Process(*command, env=environment(tracked))) as process:
        url = process.wait_for("Prometheus finds").rpartition(" at ")[2].rstrip(".")
        assert url.startswith("http://127.0.0.1:")
        counted = 'dailies_polls_total{account="lemon",outcome="answered"}'
        eventually(lambda: counted in httpx.get(url, trust_env=False).text, "the first answer counted")
        assert "dailies_loop_block_seconds_count" in httpx.get(url, trust_env=False).text
        assert process.stop() == 0
    assert process.errors == []


def test_it_says_when_it_cannot_show_what_it_counts(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = manage(data_dir, "poll_tasks", "--metrics-port", str(port))
    assert failed.returncode == 1
    assert f"The metrics cannot be shown at 127.0.0.1:{port}: Address already in use." in failed.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_polls_until_it_is_told_to_end(tracked: Path, polling: Process, number: int) -> None:
    eventually(lambda: standing(tracked)[1] == 40, "the first answer")
    assert standing(tracked)[3] is not None
    polling.signal(number)
    assert polling.wait() == 0
    assert polling.errors == []
    assert standing(tracked)[3] is None
    assert rows(tracked, "SELECT count(*) FROM tasks_poller") == [(0,)]


def test_a_second_signal_ends_it_at_once(
    polling: Process, tracked: Path, told_provider: ToldProvider
) -> None:
    eventually(lambda: standing(tracked)[1] == 40, "the first answer")
    told_provider.body = None
    asked = told_provider.asked
    eventually(lambda: told_provider.asked > asked, "a request that hangs")
    polling.signal()
    assert polling.popen.poll() is None
    eventually(lambda: ends_by(polling, signal.SIGTERM), "the end")
    assert polling.wait() == -signal.SIGTERM


def ends_by(process: Process, number: int) -> bool:
    """Signals are merged while none of them is handled, so one more is sent until it has ended."""
    process.signal(number)
    return process.popen.poll() is not None
