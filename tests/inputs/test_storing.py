"""A file that is given: kept whole and once, or refused with a reason."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from tasks.archive import copies
from tasks.archive.storage import input_name, input_poster_name, media_storage
from tasks.inputs import storing
from tasks.inputs.limits import MAX_BYTES
from tasks.inputs.storing import NotTaken, store
from tasks.models import Input
from tasks.vocabulary import Kind
from tests.inputs.given import CHIME, picture, pieces, png, sound

pytestmark = pytest.mark.django_db(transaction=True)


def left_behind() -> list[Path]:
    return list(settings.INCOMING_ROOT.glob("*.copy"))


def test_it_is_kept_with_what_was_found_out() -> None:
    mira = User.objects.create_user("mira")
    found = store(pieces(png()), "fox.png", mira)
    row = Input.objects.get()
    assert found.new
    assert found.input == row
    assert (row.owner, row.name, row.kind, row.content_type) == (mira, "fox.png", "image", "image/png")
    assert (row.bytes, row.sha256) == (len(png()), hashlib.sha256(png()).hexdigest())
    assert (row.width, row.height, row.has_poster) == (8, 8, True)
    with media_storage().open(input_name(row.pk)) as stored:
        assert stored.read() == png()
    with media_storage().open(input_poster_name(row.pk)) as stored:
        assert stored.read(4) == b"RIFF"
    assert left_behind() == []


def test_a_sound_tells_how_long_it_is() -> None:
    row = sound()
    assert row.kind == Kind.AUDIO
    assert row.duration_s
    assert row.has_poster


def test_the_same_bytes_are_kept_once() -> None:
    first = store([png()], "fox.png", User.objects.create_user("mira"))
    Input.objects.update(used_at="2020-01-01T00:00:00Z")
    again = store([png()], "copy of fox.png", User.objects.create_user("jonas"))
    assert (again.new, again.input.pk) == (False, first.input.pk)
    assert Input.objects.count() == 1
    assert Input.objects.get().used_at.year > 2020


def test_who_gives_the_same_meanwhile_is_not_kept_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    put = copies.put_input

    def slowly(path: Path, input_id: Any, content_type: str) -> None:
        monkeypatch.setattr(storing, "put_input", put)
        picture()  # from somebody else, and faster
        put(path, input_id, content_type)

    monkeypatch.setattr(storing, "put_input", slowly)
    found = store([png()], "fox.png", None)
    assert not found.new
    assert Input.objects.present().get() == found.input


@pytest.mark.parametrize(
    ("data", "accepts", "says"),
    [
        (b"", None, "The file is empty."),
        (b"<html><script>alert(1)</script>", None, "The file is a file of type text/html, not a picture"),
        (b"\x00\x01\x02\x03" * 9, None, "The file is not a picture, a video or a sound that we know."),
        (png(), Kind.AUDIO, "The file is a picture, not a sound."),
        (CHIME.read_bytes(), Kind.IMAGE, "The file is a sound, not a picture."),
    ],
)
def test_what_is_of_no_use_is_refused(data: bytes, accepts: Kind | None, says: str) -> None:
    with pytest.raises(NotTaken, match=says):
        store(pieces(data, 1000), "photo.png", None, accepts)
    assert not Input.objects.exists()
    assert left_behind() == []


def test_a_file_that_is_too_large_is_read_no_further() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1_000_000
            yield png().ljust(1_000_000, b"\0")

    with pytest.raises(NotTaken, match="at most 60 MB") as caught:
        store(endless(), "film.png", None)
    assert caught.value.too_large
    assert read <= MAX_BYTES + 1_000_000
    assert left_behind() == []


def test_a_full_disk_and_a_used_up_quota_are_told(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MEDIA_QUOTA = 1_000_000
    with pytest.raises(NotTaken, match=r"quota of 1\.0 MB"):
        store([png()], "fox.png", None)
    settings.MEDIA_QUOTA = None
    monkeypatch.setattr(storing, "LEAST_FREE_BYTES", 10**18)
    with pytest.raises(NotTaken, match="disk is full"):
        store([png()], "fox.png", None)


def test_a_storage_that_is_away_leaves_nothing_half(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(copies, "_put_file", away)
    with pytest.raises(NotTaken, match="Try again later"):
        store([png()], "fox.png", None)
    assert not Input.objects.present().exists()
    assert left_behind() == []
