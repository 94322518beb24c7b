"""Files that `dailies create` uploads before the task is made."""

import base64
from pathlib import Path

from tests.cli.conftest import Room
from tests.inputs.given import png
from tests.processes import eventually

VIDEO = ("create", "lemon", "video", "-p", "prompt=A fox")


def test_files_are_given_first_and_the_call_begins_from_them(room: Room, tmp_path: Path) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    one.write_bytes(png(1))
    two.write_bytes(png(2))
    several = [f"reference_images={path}" for path in (one, two)]
    ran = room.run(*VIDEO, "-f", f"image_url={one}", "-f", several[0], "-f", several[1])
    assert ran.returncode == 0, ran.stderr
    eventually(lambda: room.studio.orders, "the call")
    first, second = ("data:image/png;base64," + base64.b64encode(png(shade)).decode() for shade in (1, 2))
    (order,) = room.studio.orders
    assert (order["image_url"], order["reference_images"]) == (first, [first, second])


def test_a_file_that_is_not_there_makes_nothing(room: Room) -> None:
    ran = room.run(*VIDEO, "-f", "image_url=/nowhere/fox.png")
    assert (ran.returncode, room.studio.orders) == (2, [])
    assert "There is no file" in ran.stderr


def test_a_file_of_no_use_makes_nothing(room: Room, tmp_path: Path) -> None:
    page = tmp_path / "fox.png"
    page.write_text("<html>")
    ran = room.run(*VIDEO, "-f", f"image_url={page}")
    assert (ran.returncode, room.studio.orders) == (2, [])
    assert "not a picture" in ran.stderr
