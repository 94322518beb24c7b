"""Results on the pages: what a task's page shows and offers, what rows and cards picture, and what members may do."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from tasks.models import Account, Result, Task
from tasks.vocabulary import Archive, Status
from tests.archive.stored import PNG, keep
from tests.pages.tasks import make

pytestmark = pytest.mark.django_db

GLB = b"glTF\x02\x00\x00\x00" + bytes(4)
ACTS = ("keep", "pin")


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    folder = {"location": tmp_path, "allow_overwrite": True}
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": folder}
    settings.STORAGES = settings.STORAGES | {"media": backend}


@pytest.fixture
def done(account: Account) -> Task:
    return make(account, status=Status.SUCCEEDED, finished_at=timezone.now())


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def remote(task: Task, position: int = 0, **fields: Any) -> Result:
    values = {"kind": "video", "remote_url": "https://cdn.example/a.mp4"} | fields
    return Result.objects.create(task=task, position=position, **values)


def test_a_stored_video_plays_with_its_poster_and_keeps_its_place(viewer: Client, done: Task) -> None:
    result = keep(done, kind="video", content_type="video/mp4", width=1280, height=720, codec="h264")
    html = page(viewer, f"/tasks/{done.pk}")
    assert f'src="/results/{result.pk}" controls playsinline preload="none" width="1280" height="720"' in html
    assert f'poster="/results/{result.pk}/poster?v=' in html
    assert "1280×720" in html
    assert "H.264" in html
    assert "Safe since" in html
    assert result.sha256 in html
    assert f'href="/results/{result.pk}?download=1" download data-key="d"' in html


def test_several_results_have_a_strip_and_one_download(viewer: Client, done: Task) -> None:
    results = [keep(done, position=place) for place in range(3)]
    html = page(viewer, f"/tasks/{done.pk}")
    assert [f'href="#result-{one.pk}"' in html for one in results] == [True] * 3
    assert f'href="/results.zip?task={done.pk}" download data-key="d"' in html
    assert "Download all" in html


@pytest.mark.parametrize("count", [1, 2])
def test_there_is_no_zip_of_what_is_nowhere(viewer: Client, done: Task, count: int) -> None:
    for place in range(count):
        remote(done, place, archive=Archive.EXPIRED)
    html = page(viewer, f"/tasks/{done.pk}")
    assert 'data-key="d"' not in html
    assert "no longer has this file" in html


def test_what_only_the_provider_has_can_be_kept_now(member: Client, done: Task) -> None:
    result = remote(done, expires_at=timezone.now() + timedelta(hours=5, minutes=9))
    html = page(member, f"/tasks/{done.pk}")
    assert "Provider copy only" in html
    assert "about 5 h left" in html
    response = member.post(f"/results/{result.pk}/keep")
    assert response["Location"] == f"/tasks/{done.pk}#result-{result.pk}"
    result.refresh_from_db()
    assert result.archive_due_at is not None
    html = page(member, f"/tasks/{done.pk}")
    assert "Saving copy…" in html
    assert '<span class="chip saving">' in html
    done.refresh_from_db()
    assert done.version == 2


def test_a_failed_attempt_says_why_and_when_the_next_one_is(viewer: Client, done: Task) -> None:
    due = timezone.now() + timedelta(seconds=100)
    remote(done, problem="The connection broke off after 8 MB.", archive_due_at=due)
    html = page(viewer, f"/tasks/{done.pk}")
    assert "The connection broke off after 8 MB." in html
    assert "Another attempt comes" in html
    assert "in 1 min" in html
    assert "Try now" in html


def test_keeping_what_is_stored_changes_nothing(member: Client, done: Task) -> None:
    result = keep(done)
    response = member.post(f"/results/{result.pk}/keep", follow=True)
    assert "There is a copy of ours already." in response.content.decode()
    done.refresh_from_db()
    assert done.version == 1


def test_pinning_protects_a_copy_until_it_is_undone(member: Client, done: Task) -> None:
    result = keep(done)
    for pinned, words in (("1", "no retention rule deletes"), ("", "No longer pinned")):
        response = member.post(f"/results/{result.pk}/pin", {"pinned": pinned}, follow=True)
        result.refresh_from_db()
        assert result.pinned is bool(pinned)
        assert words in response.content.decode()


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_may_not(viewer: Client, done: Task, act: str) -> None:
    result = keep(done)
    assert viewer.post(f"/results/{result.pk}/{act}", {"pinned": "1"}).status_code == 403
    result.refresh_from_db()
    assert not result.pinned


@pytest.mark.parametrize("act", ACTS)
def test_results_of_the_trash_are_out_of_reach(member: Client, account: Account, act: str) -> None:
    result = keep(make(account, deleted_at=timezone.now()))
    assert member.post(f"/results/{result.pk}/{act}").status_code == 404
    assert member.get(f"/results/{result.pk}/viewer").status_code == 404


def test_text_is_read_in_the_page_and_escaped(viewer: Client, done: Task) -> None:
    keep(done, b"A line <script>alert(1)</script>", kind="text", content_type="text/plain", poster=None)
    html = page(viewer, f"/tasks/{done.pk}")
    assert "A line &lt;script&gt;" in html
    assert "<script>alert" not in html


def test_lyrics_stand_beside_their_sound(viewer: Client, done: Task) -> None:
    keep(done, kind="audio", content_type="audio/mpeg", peaks=[10, 90], duration_s=6.0)
    keep(done, b"La la la", position=1, kind="text", content_type="text/plain", role="lyrics", poster=None)
    html = page(viewer, f"/tasks/{done.pk}")
    assert html.count("La la la") == 2
    assert "<audio" in html
    assert 'class="wave"' in html


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/octet-stream"])
def test_what_might_run_is_only_handed_out(viewer: Client, done: Task, content_type: str) -> None:
    result = keep(done, b"<svg onload=alert(1)>", kind="other", content_type=content_type, poster=None)
    html = page(viewer, f"/tasks/{done.pk}")
    assert f'href="/results/{result.pk}?download=1"' in html
    assert f'="/results/{result.pk}"' not in html


def test_the_model_s_page_alone_has_the_policy_it_needs(viewer: Client, done: Task) -> None:
    model = keep(done, GLB, poster=None)
    html = page(viewer, f"/tasks/{done.pk}")
    assert f'href="/results/{model.pk}/viewer"' in html
    assert "unsafe" not in viewer.get(f"/tasks/{done.pk}")["Content-Security-Policy"]
    response = viewer.get(f"/results/{model.pk}/viewer")
    policy = response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    for part in (
        "default-src 'none'",
        "frame-ancestors 'self'",
        "'wasm-unsafe-eval'",
        "connect-src 'self' blob:",
    ):
        assert part in policy
    assert "'unsafe-eval'" not in policy
    assert "script-src 'self' blob: 'wasm-unsafe-eval'" in policy
    assert f'src="/results/{model.pk}"' in response.content.decode()


def test_what_is_no_model_has_no_viewer(viewer: Client, done: Task) -> None:
    assert viewer.get(f"/results/{keep(done).pk}/viewer").status_code == 404
    gone = remote(done, 1, kind="model3d", remote_url="https://cdn.example/a.glb", archive=Archive.EXPIRED)
    assert viewer.get(f"/results/{gone.pk}/viewer").status_code == 404


@pytest.mark.parametrize("query", ["", "?view=cards"])
def test_a_list_shows_the_first_poster_lazily(viewer: Client, done: Task, query: str) -> None:
    remote(done)
    second = keep(done, position=1, kind="video", duration_s=8)
    html = page(viewer, f"/{query}")
    assert f'<img src="/results/{second.pk}/poster?v=' in html
    assert 'loading="lazy" decoding="async"' in html
    assert "<video" not in html
    assert "0:08" in html


@pytest.mark.parametrize("query", ["", "?view=cards"])
def test_a_sound_is_a_waveform_in_the_list(viewer: Client, done: Task, query: str) -> None:
    keep(done, kind="audio", peaks=[10, 50, 90])
    html = page(viewer, f"/{query}")
    assert 'class="wave few"' in html
    assert "/poster" not in html


def test_a_card_says_while_copies_are_saved(viewer: Client, done: Task) -> None:
    remote(done, archive_due_at=timezone.now())
    assert '<span class="chip saving">' in page(viewer, "/?view=cards")
    assert "saving copy" in page(viewer, "/")
    Result.objects.update(problem="The connection broke off.")
    assert '<span class="chip succeeded"' in page(viewer, "/?view=cards")


def test_a_failure_goes_before_a_picture(viewer: Client, account: Account) -> None:
    keep(make(account, status=Status.FAILED))
    html = page(viewer, "/?view=cards")
    assert "/poster" not in html
    assert "no reason given" in html


@pytest.mark.parametrize("query", ["", "?view=cards"])
def test_pictures_cost_the_list_no_query(
    viewer: Client, account: Account, query: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        task = make(account, status=Status.SUCCEEDED)
        keep(task, PNG)
        keep(task, b"words", position=1, kind="text", content_type="text/plain", peaks=[1, 2])
    with django_assert_max_num_queries(12):
        page(viewer, f"/{query}")


def test_days_are_headed_and_paged_with_posters(
    viewer: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.pages.tasks.PER_PAGE", 3)
    day_s = 24 * 3600
    for age_s in (day_s * 2, day_s * 2 + 1, day_s * 3, day_s * 3 + 1):
        keep(make(account, status=Status.SUCCEEDED, age_s=age_s))
    html = page(viewer, "/?view=cards")
    assert html.count('<section class="day"') == 2
    assert html.count("/poster?v=") == 3
    older = html.partition('id="older" href="')[2].partition('"')[0].replace("&amp;", "&")
    html = page(viewer, older)
    assert html.count('<section class="day"') == 1
    assert html.count("/poster?v=") == 1


@pytest.mark.parametrize("act", ACTS)
def test_acting_needs_a_form_of_ours(done: Task, act: str) -> None:
    result = keep(done)
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("mira"))
    assert client.post(f"/results/{result.pk}/{act}").status_code == 403
