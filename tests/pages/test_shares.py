"""Shares as the team makes, changes and ends them."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.people import Role
from dashboard.rendering import render_task
from tasks.exposure import exposed_by, find
from tasks.models import Account, Share, Task
from tasks.sharing import PIECES_MAX, Piece, Terms, make, opens, revoke
from tests.archive.stored import keep
from tests.pages import tasks as rows
from tests.pages.visitors import field_errors, notices, text_of, visitor

pytestmark = pytest.mark.django_db

FORM = {"make": "1", "life": "604800", "allow_download": "on", "title": "", "note": "", "password": ""}


@pytest.fixture
def task(account: Account) -> Task:
    return rows.make(account, title="Fjord at dawn", status="succeeded")


def new(client: Client, *tasks: Task, **form: Any) -> Any:
    return client.post("/shares/new", FORM | {"task": [str(task.pk) for task in tasks]} | form, follow=True)


def url_on(page: Any) -> str:
    found = re.search(r'id="made-link" value="([^"]*)"', page.content.decode())
    return found[1] if found else ""


def shared(*tasks: Task, **terms: Any) -> Share:
    values = {"expires_at": timezone.now() + timedelta(days=7)} | terms
    return make([Piece(task.pk) for task in tasks], Terms(**values), User.objects.get(username="mira")).share


def test_a_link_is_made_and_shown_once(member: Client, task: Task) -> None:
    page = new(member, task)
    assert page.redirect_chain[-1][0] == f"/tasks/{task.pk}#made"
    url = url_on(page)
    assert url.startswith("http://testserver/s/")
    html = page.content.decode()
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="qr"' in html or 'class="qr"' in html
    assert "style=" not in html
    assert stranger_sees(url, "Fjord at dawn")
    share = find(url.split("/")[4])
    assert share == Share.objects.get()
    again = member.get(f"/tasks/{task.pk}")
    assert url_on(again) == ""
    assert url.split("/")[4] not in again.content.decode()


def stranger_sees(url: str, words: str) -> bool:
    return words in Client().get(url).content.decode()


def test_its_address_is_in_no_session_in_the_clear(member: Client, task: Task) -> None:
    member.post("/shares/new", FORM | {"task": str(task.pk)})
    assert "/s/" not in str(dict(member.session.items()))


def test_every_choice_counts(member: Client, task: Task) -> None:
    form = {
        "life": "3600", "title": "For the jury", "note": "Second cut", "password": " under the bridge ",
        "show_prompt": "on", "allow_download": "",
    }  # fmt: skip
    new(member, task, **form)
    share = Share.objects.get()
    assert share.expires_at is not None
    assert timedelta(minutes=59) < share.expires_at - timezone.now() <= timedelta(hours=1)
    assert (share.title, share.note, share.show_prompt, share.allow_download) == (
        "For the jury", "Second cut", True, False,
    )  # fmt: skip
    assert opens(share, " under the bridge ")
    assert share.created_by == User.objects.get()
    new(member, task, life="never")
    assert Share.objects.latest("created_at").expires_at is None


def test_seven_days_are_the_usual_life(member: Client, task: Task) -> None:
    page = member.get(f"/shares/new?task={task.pk}")
    assert '<option value="604800" selected>7 days</option>' in page.content.decode()


@pytest.mark.parametrize(
    ("field", "value"), [("life", "5"), ("title", "x" * 201), ("note", "x" * 2001), ("password", "x" * 201)]
)
def test_a_wrong_choice_is_refused_by_its_field(member: Client, task: Task, field: str, value: str) -> None:
    page = new(member, task, **{field: value})
    assert list(field_errors(page)) == [field]
    assert not Share.objects.exists()


def test_chosen_results_are_shared_and_all_of_them_are_the_task(member: Client, task: Task) -> None:
    first, second = keep(task), keep(task, position=1)
    page = member.get(f"/shares/new?task={task.pk}").content.decode()
    assert page.count('name="result"') == 2
    new(member, task, choose="1", result=[str(second.pk)])
    assert exposed_by(Share.objects.get())[0].results == [second]
    new(member, task, choose="1", result=[str(second.pk), str(first.pk)])
    assert exposed_by(Share.objects.latest("created_at"))[0].is_whole
    page = new(member, task, choose="1", result=[])
    assert "Choose at least one result." in text_of(page)
    assert Share.objects.count() == 2


def test_selected_tasks_become_a_gallery(member: Client, account: Account) -> None:
    tasks = [rows.make(account, title=f"Take {n}") for n in range(3)]
    query = "&".join(f"task={task.pk}" for task in reversed(tasks))
    page = member.get(f"/shares/new?{query}")
    assert "Share 3 tasks" in text_of(page)
    page = new(member, *reversed(tasks), title="Three takes")
    assert page.redirect_chain[-1][0] == "/shares#made"
    assert stranger_sees(url_on(page), "Three takes")
    assert [one.task for one in exposed_by(Share.objects.get())] == tasks[::-1]


def test_nothing_selected_is_said(member: Client) -> None:
    unknown = member.get(f"/shares/new?task={uuid4()}", follow=True)
    for page in (member.get("/shares/new", follow=True), new(member), unknown):
        assert notices(page) == ["Select tasks first: tick the box of each."]


@pytest.mark.parametrize(
    "query", ["task=x", "task=" + "&task=".join(str(uuid4()) for _ in range(PIECES_MAX + 1))]
)
def test_what_no_page_of_ours_sends_is_refused(member: Client, query: str) -> None:
    assert member.get(f"/shares/new?{query}").status_code == 400


def test_a_script_is_given_the_form_alone(member: Client, task: Task) -> None:
    share = shared(task)
    for path in (f"/shares/new?task={task.pk}", f"/shares/{share.pk}"):
        page = member.get(path, headers={"X-Part": "dialog"}).content.decode()
        assert page.startswith('<dialog id="share-dialog"')
        assert "<html" not in page


def test_a_new_take_goes_behind_the_same_link(member: Client, account: Account, task: Task) -> None:
    share = shared(task, title="The fjord")
    take = rows.make(account, title="Fjord, take 2")
    assert "The fjord · 0 views" in text_of(member.get(f"/shares/new?task={take.pk}"))
    page = member.post("/shares/swap", {"task": str(take.pk), "share": str(share.pk)}, follow=True)
    assert "The link of “The fjord” shows this now." in notices(page)[0]
    assert [one.task for one in exposed_by(share)] == [take]
    page = member.post("/shares/swap", {"task": str(take.pk), "share": ""}, follow=True)
    assert notices(page) == ["Choose the link first."]
    revoke([share.pk], None)
    assert member.post("/shares/swap", {"task": str(take.pk), "share": str(share.pk)}).status_code == 404


def test_a_link_is_extended_and_changed(member: Client, task: Task) -> None:
    share = shared(task, password="password-value", title="Before")
    page = member.get(f"/shares/{share.pk}").content.decode()
    assert "As it is: " in page
    assert "password-value" not in page
    form = {"life": "2592000", "title": "After", "note": "", "allow_download": "on", "password": ""}
    answer = member.post(f"/shares/{share.pk}", form | {"next": "/shares?state=working"})
    assert answer.headers["Location"] == "/shares?state=working"
    share.refresh_from_db()
    assert share.expires_at is not None
    assert share.expires_at - timezone.now() > timedelta(days=29)
    assert (share.title, opens(share, "password-value")) == ("After", True)
    member.post(f"/shares/{share.pk}", form | {"life": "same", "password": "new one"})
    before = share.expires_at
    share.refresh_from_db()
    assert (share.expires_at, opens(share, "new one")) == (before, True)
    member.post(f"/shares/{share.pk}", form | {"life": "never", "no_password": "on"})
    found = Share.objects.values_list("expires_at", "password_hash").get(pk=share.pk)
    assert found == (None, "")


def test_a_new_link_is_shown_once_and_ends_the_old_one(member: Client, task: Task) -> None:
    old = url_on(new(member, task))
    page = member.post(f"/shares/{Share.objects.get().pk}/renew", follow=True)
    fresh = url_on(page)
    assert fresh not in ("", old)
    assert stranger_sees(fresh, "Fjord at dawn")
    assert Client().get(old).status_code == 404


def test_a_link_is_revoked(member: Client, task: Task) -> None:
    url = url_on(new(member, task))
    share = Share.objects.get()
    page = member.post(f"/shares/{share.pk}/revoke", {"next": f"/tasks/{task.pk}"}, follow=True)
    assert page.redirect_chain[-1][0] == f"/tasks/{task.pk}"
    assert notices(page) == ["The link of “Fjord at dawn” is revoked. Whoever opens it finds nothing."]
    assert Client().get(url).status_code == 404
    page = member.post(f"/shares/{share.pk}/revoke", follow=True)
    assert notices(page) == ["This link was revoked in the meantime."]
    assert member.get(f"/shares/{share.pk}").status_code == 404
    assert member.post(f"/shares/{uuid4()}/revoke").status_code == 404


def test_a_foreign_address_to_go_on_to_counts_for_nothing(member: Client, task: Task) -> None:
    share = shared(task)
    answer = member.post(f"/shares/{share.pk}/revoke", {"next": "https://evil.example/"})
    assert answer.headers["Location"] == "/shares"


def test_the_task_page_lists_its_links_for_everybody_alike(
    member: Client, viewer: Client, task: Task
) -> None:
    share = shared(task, title="For the jury", password="x")
    Share.objects.update(views=14, last_seen_at=timezone.now() - timedelta(hours=1))
    revoke([shared(task, title="Gone").pk], None)
    html = text_of(viewer.get(f"/tasks/{task.pk}"))
    assert "For the jury" in html
    assert "14 views · last one" in html
    assert "1 link<" in html
    assert "Gone" not in html.partition('id="shares"')[2].partition("</section>")[0]
    fresh = Task.objects.with_owner().get(pk=task.pk)
    assert f"/shares/{share.pk}/revoke" in render_task(fresh, "task")


def test_the_list_tells_of_every_link(viewer: Client, member: Client, account: Account, task: Task) -> None:
    shared(task, title="Working one")
    shared(task, title="Ended one", expires_at=timezone.now() - timedelta(days=1))
    revoke([shared(task, title="Revoked one").pk], None)
    gallery = shared(task, rows.make(account, title="Other"))
    html = text_of(viewer.get("/shares"))
    for words in (
        "Working one",
        "Ended one",
        "Revoked one",
        "Fjord at dawn and 1 more",
        "2 tasks",
        "by Mira Okafor",
    ):
        assert words in html
    working = text_of(viewer.get("/shares?state=working"))
    assert "Working one" in working
    assert "Ended one" not in working
    ended = text_of(viewer.get("/shares?state=ended"))
    assert "Ended one" in ended
    assert "Revoked one" in ended
    assert "Working one" not in ended
    assert f"/shares/{gallery.pk}/revoke" in html


def test_the_list_is_paged_and_asks_as_often_however_long_it_is(
    member: Client, task: Task, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(53):
        shared(task, title=f"Link {number:02}")
    with django_assert_max_num_queries(8):
        first = member.get("/shares")
    html = first.content.decode()
    assert "Link 52" in html
    assert "Link 02" not in html
    (older,) = re.findall(r'href="(/shares\?cursor=[^"]*)" rel="next"', html)
    html = member.get(older).content.decode()
    assert [f"Link {n:02}" in html for n in (0, 1, 2, 3)] == [True, True, True, False]
    assert member.get("/shares?cursor=x").status_code == 400


def test_viewers_are_offered_nothing_to_change(viewer: Client, task: Task, member: Client) -> None:
    shared(task)
    html = viewer.get("/shares").content.decode()
    assert "data-can-edit" not in html
    assert visitor(Role.VIEWER, "vic").get(f"/shares/new?task={task.pk}").status_code == 403


def test_a_link_that_only_this_machine_finds_is_told(member: Client, task: Task, settings: Settings) -> None:
    settings.PUBLIC_URL = "http://localhost:8000"
    assert "Only this machine finds" in text_of(new(member, task))
    settings.PUBLIC_URL = "https://dailies.example"
    page = new(member, task)
    assert "Only this machine finds" not in text_of(page)
    assert url_on(page).startswith("https://dailies.example/s/")
