"""Files under way: what a killed process leaves is trusted exactly as far as it can be."""

import json
import os
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tasks.archive.incoming import YOUNG_S, Busy, Incoming
from tasks.archive.parts import NOTHING, Part

URL = "https://h.example/a?sig=1"


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    (tmp_path / "incoming").mkdir()
    return Incoming(tmp_path / "incoming")


@pytest.fixture
def begun(incoming: Incoming) -> UUID:
    result_id = uuid4()
    incoming.part(result_id).write_bytes(b"12345")
    incoming.remember(result_id, URL, '"v"')
    return result_id


def names(incoming: Incoming) -> list[str]:
    return sorted(path.suffix for path in incoming.root.iterdir())


def test_a_part_is_found_again(incoming: Incoming, begun: UUID) -> None:
    assert incoming.found_part(begun, URL) == Part(5, '"v"')


def test_a_new_signature_leads_to_the_same_file(incoming: Incoming, begun: UUID) -> None:
    assert incoming.found_part(begun, "https://h.example/a?sig=2") == Part(5, '"v"')


def test_a_part_of_another_address_is_none(incoming: Incoming, begun: UUID) -> None:
    assert incoming.found_part(begun, "https://h.example/b?sig=1") == NOTHING


def test_a_part_from_before_a_crash_of_the_machine_is_none(incoming: Incoming, begun: UUID) -> None:
    note = incoming.root / f"{begun}.note"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"boot": "another"}))
    assert incoming.found_part(begun, URL) == NOTHING


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"of": 1}', "\x00"])
def test_a_note_that_makes_no_sense_is_none(incoming: Incoming, begun: UUID, text: str) -> None:
    (incoming.root / f"{begun}.note").write_text(text)
    assert incoming.found_part(begun, URL) == NOTHING


def test_without_a_validator_nothing_is_remembered(incoming: Incoming, begun: UUID) -> None:
    incoming.remember(begun, URL, "")
    assert incoming.found_part(begun, URL) == NOTHING


def test_a_whole_file_is_no_part_any_more(incoming: Incoming, begun: UUID) -> None:
    incoming.finish(begun)
    assert incoming.whole(begun).read_bytes() == b"12345"
    assert names(incoming) == [".whole"]
    incoming.discard(begun)
    assert names(incoming) == []


def test_one_at_a_time(incoming: Incoming, begun: UUID) -> None:
    with incoming.locked(begun):
        with pytest.raises(Busy), incoming.locked(begun):
            pass
        assert not incoming.sweep(begun)
        with incoming.locked(uuid4()):
            pass
    with incoming.locked(begun):
        pass
    assert ".lock" not in names(incoming)


def test_only_what_has_lain_for_a_while_is_left_over(incoming: Incoming, begun: UUID) -> None:
    assert incoming.leftovers() == set()
    (incoming.root / "README.txt").write_text("not ours")
    before = time.time() - YOUNG_S - 1
    for path in incoming.root.iterdir():
        os.utime(path, (before, before))
    assert incoming.leftovers() == {begun}
    assert incoming.sweep(begun)
    assert names(incoming) == [".txt"]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert Incoming(tmp_path / "none").leftovers() == set()
