"""What members do with tasks, one or many, from list, gallery, task page and trash."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tasks.models import Account, Task
from tests.pages.tasks import make
from tests.pages.visitors import text_of

pytestmark = pytest.mark.django_db

ACTS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("star", {}, {"starred": True}, "2 tasks are starred."),
    ("unstar", {"starred": True}, {"starred": False}, "2 tasks are without a star now."),
    ("archive", {}, {"archived_at__isnull": False}, "2 tasks are archived: out of the list, still found."),
    (
        "unarchive",
        {"archived_at": "2026-11-22T12:00:00Z"},
        {"archived_at": None},
        "2 tasks are in the list again.",
    ),
    ("stop", {}, {"deleted_at__isnull": False}, "2 tasks are in the trash for 30 days."),
    ("restore", {"deleted_at": "2026-11-22T12:00:00Z"}, {"deleted_at": None}, "2 tasks are tracked again."),
]
NAMES = [name for name, *_ in ACTS]


def ids_of(*tasks: Task) -> list[str]:
    return [str(task.pk) for task in tasks]


def said(response: Any) -> str:
    found = re.search(r'<div class="toast[^>]*>.*?<p>(.*?)</p>', text_of(response))
    return found.group(1) if found else ""


@pytest.mark.parametrize(("name", "before", "after", "words"), ACTS)
def test_it_is_done_to_all_that_are_named_and_no_other(
    member: Client, account: Account, name: str, before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    one, two, other = (make(account, title=title, **before) for title in ("One", "Two", "Other"))
    form = {"task": ids_of(one, two), "next": "/?kind=video"}
    response = member.post(f"/tasks/{name}", form, follow=True)
    assert response.redirect_chain == [("/?kind=video", 302)]
    assert said(response) == words
    assert set(Task.objects.filter(**after)) == {one, two}
    assert Task.objects.get(pk=other.pk).version == 1


@pytest.mark.parametrize(("name", "before", "after", "words"), ACTS)
def test_the_second_time_it_says_that_nothing_was_to_do(
    member: Client, account: Account, name: str, before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    task = make(account, title="One", **before)
    first = member.post(f"/tasks/{name}", {"task": ids_of(task), "next": "/"}, follow=True)
    assert said(first).startswith("“One” is ")
    again = member.post(f"/tasks/{name}", {"task": ids_of(task), "next": "/"}, follow=True)
    assert said(again)
    assert "One" not in said(again)
    assert Task.objects.get(pk=task.pk).version == 2


@pytest.mark.parametrize("name", [*NAMES, "tags"])
def test_without_a_task_it_asks_for_one(member: Client, name: str) -> None:
    response = member.post(f"/tasks/{name}", {"next": "/trash", "add": "x"}, follow=True)
    assert response.redirect_chain == [("/trash", 302)]
    assert said(response) == "Select tasks first: tick the box of each."


@pytest.mark.parametrize("name", [*NAMES, "tags"])
@pytest.mark.parametrize("ids", [["x"], [""], [str(uuid4())] * 501])
def test_what_names_no_task_is_not_understood(member: Client, name: str, ids: list[str]) -> None:
    assert member.post(f"/tasks/{name}", {"task": ids}).status_code == 400


@pytest.mark.parametrize("name", [*NAMES, "tags"])
def test_a_viewer_may_not(viewer: Client, account: Account, name: str) -> None:
    task = make(account)
    assert viewer.post(f"/tasks/{name}", {"task": ids_of(task), "add": "x"}).status_code == 403
    assert Task.objects.get(pk=task.pk).version == 1


@pytest.mark.parametrize("name", [*NAMES, "tags"])
def test_it_needs_a_form_of_ours_and_never_leads_away(account: Account, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("mira"))
    task = make(account)
    assert client.post(f"/tasks/{name}", {"task": ids_of(task), "add": "x"}).status_code == 403
    client.handler.enforce_csrf_checks = False
    form = {"task": ids_of(task, make(account)), "add": "x", "next": "https://evil.example/"}
    assert client.post(f"/tasks/{name}", form)["Location"] == "/"


@pytest.mark.parametrize(("name", "back"), [("archive", "unarchive"), ("stop", "restore")])
def test_the_notice_undoes_it_for_all(member: Client, account: Account, name: str, back: str) -> None:
    many = [make(account) for _ in range(60)]
    form = {"task": ids_of(*many), "next": "/"}
    html = member.post(f"/tasks/{name}", form, follow=True).content.decode()
    undo = re.search(rf'<form method="post" action="/tasks/{back}">.*?</form>', html, re.DOTALL)
    assert undo
    ids = re.findall(r'name="task" value="([^"]+)"', undo.group())
    assert sorted(ids) == sorted(ids_of(*many))
    (path,) = re.findall(r'name="next" value="([^"]+)"', undo.group())
    assert said(member.post(f"/tasks/{back}", {"task": ids, "next": path}, follow=True)).startswith(
        "60 tasks"
    )
    assert Task.objects.on_desk().count() == 60


def test_a_single_task_leads_back_to_its_page_or_where_it_is_not_gone(
    member: Client, account: Account
) -> None:
    task = make(account)
    for name in ("star", "archive", "unarchive"):
        assert member.post(f"/tasks/{name}", {"task": ids_of(task)})["Location"] == f"/tasks/{task.pk}"
    assert member.post("/tasks/stop", {"task": ids_of(task)})["Location"] == "/"


def test_a_script_is_told_in_few_words(member: Client, account: Account) -> None:
    task = make(account)
    response = member.post("/tasks/star", {"task": ids_of(task)}, headers={"X-Part": "none"})
    assert (response.status_code, response.content) == (204, b"")
    assert said(member.get("/")) == ""


def test_tags_are_added_to_all_and_taken_away(member: Client, account: Account) -> None:
    one, two = make(account, tags=["Trailer"]), make(account)
    form = {"task": ids_of(one, two), "add": "trailer, night", "next": "/"}
    assert said(member.post("/tasks/tags", form, follow=True)) == "Changed the tags of 2 tasks."
    assert [Task.objects.get(pk=task.pk).tags for task in (one, two)] == [
        ["Trailer", "night"],
        ["trailer", "night"],
    ]
    response = member.post(f"/tasks/tags?task={one.pk}", {"remove": ["night"]}, follow=True)
    assert response.redirect_chain == [(f"/tasks/{one.pk}", 302)]
    assert [Task.objects.get(pk=task.pk).tags for task in (one, two)] == [["Trailer"], ["trailer", "night"]]
    again = member.post(f"/tasks/tags?task={one.pk}", {"remove": ["night"]}, follow=True)
    assert said(again) == "Nothing to change: the tags are so already."


@pytest.mark.parametrize(
    ("tags", "typed", "words"),
    [
        ([], "x" * 101, "is longer than 100 characters"),
        ([f"t{n}" for n in range(50)], "one more", "A task takes 50 tags at most."),
        ([], " , ", "Write a tag first."),
    ],
)
def test_tags_that_cannot_be_are_shown_again_with_the_reason(
    member: Client, account: Account, tags: list[str], typed: str, words: str
) -> None:
    task = make(account, tags=tags)
    response = member.post("/tasks/tags", {"task": ids_of(task), "add": typed})
    assert response.status_code == 200
    page = text_of(response)
    assert words in page
    assert f'value="{typed}"' in response.content.decode() or not typed.strip(" ,")
    assert Task.objects.get(pk=task.pk).version == 1


def test_the_tag_form_names_the_tasks_and_their_tags(member: Client, account: Account) -> None:
    tasks = [make(account, title=f"Shot {n}", tags=["trailer"] if n else ["<i>"]) for n in range(7)]
    query = "&".join(f"task={one}" for one in ids_of(*tasks))
    page = member.get(f"/tasks/tags?{query}&next=/?kind=video")
    html = page.content.decode()
    assert "Tag 7 tasks" in html
    assert "and 2 more" in html
    assert re.findall(r'name="remove" value="([^"]+)"', html) == ["&lt;i&gt;", "trailer"]
    assert html.count(f'name="task" value="{tasks[0].pk}"') == 2
    assert 'name="next" value="/?kind=video"' in html
    dialog = member.get(f"/tasks/tags?{query}", headers={"X-Part": "dialog"}).content.decode()
    assert dialog.startswith("<dialog")


def test_what_is_in_the_trash_is_restored_together(member: Client, account: Account) -> None:
    now = timezone.now()
    tasks = [make(account, title=f"Shot {n}", deleted_at=now) for n in range(3)]
    html = member.get("/trash").content.decode()
    assert re.findall(r'type="checkbox" name="task" value="([^"]+)" form="bulk"', html) == sorted(
        ids_of(*tasks), reverse=True
    )
    form = re.search(r'<form class="bulk".*?</form>', html, re.DOTALL)
    assert form
    assert 'action="/tasks/restore"' in form.group()


def test_a_viewer_selects_to_download_but_nothing_else(
    viewer: Client, member: Client, account: Account
) -> None:
    make(account, deleted_at=timezone.now())
    make(account)
    for client, seen in ((viewer, 0), (member, 1)):
        assert client.get("/trash").content.decode().count('form="bulk"') == seen
    bar = re.search(r'<form class="bulk".*?</form>', viewer.get("/").content.decode(), re.DOTALL)
    assert bar
    assert 'method="get" action="/results.zip"' in bar.group()
    for button in re.findall(r"<button[^>]+formaction[^>]+>", bar.group()):
        assert "edit-only" in button


def test_the_form_of_the_selection_keeps_its_proof_of_origin_out_of_addresses(
    member: Client, account: Account
) -> None:
    """Its boxes are also sent by GET, where everything in the form stands in the address."""
    make(account)
    html = member.get("/").content.decode()
    bar = re.search(r'<form class="bulk".*?</form>', html, re.DOTALL)
    assert bar
    assert re.findall(r"<input[^>]+name=\"([^\"]+)", bar.group()) in ([], ["match"])
    for button in re.findall(r"<button[^>]+csrfmiddlewaretoken[^>]+>", bar.group()):
        assert 'formmethod="post"' in button
