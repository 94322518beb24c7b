"""Real processes, killed at any moment: the end is the same, and nothing half done is ever seen."""

import hashlib
import json
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.archive.slow_files import SlowFiles, slow_files
from tests.processes import Process, Served, ended, environment, eventually, manage

pytestmark = pytest.mark.apart

FILES = 6
SIZE_BYTES = 1_500_000
KILLS = 4

MAKE = """
from tasks.startup import prepare
prepare()
from tasks.accounts import create_account
from tasks.lifecycle import Change, record
from tasks.models import Task
from tasks.providers.contract import Adoption, File
from tasks.tracking import track
from tasks.vocabulary import Kind
account = create_account("lemondata", "lemon", base_url="{url}")
for number in range({files}):
    task = track(account, Adoption(str(number), kind=Kind.VIDEO), None).task
    Task.objects.filter(pk=task.pk).update(status="succeeded", next_poll_at=None)
    record(task.pk, Change(files=(File(url=f"{url}/{{number}}", kind=Kind.VIDEO),)), task.created_at)
"""
TELL = """
import json
from tasks.models import Event, Poller, Result
rows = Result.objects.order_by("task__remote_id").values_list(
    "task__remote_id", "pk", "archive", "sha256", "bytes", "claimed_by")
told = {
    "rows": [[str(value) for value in row] for row in rows],
    "saved": Event.objects.filter(type="saved").count(),
    "pollers": Poller.objects.count(),
}
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Told:
    """Of each result its name, id, archive, hash, size and holder; and how many events and pollers there are."""

    rows: list[list[str]]
    saved: int
    pollers: int


@dataclass(frozen=True)
class Installation:
    data_dir: Path
    settings: dict[str, str]

    def start(self) -> Process:
        env = environment(self.data_dir, **self.settings)
        process = Process("manage.py", "poll_tasks", env=env)
        process.wait_for("Dailies asks the providers")
        return process

    def run(self, code: str) -> str:
        done = manage(self.data_dir, "shell", "--verbosity", "0", "-c", code, **self.settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tell(self) -> Told:
        return Told(**json.loads(self.run(TELL).splitlines()[-1]))

    def visible(self) -> list[Path]:
        """What lies in the media folder under the name by which it would be served."""
        results = self.data_dir / "media" / "results"
        return [path for path in results.rglob("*") if path.is_file() and not path.name.startswith(".")]


@pytest.fixture
def files() -> Iterator[SlowFiles]:
    with slow_files(SIZE_BYTES, 0.08) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request: pytest.FixtureRequest, files: SlowFiles, data_dir: Path) -> Installation:
    more = {}
    if request.param == "postgres":
        more = {"DATABASE_URL": request.getfixturevalue("postgres_url")}
    made = Installation(data_dir, more)
    made.run(MAKE.format(url=files.url, files=FILES))
    return made


def wait_for_bytes(files: SlowFiles, count: int) -> None:
    eventually(lambda: files.sent_bytes > count, "some bytes")


def check_visible(installation: Installation, digests: set[str]) -> None:
    for path in installation.visible():
        assert hashlib.sha256(path.read_bytes()).hexdigest() in digests


def test_killed_again_and_again_it_keeps_everything(installation: Installation, files: SlowFiles) -> None:
    digests = {files.digest(str(n)) for n in range(FILES)}
    chance = random.Random(3)
    for _ in range(KILLS):
        before = files.sent_bytes
        with ended(installation.start()) as process:
            more = chance.randrange(500_000, 2_000_000)
            wait_for_bytes(files, before + more)
            time.sleep(chance.random() / 10)
            process.signal(signal.SIGKILL)
            process.wait()
        check_visible(installation, digests)
    with ended(installation.start()) as process:
        eventually(lambda: len(installation.visible()) == FILES, "all files")
        eventually(lambda: is_all_saved(installation), "all rows")
        assert process.stop() == 0
    told = installation.tell()
    assert [row[2:] for row in told.rows] == [
        ["stored", files.digest(row[0]), str(SIZE_BYTES), "None"] for row in told.rows
    ]
    assert told.pollers == 0
    assert any(files.starts), "nothing was continued"
    assert [path.name for path in (installation.data_dir / "incoming").iterdir()] == []
    check_visible(installation, digests)


def is_all_saved(installation: Installation) -> bool:
    told = installation.tell()
    return all(row[2] == "stored" for row in told.rows) and told.saved == FILES


def test_told_to_end_it_ends_soon_and_leaves_its_parts(installation: Installation, files: SlowFiles) -> None:
    files.pause_s = 0.2
    with ended(installation.start()) as process:
        eventually(lambda: files.sent_bytes > 500_000, "some bytes")
        begun = time.monotonic()
        assert process.stop() == 0
        assert time.monotonic() - begun < 15
    told = installation.tell()
    assert {row[2] for row in told.rows} == {"pending"}
    assert {row[5] for row in told.rows} == {"None"}
    parts = list((installation.data_dir / "incoming").glob("*.part"))
    assert sum(part.stat().st_size for part in parts) > 0


def test_once_keeps_what_is_due_and_ends(data_dir: Path) -> None:
    with slow_files(200_000, 0.0) as files:
        made = Installation(data_dir, {})
        made.run(MAKE.format(url=files.url, files=3))
        done = manage(data_dir, "poll_tasks", "--once")
        assert (done.returncode, done.stdout) == (0, "Asked about 0 tasks.\nSaved 3 files.\n")
        assert len(made.visible()) == 3


def test_the_web_server_keeps_them_too_unless_it_leaves_that_to_others(data_dir: Path) -> None:
    with slow_files(200_000, 0.0) as files:
        made = Installation(data_dir, {})
        made.run(MAKE.format(url=files.url, files=2))
        with ended(Served(data_dir, "--no-poller")) as served:
            assert served.stop() == 0
        assert made.visible() == []
        with ended(Served(data_dir)) as served:
            eventually(lambda: len(made.visible()) == 2, "both files")
            assert served.stop() == 0
