"""How results are shown: what is played, seen, read or handed out, under which name, and how safe it is."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.excerpts import SHOWN_BYTES, Excerpt
from dashboard.exhibits import Exhibit, Show, exhibits_of
from dashboard.safety import is_saving, safety_of
from dashboard.waveform import waveform
from tasks.models import Account, Result, Task
from tasks.vocabulary import Archive, Kind
from tests.archive.stored import PNG, keep

pytestmark = pytest.mark.django_db


class ToldLinks:
    """The addresses of readers who are given no downloads."""

    def file(self, result: Result, *, download: bool = False) -> str:
        return "" if download else f"/file/{result.position}"

    def poster(self, result: Result) -> str:
        return f"/poster/{result.position}"

    def viewer(self, result: Result) -> str:
        return f"/viewer/{result.position}"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGES = settings.STORAGES | {
        "media": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "allow_overwrite": True},
        }
    }


@pytest.fixture
def task() -> Task:
    account = Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example")
    return Task.objects.create(account=account, remote_id="a", deadline_at=timezone.now())


def one(task: Task, **fields: Any) -> Result:
    """A result that only the provider has."""
    values = {
        "position": task.results.count(),
        "kind": "video",
        "remote_url": "https://cdn.example/a",
    } | fields
    return Result(task=task, **values)


def shown(*results: Result) -> list[Exhibit]:
    return exhibits_of(results, ToldLinks())


@pytest.mark.parametrize(
    ("kind", "content_type", "show"),
    [
        ("video", "video/mp4", Show.VIDEO),
        ("video", "", Show.VIDEO),
        ("video", "video/x-msvideo", Show.FILE),
        ("audio", "video/webm", Show.AUDIO),
        ("audio", "audio/mpeg; rate=44100", Show.AUDIO),
        ("image", "image/png", Show.IMAGE),
        ("image", "image/svg+xml", Show.FILE),
        ("other", "text/html", Show.FILE),
        ("other", "application/octet-stream", Show.FILE),
        ("model3d", "model/gltf-binary", Show.MODEL3D),
        ("model3d", "model/obj", Show.FILE),
        ("model3d", "", Show.FILE),
        ("text", "application/x-subrip", Show.TEXT),
        ("text", "application/json", Show.TEXT),
        ("other", "", Show.FILE),
    ],
)
def test_a_stored_result_is_shown_by_its_type_and_runs_nothing(
    task: Task, kind: str, content_type: str, show: Show
) -> None:
    (exhibit,) = shown(one(task, kind=kind, content_type=content_type, archive=Archive.STORED))
    assert exhibit.show is show


def test_a_model_is_known_by_its_name_until_its_type_is(task: Task) -> None:
    glb = one(task, kind="model3d", remote_url="https://cdn.example/a/Vase.GLB?sig=1")
    fbx = one(task, kind="model3d", remote_url="https://cdn.example/a/vase.fbx")
    assert [exhibit.show for exhibit in shown(glb, fbx)] == [Show.MODEL3D, Show.FILE]
    assert [exhibit.viewer_url for exhibit in shown(glb, fbx)] == ["/viewer/0", ""]


def test_what_cannot_be_had_is_a_card_that_says_why(task: Task) -> None:
    (exhibit,) = shown(one(task, archive=Archive.EXPIRED, content_type="video/mp4"))
    assert (exhibit.show, exhibit.url, exhibit.download_url) == (Show.FILE, "", "")
    assert exhibit.says == "LemonData no longer has this file."


def test_the_reader_s_links_decide_what_is_offered(task: Task) -> None:
    (exhibit,) = shown(one(task, has_poster=True, archive=Archive.STORED))
    assert (exhibit.url, exhibit.poster_url, exhibit.download_url) == ("/file/0", "/poster/0", "")


def test_names_are_people_s_words_and_numbered_only_where_needed(task: Task) -> None:
    takes = [one(task, position=0), one(task, position=1)]
    more = [
        one(task, position=2, kind="image", role="last_frame"),
        one(task, position=3, kind="model3d", role="fbx"),
        one(task, position=4, kind="text", role="subtitle"),
        one(task, position=5, kind="audio", name="voice.mp3"),
        one(task, position=7, kind="other", name="scene.zip"),
        one(task, position=6, kind="image", role="depth_map"),
    ]
    names = [exhibit.name for exhibit in shown(*takes, *more)]
    assert names[:4] == ["Take 1", "Take 2", "Last frame", "FBX model"]
    assert names[4:] == ["Subtitles", "Track", "scene.zip", "Depth map"]
    assert shown(takes[0])[0].name == "Video"


def test_facts_are_words(task: Task) -> None:
    film = one(task, duration_s=7.96667, width=1280, height=720, bytes=19_400_000, codec="h264")
    wave = one(task, kind="audio", codec="pcm_s16le")
    model = one(task, kind="model3d", content_type="model/gltf-binary")
    assert [exhibit.facts for exhibit in shown(film, wave, model)] == [
        ["8 s", "1280×720", "19 MB", "H.264"],
        ["PCM"],
        ["GLB"],
    ]
    assert shown(film)[0].brief == "1280×720 · 19 MB"


def test_an_unknown_shape_keeps_a_place_of_16_to_9(task: Task) -> None:
    unknown, upright = shown(one(task), one(task, width=1080, height=1920))
    assert (unknown.width, unknown.height, unknown.is_upright) == (16, 9, False)
    assert (upright.width, upright.height, upright.is_upright) == (1080, 1920, True)


def test_showing_asks_the_database_nothing(
    task: Task, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keep(task, b"plain words", position=0)
    keep(task, PNG, position=1)
    (found,) = Task.objects.with_owner()
    with django_assert_num_queries(0):
        first, second = shown(*found.results.all())
        assert first.excerpt
        assert second.excerpt is None


def test_a_text_is_cut_and_its_odd_bytes_replaced(task: Task) -> None:
    texts = [b"La la la", b"x" * (SHOWN_BYTES + 1), b"caf\xe9 and more words"]
    kept = [
        keep(task, data, position=place, kind="text", content_type="text/plain")
        for place, data in enumerate(texts)
    ]
    found = [exhibit.excerpt for exhibit in shown(*kept)]
    assert found[0] == Excerpt("La la la", is_cut=False)
    assert found[1] == Excerpt("x" * SHOWN_BYTES, is_cut=True)
    assert found[2] == Excerpt("caf\ufffd and more words", is_cut=False)


def test_a_text_whose_file_is_gone_is_still_a_card(task: Task) -> None:
    lost = one(task, kind="text", content_type="text/plain", archive=Archive.STORED, sha256="ab")
    assert shown(lost)[0].excerpt is None


def test_a_waveform_has_one_stroke_a_bar() -> None:
    assert waveform([], 40) == ""
    assert waveform([0, 50, 100, 25], 2) == "M80.0 12.5v23.0M240.0 1.0v46.0"
    assert waveform(list(range(160)), 40).count("v") == 40
    assert waveform(["x", None, 7], 9).count("v") == 1


NOW = timezone.now()


@pytest.mark.parametrize(
    ("fields", "words", "act", "troubled"),
    [
        ({"archive": Archive.STORED, "stored_at": NOW}, "Safe since", "", False),
        ({}, "Provider copy only", "Keep now", False),
        ({"archive_due_at": NOW}, "Saving copy…", "", False),
        ({"archive_due_at": NOW, "fetched_bytes": 8_000_000}, "Saving copy… 8.0 MB", "", False),
        (
            {"archive_due_at": NOW, "fetched_bytes": 12_000_000, "bytes": 18_000_000},
            "Saving copy… 12 of 18 MB",
            "",
            False,
        ),
        (
            {"archive_due_at": NOW, "fetched_bytes": 900_000, "bytes": 18_000_000},
            "Saving copy… 900 KB of 18 MB",
            "",
            False,
        ),
        ({"archive_due_at": NOW, "problem": "It broke off."}, "Saving copy…", "Try now", True),
        ({"archive": Archive.FAILED, "problem": "Too large."}, "Provider copy only", "Keep now", True),
        ({"archive": Archive.EXPIRED}, "Expired", "Try again", True),
        ({"archive": Archive.SKIPPED}, "No copy kept", "Keep now", True),
    ],
)
def test_where_our_copy_stands_is_said_in_words(
    task: Task, fields: dict[str, Any], words: str, act: str, troubled: bool
) -> None:
    safety = safety_of(one(task, **fields))
    assert (safety.words, safety.act, bool(safety.trouble)) == (words, act, troubled)


def test_only_what_somebody_fetches_is_being_saved(task: Task) -> None:
    assert is_saving(one(task, archive_due_at=NOW + timedelta(minutes=1)))
    assert not is_saving(one(task))
    assert not is_saving(one(task, archive=Archive.STORED, archive_due_at=NOW))


def test_every_kind_of_result_has_a_name(task: Task) -> None:
    assert all(shown(one(task, kind=kind))[0].name for kind in Kind)
