"""What strangers read on a share's page: the result first, and never more than they may know."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.utils import timezone

from tasks.models import Result, Share, Task
from tasks.sharing import Piece, Terms, change, make
from tasks.vocabulary import Archive
from tests.archive.stored import keep
from tests.share.conftest import MP4, Link, MakeLink, body_of, stranger, webp

pytestmark = pytest.mark.django_db

PAGE_MAX_BYTES = 100_000
MakeTask = Callable[..., Task]


def read(link: Link, rest: str = "") -> str:
    return body_of(stranger().get(link.path(rest))).decode()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_it_shows_the_result_before_anything_else(link: Link) -> None:
    html = read(link)
    film = link.results[0]
    assert html.index("<video") < html.index("<h1>")
    assert f'src="{link.path(f"media/{film.pk}")}"' in html
    assert f'poster="{link.path(f"poster/{film.pk}")}"' in html
    assert 'preload="none"' in html
    said = words(html)
    now = timezone.now()
    assert "Fjord at dawn" in said
    assert f"Made with wan2.5 on {now.day} {now:%B %Y}" in said
    assert "Shared from Dailies by Mira Okafor" in said
    assert "Link works until" in said
    assert "Download all" in said


def test_there_is_no_way_into_the_app(link: Link) -> None:
    html = read(link)
    assert [
        href for href in re.findall(r'href="([^"]*)"', html) if href in {"/", "/login", "/accounts"}
    ] == []
    assert "theme.js" not in html, "it would set a cookie"
    assert "data-timezone" not in html
    assert "csrf" not in html


def test_the_prompt_is_told_only_where_it_may_be(make_link: MakeLink, make_task: MakeTask) -> None:
    task = make_task(title="")
    hidden, told = make_link(task), make_link(task, show_prompt=True)
    assert "Layered hills" not in read(hidden)
    assert "<h1>Untitled video</h1>" in read(hidden)
    assert "<h1>Layered hills fading into mist</h1>" in read(told)
    assert "<summary>" in read(told)


def test_its_own_title_and_note_come_first(make_link: MakeLink) -> None:
    link = make_link(title="For the jury", note="Second cut.\n<b>Not final.</b>")
    html = read(link)
    assert "<h1>For the jury</h1>" in html
    assert "Second cut.<br>&lt;b&gt;Not final.&lt;/b&gt;" in html


def test_a_link_without_an_end_says_so(make_link: MakeLink) -> None:
    assert "Link without an end date" in read(make_link(life=None))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "submitting"}, "Not begun yet"),
        ({"status": "unconfirmed"}, "Not begun yet"),
        ({"status": "queued"}, "Waiting for its turn"),
        ({"status": "running"}, "Being made"),
        ({"status": "running", "progress": 62}, "62 %"),
        ({"status": "failed", "error_reason": "provider"}, "This one did not work out"),
        ({"status": "failed", "error_reason": "moderation"}, "This one was refused"),
        ({"status": "canceled"}, "This one was canceled"),
        ({"status": "lost"}, "This one is overdue"),
        ({"status": "timed_out"}, "This one is overdue"),
        ({"status": "succeeded"}, "Nothing to show"),
    ],
)
def test_every_state_is_told_in_words_for_strangers(
    make_link: MakeLink, make_task: MakeTask, fields: dict[str, Any], said: str
) -> None:
    secret = {"error_message": "sk-secret at acct-77", "error_code": "E77", "raw_status": "rawword"}
    link = make_link(make_task(**secret | fields))
    html = read(link)
    assert said in words(html)
    assert not [word for word in ("sk-secret", "E77", "rawword", "Lemon", "lemon", "ldtask_") if word in html]
    active = fields["status"] in {"submitting", "queued", "running"}
    assert ('http-equiv="refresh" content="3"' in html) == active
    assert ("data-changes=" in html) == active
    if not active and fields["status"] not in {"unconfirmed"}:
        assert "Ask Mira Okafor about it." in words(html)


def test_the_page_asks_only_for_what_is_new(make_link: MakeLink, make_task: MakeTask) -> None:
    task = make_task(status="running", progress=10)
    link = make_link(task)
    html = read(link)
    digest = re.findall(r'data-digest="(\w+)"', html)[0]
    assert stranger().get(link.path(f"status?have={digest}")).status_code == 204
    Task.objects.filter(pk=task.pk).update(starred=True, version=task.version + 4)
    assert stranger().get(link.path(f"status?have={digest}")).status_code == 204
    Task.objects.filter(pk=task.pk).update(progress=55, version=task.version + 5)
    fresh = stranger().get(link.path(f"status?have={digest}"))
    assert fresh.status_code == 200
    assert "55 %" in words(fresh.content.decode())
    assert fresh.content.decode().startswith('<div id="shown"')
    keep(task, MP4, kind="video", content_type="video/mp4", poster=webp())
    Task.objects.filter(pk=task.pk).update(status="succeeded", version=task.version + 6)
    assert "<video" in read(link, "status")
    assert "data-changes" not in read(link, "status")


def test_what_is_being_saved_still_changes_but_reloads_nothing(
    make_link: MakeLink, make_task: MakeTask
) -> None:
    task = make_task()
    Result.objects.create(task=task, position=0, kind="video", remote_url="https://cdn.example/a.mp4")
    html = read(make_link(task))
    assert "data-changes=" in html
    assert "http-equiv" not in html
    assert "cdn.example" not in html


def test_a_file_that_is_gone_is_told_without_names(make_link: MakeLink, make_task: MakeTask) -> None:
    task = make_task()
    Result.objects.create(
        task=task, position=0, kind="video", remote_url="https://cdn.example/a", archive=Archive.EXPIRED
    )
    html = read(make_link(task))
    assert "This file is gone for good." in html
    assert "LemonData" not in html


def test_a_gallery_shows_each_piece_and_offers_all(make_link: MakeLink, make_task: MakeTask) -> None:
    tasks = [make_task(title=f"Take {n}") for n in range(3)]
    for task in tasks[:2]:
        keep(task, MP4, kind="video", content_type="video/mp4", poster=webp())
    Task.objects.filter(pk=tasks[2].pk).update(status="running", progress=5)
    link = make_link(*tasks, title="Three takes")
    html = read(link)
    said = words(html)
    assert html.count("<video") == 2
    assert "<h1>Three takes</h1>" in html
    for title in ("Take 0", "Take 1", "Take 2"):
        assert title in said
    assert "5 %" in said
    assert link.path("zip") in html
    assert 'http-equiv="refresh" content="60"' in html


def test_a_large_gallery_is_shown_in_pages(make_link: MakeLink, make_task: MakeTask) -> None:
    tasks = [make_task(title=f"Take {n:02}") for n in range(30)]
    link = make_link(*tasks)
    first, second = read(link), read(link, "?page=2")
    assert [f"Take {n}" in first for n in (11, 12, 24)] == [True, False, False]
    assert [f"Take {n}" in second for n in (11, 12, 24)] == [False, True, False]
    assert 'rel="next"' in first
    assert read(link, "?page=99") == read(link, "?page=3")
    assert read(link, "?page=x") == first


def weight(link: Link) -> int:
    """Page, style sheets and scripts, each once, as they lie there: nothing is compressed."""
    html = read(link)
    files = set(re.findall(r'"/static/([^"]+\.(?:css|js))"', html))
    seen: set[str] = set()
    while files:
        name = files.pop()
        if name in seen:
            continue
        seen.add(name)
        text = found(name).decode()
        folder = name.rpartition("/")[0]
        files |= {f"{folder}/{one}" for one in re.findall(r'(?:from|import) "\./([^"]+)"', text)}
    assert any(name.endswith("shared.js") for name in seen)
    return len(html.encode()) + sum(len(found(name)) for name in seen)


def found(name: str) -> bytes:
    path = finders.find(name)
    assert path, name
    with open(path, "rb") as file:  # noqa: PTH123  a finder gives words
        return file.read()


def test_it_weighs_less_than_a_hundred_kilobytes_before_media(
    link: Link, make_link: MakeLink, make_task: MakeTask
) -> None:
    tasks = [make_task(title=f"Take {n:02}", prompt="A wide shot. " * 20) for n in range(24)]
    for task in tasks:
        keep(task, MP4, kind="video", content_type="video/mp4", poster=webp())
    for one in (link, make_link(*tasks, show_prompt=True)):
        assert weight(one) < PAGE_MAX_BYTES


def test_a_maker_who_left_is_not_named(link: Link, mira: User) -> None:
    User.objects.all().delete()
    assert "Shared from Dailies<" in read(link).replace("</span>", "<")
    Share.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert "Ask whoever sent it to you" in read(link)


def test_changing_what_it_allows_shows_at_once(link: Link, mira: User) -> None:
    change(link.share.pk, mira, {"allow_download": False, "title": "Changed"})
    html = read(link)
    assert "Changed" in html
    assert "download" not in html.lower()


def test_two_results_of_one_task_and_no_third(make_task: MakeTask, mira: User) -> None:
    task = make_task()
    results = [keep(task, MP4, position=n, kind="video", content_type="video/mp4") for n in range(3)]
    made = make([Piece(task.pk, one.pk) for one in results[:2]], Terms(expires_at=None), mira)
    html = read(Link(made.share, made.token))
    assert [str(one.pk) in html for one in results] == [True, True, False]
    assert 'class="strip"' in html
