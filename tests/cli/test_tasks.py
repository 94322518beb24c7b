"""Tasks tracked, listed, watched and waited for, against a real server."""

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Room
from tests.cli.studio import FILM
from tests.processes import ROOT, eventually
from tests.threads import PATIENCE_S

UNKNOWN = "0190f3a2-7c1e-7b7e-9a51-3d1c0c0e5a11"


def tracked(room: Room, title: str = "Shot 1") -> dict[str, Any]:
    body = {"account": "lemon", "remote_id": room.studio.new_id(), "title": title}
    found = room.call("POST", "tasks", json=body)
    assert isinstance(found, dict)
    return found


def on_terminal(room: Room, *args: str) -> str:
    """What a command that succeeds draws on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", *args],
        cwd=ROOT,
        env=room.environment | {"COLUMNS": "200", "TERM": "xterm"},
        stdout=theirs,
    )
    os.close(theirs)
    drawn = b""
    with suppress(OSError):  # how a terminal says that nobody writes to it any more
        while part := os.read(ours, 65536):
            drawn += part
    os.close(ours)
    assert process.wait(PATIENCE_S) == 0
    return drawn.decode()


def test_lines_are_tracked_and_reported_one_by_one(room: Room) -> None:
    old = tracked(room)
    text = f"{room.studio.new_id()}\n{room.studio.url}/v1/tasks/{room.studio.new_id()}\n{old['remote_id']}\nhttps://other.example/1\n"
    ran = room.run("track", "--tag", "night", text=text)
    outcomes = [line.split("\t") for line in ran.stdout.splitlines()]
    assert [outcome for outcome, _, _ in outcomes] == ["new", "new", "known", "failed"]
    assert room.call("GET", f"tasks/{outcomes[0][1]}")["tags"] == ["night"]
    assert outcomes[2][1] == old["id"]
    assert ran.returncode == 1
    assert ran.stderr == ""


def test_an_answer_and_a_table_are_tracked(room: Room) -> None:
    answer = json.dumps(room.studio.standing(room.studio.new_id()))
    assert room.run("track", answer, "--title", "From an answer").stdout.startswith("new\t")
    table = f"id,title\n{room.studio.new_id()},From a table\n"
    (line,) = room.run("track", "-", "--json", text=table).stdout.splitlines()
    assert json.loads(line)["task"]["title"] == "From a table"


def test_an_account_that_does_not_exist_is_told_for_the_line(room: Room) -> None:
    ran = room.run("track", "--account", "lime", "ldtask_9")
    assert ran.returncode == 1
    assert "There is no account “lime”" in ran.stdout


def test_lists_are_filtered_and_made_for_pipes(room: Room) -> None:
    fox, owl = tracked(room, "Fox\tand hen"), tracked(room, "Owl")
    ran = room.run("list", "-q", "fox\tand", "--account", "lemon", "--status", "queued,running")
    (line,) = ran.stdout.splitlines()
    assert line.startswith(f"{fox['id']}\t")
    assert line.endswith("\tFox and hen")
    ran = room.run("list", "--json", "--limit", "1")
    assert [json.loads(line)["id"] for line in ran.stdout.splitlines()] == [owl["id"]]


def test_a_filter_the_server_does_not_know_is_wrong_usage(room: Room) -> None:
    ran = room.run("list", "--status", "done")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "dailies: status: “done” is not a known status.\n"


def test_a_table_is_drawn_on_a_terminal(room: Room) -> None:
    task = tracked(room, "On a [bold]terminal")
    drawn = on_terminal(room, "list", "-q", "terminal")
    assert "created at" in drawn
    assert task["id"] in drawn
    assert "On a [bold]terminal" in drawn


def test_one_task_is_shown_with_its_history(room: Room) -> None:
    task = tracked(room)
    ran = room.run("get", f"{room.url}/tasks/{task['id']}")
    assert ran.stdout.startswith("Shot 1\n")
    assert "Tracked at lemon" in ran.stdout
    assert json.loads(room.run("get", task["id"], "--json").stdout)["events"]


def test_an_unknown_task_is_a_failure(room: Room) -> None:
    ran = room.run("get", UNKNOWN)
    assert ran.returncode == 1
    assert ran.stderr == "dailies: There is no task with this id, or it is in the trash.\n"


def test_waiting_ends_when_all_of_them_are_over(room: Room) -> None:
    first, second = tracked(room), tracked(room)
    process = room.start("wait", first["id"], second["id"])
    room.studio.is_done.set()
    assert process.wait() == 0, process.errors
    assert [line.split("\t")[:2] for line in process.lines] == [
        [first["id"], "succeeded"],
        [second["id"], "succeeded"],
    ]


def test_what_is_stopped_while_it_is_waited_for_counts_as_failed(room: Room) -> None:
    task = tracked(room)
    process = room.start("watch", task["id"])
    process.wait_for(task["id"])
    room.call("DELETE", f"tasks/{task['id']}")
    assert process.wait() == 0
    assert json.loads(process.lines[-1]) == {"id": task["id"], "gone": True}
    ran = room.run("wait", task["id"])
    assert ran.returncode == 1
    assert ran.stdout == f"{task['id']}\tgone\t\n"


def test_waiting_gives_up_in_time(room: Room) -> None:
    task = tracked(room)
    ran = room.run("wait", task["id"], "--timeout", "0.1s")
    assert ran.returncode == 4
    assert ran.stdout == ""


def test_everything_is_watched_and_ctrl_c_ends_it_quietly(room: Room) -> None:
    before = tracked(room, "Before")
    process = room.start("watch")
    process.wait_for(before["id"])
    later = tracked(room, "Later")
    process.wait_for(later["id"])
    process.signal(signal.SIGINT)
    assert process.wait() == 130
    assert "".join(process.errors) == ""


def test_a_reader_that_goes_away_ends_it_quietly(room: Room) -> None:
    tracked(room)
    reads, writes = os.pipe()
    os.close(reads)
    ran = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "list", "--json"],
        cwd=ROOT,
        env=room.environment,
        stdout=writes,
        stderr=subprocess.PIPE,
        timeout=PATIENCE_S,
        check=False,
    )
    os.close(writes)
    assert (ran.returncode, ran.stderr) == (141, b"")


def test_a_reader_that_goes_away_ends_watching(room: Room) -> None:
    tracked(room)
    watching = subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "watch"],
        cwd=ROOT,
        env=room.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert watching.stdout
    assert watching.stderr
    with watching.stderr:
        watching.stdout.readline()
        watching.stdout.close()
        tracked(room)
        assert watching.wait(PATIENCE_S) == 141
        assert watching.stderr.read() == b""


def test_bars_are_drawn_on_a_terminal(room: Room) -> None:
    task = tracked(room, "Seen [red]on a terminal")
    room.studio.is_done.set()
    drawn = on_terminal(room, "watch", task["id"])
    assert "Seen [red]on a terminal" in drawn
    assert "succeeded" in drawn


def test_a_login_is_kept_when_the_server_takes_it(room: Room) -> None:
    room.settings.clear()
    refused = room.run("login", room.url, text="dly_wrong\n")
    assert refused.returncode == 3
    assert "dly_wrong" not in refused.stderr
    assert not room.home.exists()
    assert room.run("login", room.url, text=room.token).returncode == 0
    assert room.run("list", "--limit", "1").returncode == 0


def test_links_are_printed_alone(room: Room) -> None:
    task = tracked(room)
    ran = room.run(
        "share", task["id"], "--expires", "never", "--password", "under the bridge", "--no-download"
    )
    assert ran.stdout.startswith(f"{room.url}/s/")
    (link,) = room.call("GET", f"tasks/{task['id']}/shares")["items"]
    assert (link["expires_at"], link["has_password"], link["allow_download"]) == (None, True, False)


@pytest.mark.parametrize("command", ["share", "track"])
def test_a_token_that_may_not_is_told_so(room: Room, command: str) -> None:
    task = tracked(room)
    room.settings["DAILIES_TOKEN"] = "dly_nobody"
    ran = room.run(command, task["id"])
    assert ran.returncode == 3
    assert "does not accept the token" in ran.stderr


def test_results_are_downloaded_and_not_twice(room: Room, tmp_path: Path) -> None:
    task = tracked(room, "The sea")
    ran = room.run("download", task["id"])
    assert ran.returncode == 1
    assert "It has no results" in ran.stderr
    room.studio.is_done.set()
    eventually(lambda: is_stored(room, task["id"]), "a copy is stored")
    for _ in range(2):
        ran = room.run("download", task["id"], "--dir", str(tmp_path / "films"))
        assert ran.returncode == 0
    ran = room.run("download", UNKNOWN, task["id"], "--dir", str(tmp_path / "films"))
    assert (ran.returncode, ran.stderr.startswith(f"{UNKNOWN}: There is no task")) == (1, True)
    (film,) = (tmp_path / "films").iterdir()
    assert ran.stdout == f"{film}\n"
    assert film.read_bytes() == FILM.read_bytes()


def is_stored(room: Room, task_id: str) -> bool:
    results = room.call("GET", f"tasks/{task_id}")["results"]
    return [result["archive"] for result in results] == ["stored"]
