"""The list of tasks: what it shows, how it is narrowed, and how it is paged."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tasks.models import Account, Result, Task
from tasks.vocabulary import Kind, Reason, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def other() -> Account:
    return Account.objects.create(
        slug="mac", name="Studio Mac", provider="moneyprinter", base_url="http://127.0.0.1:8080"
    )


def make(account: Account, title: str = "", *, age_s: float = 60, **fields: Any) -> Task:
    now = timezone.now()
    values = {"status": Status.QUEUED, "kind": Kind.VIDEO, "deadline_at": now} | fields
    return Task.objects.create(
        account=account, title=title, created_at=now - timedelta(seconds=age_s), **values
    )


def page(client: Client, query: str = "") -> str:
    response = client.get(reverse("tasks") + query)
    assert response.status_code == 200
    return response.content.decode()


def shown_ids(html: str) -> list[str]:
    return re.findall(r'id="task-([0-9a-f-]{36})"', html)


def test_a_stranger_signs_in_first(client: Client) -> None:
    response = client.get("/?status=failed")
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


def test_a_viewer_sees_the_list_and_no_way_to_act(client: Client, account: Account) -> None:
    viewer = User.objects.create_user("vera")
    viewer.groups.add(Group.objects.get(name="viewer"))
    client.force_login(viewer)
    make(account, "A ridge")
    html = page(client)
    assert "A ridge" in html
    assert "data-can-edit" not in html
    assert "Track a task" not in html


def test_newest_tasks_come_first(member: Client, account: Account) -> None:
    old, new = make(account, "old", age_s=900), make(account, "new", age_s=5)
    assert shown_ids(page(member)) == [str(new.pk), str(old.pk)]


@pytest.mark.parametrize("view", ["", "?view=cards"])
def test_a_row_is_one_link_with_what_is_known(member: Client, account: Account, view: str) -> None:
    task = make(account, "A ridge", model="veo3.1", status=Status.SUCCEEDED)
    for position in range(3):
        Result.objects.create(task=task, position=position, kind="video", duration_s=8)
    html = page(member, view)
    assert f'<a href="/tasks/{task.pk}">A ridge</a>' in html
    assert "LemonData · veo3.1 · 8 s" in html
    assert "Done" in html
    assert "0:08" in html


def test_provider_text_is_escaped(member: Client, account: Account) -> None:
    make(account, "<script>alert(1)</script>", raw_status='"><img src=x>', status=Status.RUNNING)
    for query in ("", "?view=cards", "?q=%3Cscript%3E"):
        html = page(member, query)
        assert "<script>alert" not in html
        assert "<img src=x>" not in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status=failed", ["failed"]),
        ("?status=failed,queued", ["queued", "failed"]),
        ("?provider=moneyprinter", ["mac"]),
        ("?account=lemon&kind=image", ["image"]),
        ("?q=RIDGE", ["A ridge"]),
        ("?kind=&q=&account=mac&status=", ["mac"]),
        ("?account=nobody", []),
    ],
)
def test_filters_narrow_the_list(
    member: Client, account: Account, other: Account, query: str, found: list[str]
) -> None:
    make(account, "failed", age_s=5, status=Status.FAILED)
    make(account, "image", age_s=4, status=Status.SUCCEEDED, kind=Kind.IMAGE)
    make(other, "mac", age_s=3, status=Status.RUNNING)
    make(account, "A ridge", age_s=2, status=Status.CANCELED)
    make(account, "queued", age_s=1, status=Status.QUEUED)
    html = page(member, query)
    titles = re.findall(r'<a href="/tasks/[^"]+">([^<]+)</a>', html)
    assert titles == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["starred", "plain"]),
        ("?archived=yes", ["away"]),
        ("?archived=all", ["starred", "away", "plain"]),
        ("?starred=1", ["starred"]),
        ("?starred=1&archived=all", ["starred", "away"]),
        ("?tag=TRAILER", ["starred"]),
        ("?tag=night,trailer", ["starred", "plain"]),
        ("?owner=jo", ["plain"]),
        ("?owner=mira", ["starred"]),
        ("?owner=nobody", []),
    ],
)
def test_stars_tags_owners_and_the_archive_narrow_it(
    member: Client, account: Account, query: str, found: list[str]
) -> None:
    mira, jo = User.objects.get(username="mira"), User.objects.create_user("jo")
    make(account, "starred", age_s=1, starred=True, tags=["Trailer"], created_by=mira)
    make(account, "away", age_s=2, starred=True, archived_at=timezone.now(), created_by=mira)
    make(account, "plain", age_s=3, tags=["night"], created_by=jo)
    html = page(member, query)
    assert re.findall(r'<a href="/tasks/[^"]+">([^<]+)</a>', html) == found
    shown = dict(re.findall(r"</svg>([\w ]+) <b>([\d,+]+)</b>", html)) | {"All": ""}
    assert shown["Active"] == str(len(found)) or not found


def test_a_row_shows_its_star_its_tags_and_that_it_is_archived(member: Client, account: Account) -> None:
    tags = ["trailer", "x" * 60, "<b>", "four", "five"]
    task = make(account, "A ridge", tags=tags, starred=True, archived_at=timezone.now())
    for query in ("?archived=all", "?archived=all&view=cards"):
        html = page(member, query)
        assert re.findall(r'<span class="tag">([^<]+)</span>', html) == [
            "trailer",
            "x" * 24,
            "&lt;b&gt;",
            "+2",
        ]
        assert "Archived</span>" in html
        assert f'formaction="/tasks/unstar" name="task" value="{task.pk}"' in html
        assert 'aria-pressed="true" aria-label="Star A ridge"' in html
        assert f'type="checkbox" name="task" value="{task.pk}" form="bulk"' in html


def test_what_narrows_it_can_be_turned_off_again(member: Client, account: Account) -> None:
    make(account, "A ridge", tags=["Night shots"])
    html = page(member, "?owner=mira&starred=1&archived=yes&tag=night+shots&q=z")
    for label, href in (
        ("Mine", "/?tag=night+shots&amp;starred=1&amp;archived=yes&amp;q=z"),
        ("Starred", "/?owner=mira&amp;tag=night+shots&amp;archived=yes&amp;q=z"),
        ("Archived", "/?owner=mira&amp;tag=night+shots&amp;starred=1&amp;q=z"),
    ):
        found = re.findall(
            rf'<a href="([^"]+)" data-visit aria-current="true"><svg[^>]+><use[^>]+></svg>{label}</a>', html
        )
        assert found == [href]
    chips = re.findall(r'<a class="tag on"[^>]+>([^<]+)<', html)
    assert chips == ["Owner: Me", "Tag: Night shots", "Starred", "Archived", "Text: z"]
    for name, value in (("starred", "1"), ("archived", "yes")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in html
    assert '<option value="night shots" selected>Night shots</option>' in html


def test_what_is_not_in_the_list_may_be_archived(member: Client, account: Account) -> None:
    make(account, "A ridge", archived_at=timezone.now())
    html = page(member)
    assert "The list is empty" in html
    assert "Nothing in the can yet" not in html
    assert 'href="/?archived=all" data-visit>Show archived tasks' in html
    assert 'href="/?archived=all&amp;q=ridge"' in page(member, "?q=ridge").replace(
        "q=ridge&amp;archived=all", "archived=all&amp;q=ridge"
    )
    assert "With archived tasks" in page(member, "?archived=all&q=nothing")


def test_owners_of_the_page_are_offered(member: Client, account: Account) -> None:
    make(account, "A ridge", created_by=User.objects.create_user("jo", first_name="Jo", last_name="Ek"))
    html = page(member)
    options = re.search(r'<select name="owner".*?</select>', html)
    assert options
    assert re.findall(r"<option[^>]*>([^<]+)", options.group()) == ["Everyone", "Me", "Jo Ek"]


def test_the_form_shows_the_filter_it_was_sent(member: Client, account: Account) -> None:
    make(account, "A ridge")
    html = page(member, "?q=rid&account=lemon&kind=video,image&status=queued")
    assert 'value="rid"' in html
    assert '<option value="lemon" selected>Lemon studio</option>' in html
    assert '<option value="image,video" selected>Image, Video</option>' in html
    assert '<input type="hidden" name="status" value="queued">' in html


def test_chips_count_within_the_other_filters(member: Client, account: Account, other: Account) -> None:
    make(account, "a", status=Status.RUNNING)
    make(account, "b", status=Status.TIMED_OUT)
    make(account, "c", status=Status.UNCONFIRMED)
    make(other, "d", status=Status.RUNNING)
    html = page(member, "?account=lemon&status=running,queued,submitting&q=zzz")
    counts = dict(re.findall(r"</svg>([\w ]+) <b>([\d,+]+)</b>", html))
    assert counts["Active"] == "1"
    assert counts["Needs you"] == "2"
    current = re.findall(r'<a class="([a-z]*)"[^>]*data-statuses[^>]*aria-current="true"', html)
    assert current == ["running"]
    assert "(1) Tasks · Dailies" in html


def test_no_match_shows_the_filters_and_how_to_clear_them(member: Client, account: Account) -> None:
    make(account, "A ridge")
    html = page(member, "?q=zzz&account=lemon&status=failed")
    assert "No task matches" in html
    assert 'href="/?status=failed&amp;account=lemon"' in html
    assert "Text: zzz" in html
    assert "Account: Lemon studio" in html
    assert "Status: Failed" in html
    assert "Clear filters" in html


def test_the_first_run_says_how_to_begin(member: Client) -> None:
    html = page(member)
    assert "Nothing in the can yet" in html
    assert "0 of 3 connected" in html
    assert "Ask a manager to add one" in html


@pytest.mark.parametrize(
    "query",
    ["?status=nope", "?kind=cat", "?provider=x", "?cursor=nope", "?cursor=%00", "?archived=x", "?starred=2"],
)
def test_a_bad_address_is_explained(member: Client, query: str) -> None:
    response = member.get(f"/{query}")
    assert response.status_code == 400
    assert "Show all tasks" in response.content.decode()


def test_pages_follow_each_other_without_loss_or_repetition(member: Client, account: Account) -> None:
    tasks = [make(account, f"t{n}", age_s=n) for n in range(120)]
    expected = [str(task.pk) for task in tasks]
    url, seen = "/", []
    for _ in range(3):
        html = member.get(url).content.decode()
        seen += shown_ids(html)
        older = re.search(r'id="older" href="([^"]+)"', html)
        url = older.group(1).replace("&amp;", "&") if older else ""
    assert seen == expected
    assert not url


def test_newer_leads_back(member: Client, account: Account) -> None:
    for n in range(60):
        make(account, f"t{n}", age_s=n)
    first = page(member)
    older = re.search(r'id="older" href="([^"]+)"', first)
    assert older
    second = member.get(older.group(1)).content.decode()
    newer = re.search(r'href="([^"]+)" rel="prev"', second)
    assert newer
    assert shown_ids(member.get(newer.group(1)).content.decode()) == shown_ids(first)
    assert "data-newest" in first
    assert "data-newest" not in second


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?view=cards",
        "?account=lemon&provider=lemondata&kind=video&q=t",
        "?owner=mira&archived=all",
        "?tag=trailer&starred=1&owner=mira,jo",
    ],
)
def test_the_page_asks_the_database_a_few_times_whatever_it_shows(
    member: Client, account: Account, query: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    owner = User.objects.get(username="mira")
    for n in range(60):
        task = make(account, f"t{n}", age_s=n, created_by=owner, tags=["trailer"], starred=True)
        Result.objects.create(task=task, position=0, kind="video")
    with django_assert_max_num_queries(8):
        assert len(shown_ids(page(member, query))) == 50


def test_tasks_in_the_trash_are_not_listed(member: Client, account: Account) -> None:
    make(account, "gone", deleted_at=timezone.now())
    assert "gone" not in page(member)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"status": Status.FAILED, "error_reason": Reason.MODERATION},
            "Refused by the provider: content policy",
        ),
        ({"status": Status.FAILED, "error_reason": Reason.QUOTA}, "No credit left at LemonData"),
        ({"status": Status.LOST, "remote_id": "x"}, "LemonData no longer knows it"),
        ({"status": Status.TIMED_OUT, "remote_id": "x"}, "No end after"),
        ({"status": Status.UNCONFIRMED}, "Connection lost while sending"),
        ({"status": Status.CANCELED}, "Canceled"),
    ],
)
def test_rows_say_in_words_what_happened(
    member: Client, account: Account, fields: dict[str, Any], words: str
) -> None:
    make(account, "A ridge", **fields)
    assert words in page(member)


def test_the_page_keeps_the_strict_policy(member: Client, account: Account) -> None:
    make(account, "A ridge", status=Status.RUNNING, progress=40)
    for query in ("", "?view=cards", "?q=none"):
        response = member.get(f"/{query}")
        assert "unsafe" not in response["Content-Security-Policy"]
        html = response.content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|data:", html)
        assert not re.search(r"<script(?![^>]*\ssrc=)", html)


def test_times_are_in_the_zone_the_browser_told(member: Client, account: Account) -> None:
    make(account, "A ridge")
    member.cookies["timezone"] = "Asia%2FTokyo"
    html = page(member)
    assert "times in <span data-zone>Asia/Tokyo</span>" in html
    assert "JST" in html


def test_the_live_query_carries_the_filter(member: Client, account: Account) -> None:
    make(account, "A ridge")
    html = page(member, "?view=cards&kind=video&q=a%26b")
    assert 'data-live-query="view=cards&amp;kind=video&amp;archived=no&amp;q=a%26b&amp;whole=1"' in html


def test_a_page_with_an_older_one_does_not_claim_to_be_whole(member: Client, account: Account) -> None:
    for n in range(51):
        make(account, f"Ridge {n}", age_s=n)
    assert 'data-live-query="view=rows&amp;archived=no"' in page(member)
