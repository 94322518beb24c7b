"""From a terminal to a finished, shared and downloaded film, against a real server."""

import json
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Room
from tests.cli.studio import FILM
from tests.processes import eventually
from tests.threads import PATIENCE_S

FOX = ("create", "lemon", "video", "-p", "model=veo3.1", "-p", "prompt=A red fox", "-p", "duration=8")


def test_from_a_prompt_to_a_link_that_shows_the_film(room: Room) -> None:
    process = room.start(*FOX, "--title", "Shot 12", "--wait", "--share")
    eventually(lambda: room.studio.orders, "the provider was called")
    room.studio.is_done.set()
    assert process.wait() == 0, process.errors
    (url,) = process.lines
    assert url.startswith(f"{room.url}/s/")
    page = httpx.get(url, trust_env=False, timeout=PATIENCE_S)
    assert page.status_code == 200
    assert "Shot 12" in page.text
    assert "<video" in page.text
    (order,) = room.studio.orders
    assert (order["prompt"], order["duration"]) == ("A red fox", 8)


def test_a_film_comes_home_whole(room: Room, tmp_path: Path) -> None:
    room.studio.is_done.set()
    ran = room.run(*FOX, "--title", "The sea", "--download", str(tmp_path / "films"), "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    (file,) = told["files"]
    assert told["status"] == "succeeded"
    assert Path(file).read_bytes() == FILM.read_bytes()
    assert Path(file).name.endswith("_the-sea.mp4")
    assert sorted(path.name for path in (tmp_path / "films").iterdir()) == [Path(file).name]


def test_without_waiting_it_prints_the_id_alone(room: Room) -> None:
    ran = room.run(*FOX)
    assert ran.returncode == 0
    assert room.call("GET", f"tasks/{ran.stdout.strip()}")["prompt"] == "A red fox"


def test_the_same_key_makes_nothing_twice(room: Room) -> None:
    first, second = (room.run(*FOX, "--key", "fox-take-1") for _ in range(2))
    assert first.stdout == second.stdout != ""
    task_id = first.stdout.strip()
    eventually(lambda: room.call("GET", f"tasks/{task_id}")["status"] != "submitting", "it was sent")
    assert len(room.studio.orders) == 1


def test_parameters_come_from_a_file_and_from_standard_input(room: Room, tmp_path: Path) -> None:
    fox = tmp_path / "fox.json"
    fox.write_text('{"model": "veo3.1", "prompt": "A red fox"}')
    for source, text in ((str(fox), ""), ("-", fox.read_text())):
        ran = room.run("create", "lemon", "video", "--params", source, "-p", "prompt=A white fox", text=text)
        assert room.call("GET", f"tasks/{ran.stdout.strip()}")["prompt"] == "A white fox"


@pytest.mark.parametrize(
    ("status", "body", "code", "word"),
    [
        (
            400,
            {"error": {"message": "The prompt was refused.", "code": "content_policy_violation"}},
            1,
            "failed",
        ),
        (500, {"error": {"message": "upstream"}}, 5, "unconfirmed"),
    ],
)
def test_what_was_not_made_is_said_and_not_shared(
    room: Room, status: int, body: dict[str, object], code: int, word: str
) -> None:
    room.studio.refusal = status, body
    ran = room.run(*FOX, "--wait", "--share")
    assert ran.returncode == code
    assert f" {word}: " in ran.stderr
    assert "/s/" not in ran.stdout
    assert len(room.studio.orders) == 1


def test_a_parameter_the_provider_does_not_take_is_wrong_usage(room: Room) -> None:
    ran = room.run(
        "create", "lemon", "video", "-p", "prompt=A fox", "-p", "model=veo3.1", "-p", "duration=soon"
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("dailies: params.duration: ")
    assert room.studio.orders == []
