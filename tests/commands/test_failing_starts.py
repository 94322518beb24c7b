"""What cannot work is told in one sentence that names the setting, without a trace, and nothing secret is in it."""

import json
from pathlib import Path

import pytest

from tests.processes import POSTGRES, Served, ended, manage

pytestmark = pytest.mark.apart

NO_FOLDER = "sqlite:////no/such/folder/dailies.sqlite3"
COMMANDS = [
    ["migrate"],
    ["createsuperuser", "--noinput", "--username", "mira", "--email", "mira@dailies.example"],
    ["create_token", "mira"],
    ["add_account", "lemondata", "lemon"],
    ["poll_tasks", "--once"],
    ["serve", "--port", "0"],
]


@pytest.mark.parametrize("args", COMMANDS, ids=lambda args: args[0])
def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path, args: list[str]) -> None:
    failed = manage(tmp_path / "data", *args, DATABASE_URL=NO_FOLDER)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.removeprefix("CommandError: ") == (
        "DATABASE_URL: the database cannot be used: unable to open database file\n"
    )


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgres://mira:hunter2@127.0.0.1:9/dailies", "Connection refused"),
        ("postgres://mira:hunter2@no.such.host.invalid/dailies", "resolve host"),
        (f"{POSTGRES}?nonsense=hunter2", "nonsense"),
    ],
)
def test_a_postgresql_that_cannot_be_reached_is_told_at_once(tmp_path: Path, url: str, reason: str) -> None:
    failed = manage(tmp_path / "data", "create_token", "mira", DATABASE_URL=url)
    assert (failed.returncode, failed.stdout) == (1, "")
    (line,) = failed.stderr.splitlines()
    assert line.startswith("CommandError: DATABASE_URL: the database cannot be used: ")
    assert reason in line
    assert "hunter2" not in line


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for more in ({}, {"SECRET_KEY": "a key of one's own, which is long enough"}):
        failed = manage(tmp_path / "file" / "data", "create_token", "mira", **more)
        assert (failed.returncode, failed.stdout) == (1, "")
        assert "DATA_DIR: " in failed.stderr
        assert "Traceback" not in failed.stderr


def test_a_trace_can_be_asked_for(tmp_path: Path) -> None:
    failed = manage(tmp_path / "data", "migrate", "--traceback", DATABASE_URL=NO_FOLDER)
    assert "Traceback" in failed.stderr


def test_without_redis_it_serves_and_says_so(data_dir: Path) -> None:
    with ended(Served(data_dir, "--no-poller", REDIS_URL="redis://:hunter2@127.0.0.1:9/0")) as process:
        assert isinstance(process, Served)
        answer = process.get("/readyz")
        assert answer.status_code == 503
        assert json.loads(answer.text)["layer"] != "ok"
        assert process.stop() == 0
        assert process.errors[0].startswith("REDIS_URL: Redis does not answer (")
        assert "hunter2" not in "".join(process.errors)


def test_a_superuser_can_be_made_before_the_first_start(tmp_path: Path) -> None:
    args = ["createsuperuser", "--noinput", "--username", "mira", "--email", "mira@dailies.example"]
    made = manage(tmp_path / "data", *args, DJANGO_SUPERUSER_PASSWORD="correct horse battery")
    assert (made.returncode, made.stderr) == (0, "")
    assert manage(tmp_path / "data", "create_token", "mira").stdout.startswith("dly_")


def test_a_new_secret_key_takes_over_with_the_old_one_beside_it(tmp_path: Path) -> None:
    data, new = tmp_path / "data", "another secret key, long enough to be one"
    assert (
        manage(data, "add_account", "lemondata", "lemon", "--api-key-env", "K", K="sk-1234567890").returncode
        == 0
    )
    old = (data / "secret_key").read_text()
    assert manage(data, "poll_tasks", "--once", SECRET_KEY=new).returncode == 1
    assert manage(data, "poll_tasks", "--once", SECRET_KEY=new, SECRET_KEY_FALLBACKS=old).returncode == 0
    assert manage(data, "poll_tasks", "--once", SECRET_KEY=new).returncode == 0
    read = "from tasks.models import Account; print(Account.objects.get().api_key)"
    assert manage(data, "shell", "--verbosity", "0", "-c", read, SECRET_KEY=new).stdout == "sk-1234567890\n"
    assert "SECRET_KEY" in manage(data, "poll_tasks", "--once").stderr
