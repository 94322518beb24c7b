"""One task's page, and what members do with it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tasks.models import Account, AccountUse, Event, RawAnswer, Result, Task
from tasks.vocabulary import Archive, EventType, Reason, Status
from tests.pages.tasks import make

pytestmark = pytest.mark.django_db

ACTIONS = ("check", "stop", "restore", "title")


def page(client: Client, task: Task) -> str:
    response = client.get(f"/tasks/{task.pk}")
    assert response.status_code == 200
    return response.content.decode()


STATES = [
    ({"status": Status.SUBMITTING, "remote_id": None}, "waiting for its id"),
    ({"status": Status.QUEUED, "raw_status": "pending"}, "which says “pending”"),
    ({"status": Status.RUNNING}, "LemonData reports no progress for it"),
    ({"status": Status.RUNNING, "progress": 62}, "As LemonData reports it"),
    ({"status": Status.SUCCEEDED}, "its answer names no file"),
    ({"status": Status.CANCELED}, "LemonData reports it as canceled"),
    ({"status": Status.LOST}, "no proof of failure"),
    ({"status": Status.TIMED_OUT}, "We look again 2, 6 and 24 hours after the deadline"),
    ({"status": Status.UNCONFIRMED, "remote_id": None}, "never sent again by itself"),
    ({"status": Status.FAILED, "error_reason": Reason.MODERATION}, "LemonData refused it (content policy)"),
    ({"status": Status.FAILED, "error_reason": Reason.QUOTA}, "Lemon studio has no credit left at LemonData"),
    ({"status": Status.FAILED, "error_reason": Reason.BAD_INPUT}, "did not accept the input"),
    ({"status": Status.FAILED, "error_reason": Reason.AUTH}, "refused the key of Lemon studio"),
    ({"status": Status.FAILED, "error_reason": Reason.PROVIDER}, "LemonData could not finish it"),
    ({"status": Status.FAILED, "error_reason": Reason.UNKNOWN}, "It failed at LemonData"),
]


@pytest.mark.parametrize(("fields", "words"), STATES)
def test_every_state_is_said_in_words(
    member: Client, account: Account, fields: dict[str, Any], words: str
) -> None:
    assert words in page(member, make(account, **fields))


def test_the_page_tells_facts_history_and_asking(member: Client, account: Account) -> None:
    now = timezone.now()
    task = make(
        account,
        poll_count=23,
        next_poll_at=now + timedelta(seconds=4.4),
        last_poll_at=now - timedelta(seconds=0.6),
        poll_url="/v1/tasks/7?sig=s3cr3t",
        tags=["doc-fjord"],
        model="veo3.1",
    )
    Event.objects.create(task=task, type=EventType.CREATED, message="Tracked at Lemon studio", actor="Mira")
    Event.objects.create(
        task=task, type=EventType.STATUS, from_status="queued", to_status="running", message="It moves"
    )
    html = page(member, task)
    assert "Asked 23×" in html
    assert "next in 4 s" in html
    assert "5 s</strong>usual gap" in html
    assert "Tracked at Lemon studio" in html
    assert "<strong>Running</strong>. It moves" in html
    assert "/v1/tasks/7?…" in html
    assert "s3cr3t" not in html
    assert "doc-fjord" in html


def test_asking_says_that_the_budget_is_used_up(member: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(requests_per_minute=20)
    now = timezone.now()
    use = AccountUse.objects.create(account=account, holder=uuid4(), requests_last_minute=20, at=now)
    task = make(account, next_poll_at=now)
    words = "All 20 requests a minute of Lemon studio are in use, so it waits for its turn."
    assert words in member.get(f"/tasks/{task.pk}/asking").content.decode()
    use.delete()
    assert words not in member.get(f"/tasks/{task.pk}/asking").content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"enabled": False}, "is paused, so nobody asks"),
        ({"health": "unauthorized"}, "refuses the key"),
        (
            {"health": "limited", "resumes_at": datetime(2100, 1, 1, tzinfo=UTC)},
            "LemonData asked us to slow down",
        ),
    ],
)
def test_asking_says_why_nobody_asks(
    member: Client, account: Account, fields: dict[str, Any], words: str
) -> None:
    Account.objects.filter(pk=account.pk).update(**fields)
    task = make(account, next_poll_at=timezone.now())
    response = member.get(f"/tasks/{task.pk}/asking")
    html = response.content.decode()
    assert words in html
    assert html.startswith('<section class="panel" id="asking"')


def test_the_raw_answer_is_masked(member: Client, account: Account) -> None:
    task = make(account)
    text = '{"token": "tok-123456", "url": "https://cdn.example/a.mp4?Signature=s3cr3t"}'
    RawAnswer.objects.create(task=task, at=timezone.now(), http_status=200, text=text)
    html = page(member, task)
    assert "tok-123456" not in html
    assert "s3cr3t" not in html
    assert "cdn.example/a.mp4" in html


def test_results_are_shown_when_they_can_be_had(member: Client, account: Account) -> None:
    task = make(account, status=Status.SUCCEEDED)
    add = Result.objects.create
    good = add(task=task, position=0, kind="video", remote_url="https://cdn.example/a.mp4?s=1", duration_s=8)
    bad = add(task=task, position=1, kind="image", remote_url="javascript:alert(1)")
    expired = add(task=task, position=2, kind="video", archive=Archive.EXPIRED)
    add(task=task, position=3, kind="video", inline=True)
    html = page(member, task)
    assert f'src="/results/{good.pk}"' in html
    assert f'href="/results/{good.pk}?download=1"' in html
    for lost in (bad, expired):
        assert f'"/results/{lost.pk}' not in html.replace(f'formaction="/results/{lost.pk}/keep"', "")
    assert 'href="javascript' not in html
    assert "gave an address that is no web address: javascript:alert(1)" in html
    assert "no longer has this file" in html
    assert "inside its answer" in html
    assert "cdn.example" not in html


def test_neighbours_are_linked(member: Client, account: Account) -> None:
    older, here, newer = (make(account, age_s=n, title=f"t{n}") for n in (90, 60, 30))
    html = page(member, here)
    assert re.search(rf'href="/tasks/{newer.pk}" rel="prev"', html)
    assert re.search(rf'href="/tasks/{older.pk}" rel="next"', html)


def test_an_unknown_task_is_not_found(member: Client, account: Account) -> None:
    assert member.get(f"/tasks/{uuid4()}").status_code == 404
    gone = make(account, deleted_at=timezone.now())
    assert member.get(f"/tasks/{gone.pk}").status_code == 404


def test_the_page_keeps_the_strict_policy(member: Client, account: Account) -> None:
    task = make(account, progress=40, prompt="a < b")
    Result.objects.create(task=task, position=0, kind="video", remote_url="https://cdn.example/a")
    response = member.get(f"/tasks/{task.pk}")
    assert "unsafe" not in response["Content-Security-Policy"]
    html = response.content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|data:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)


def test_check_now_asks_the_poller(member: Client, account: Account) -> None:
    task = make(account)
    response = member.post(f"/tasks/{task.pk}/check", follow=True)
    task.refresh_from_db()
    assert task.check_requested_at is not None
    assert "Asking Lemon studio about “A ridge” now." in response.content.decode()


def test_check_now_leads_back_to_the_list_it_came_from(member: Client, account: Account) -> None:
    task = make(account)
    response = member.post(f"/tasks/{task.pk}/check", {"next": "/?status=running"})
    assert response["Location"] == "/?status=running"
    response = member.post(f"/tasks/{task.pk}/check", {"next": "https://evil.example/"})
    assert response["Location"] == f"/tasks/{task.pk}"


def test_check_now_of_a_final_task_says_why_not(member: Client, account: Account) -> None:
    task = make(account, status=Status.SUCCEEDED)
    response = member.post(f"/tasks/{task.pk}/check", follow=True)
    task.refresh_from_db()
    assert task.check_requested_at is None
    assert "cannot be asked about" in response.content.decode()


def test_stop_tracking_can_be_undone(member: Client, account: Account) -> None:
    task = make(account)
    response = member.post(f"/tasks/{task.pk}/stop", follow=True)
    assert Task.objects.trash().filter(pk=task.pk).exists()
    html = response.content.decode()
    assert "is in the trash for 30 days" in html
    undo = re.search(r'action="(/tasks/restore)"(.+?)</form>', html, re.DOTALL)
    assert undo
    assert f'name="task" value="{task.pk}"' in undo.group(2)
    response = member.post(undo.group(1), {"task": str(task.pk)}, follow=True)
    assert Task.objects.tracked().filter(pk=task.pk).exists()
    assert "is tracked again" in response.content.decode()


def test_the_title_is_edited_in_place(member: Client, account: Account) -> None:
    task = make(account, title="A ridge", prompt="A long ridge")
    html = page(member, task)
    assert f'id="titling" method="post" action="/tasks/{task.pk}/title"' in html
    assert 'name="title" value="A ridge"' in html
    for title, shown in ((" The  ridge\n", "The  ridge"), ("", "A long ridge")):
        response = member.post(f"/tasks/{task.pk}/title", {"title": title}, follow=True)
        assert f"<h1>{shown}</h1>" in response.content.decode()
    task.refresh_from_db()
    assert (task.title, task.version) == ("", 3)
    assert "long ridge" in task.search
    assert [(one.type, one.actor) for one in task.events.all()] == [("edited", "Mira Okafor")] * 2


@pytest.mark.parametrize("title", ["A ridge", "x" * 501, "a\0b"])
def test_a_title_that_is_the_same_or_none_changes_nothing(
    member: Client, account: Account, title: str
) -> None:
    task = make(account, title="A ridge")
    response = member.post(f"/tasks/{task.pk}/title", {"title": title}, follow=True)
    task.refresh_from_db()
    assert (task.title, task.version) == ("A ridge", 1)
    assert ('class="toast bad"' in response.content.decode()) == (title != "A ridge")


def test_an_archived_task_says_so_and_leads_back(member: Client, account: Account) -> None:
    older, here, newer = (make(account, age_s=n, title=f"t{n}") for n in (90, 60, 30))
    Task.objects.filter(pk=here.pk).update(archived_at=timezone.now())
    html = page(member, here)
    assert "Archived</span>" in html
    assert f'formaction="/tasks/unarchive" name="task" value="{here.pk}"' in html
    assert 'rel="prev"' not in html, "neighbours of an archived task are archived"
    html = page(member, older)
    assert re.search(rf'href="/tasks/{newer.pk}" rel="prev"', html)
    assert f'formaction="/tasks/archive" name="task" value="{older.pk}"' in html


def test_tags_are_shown_and_edited_on_the_page(member: Client, account: Account, viewer: Client) -> None:
    make(account, tags=["known elsewhere"])
    task = make(account, tags=["night shots", "<b>"])
    html = page(member, task)
    assert 'href="/?archived=all&amp;tag=night%20shots"' in html
    assert 'name="remove" value="&lt;b&gt;"' in html
    assert '<option value="known elsewhere"></option>' in html
    html = page(viewer, task)
    assert "night shots" in html
    assert "known elsewhere" not in html


def test_restoring_a_tracked_task_changes_nothing(member: Client, account: Account) -> None:
    task = make(account)
    response = member.post(f"/tasks/{task.pk}/restore", follow=True)
    task.refresh_from_db()
    assert task.version == 1
    assert "was not in the trash" in response.content.decode()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_viewer_may_not_act(viewer: Client, account: Account, action: str) -> None:
    task = make(account)
    assert viewer.post(f"/tasks/{task.pk}/{action}").status_code == 403
    task.refresh_from_db()
    assert (task.version, task.check_requested_at) == (1, None)


@pytest.mark.parametrize("action", ACTIONS)
def test_acting_needs_a_form_of_ours(account: Account, action: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("mira"))
    task = make(account)
    assert client.post(f"/tasks/{task.pk}/{action}").status_code == 403
    assert client.get(f"/tasks/{task.pk}/{action}").status_code == 405


@pytest.mark.parametrize("path", ["tasks/{}", "tasks/{}/asking", "results/{}", "trash"])
def test_a_stranger_sees_nothing(client: Client, account: Account, path: str) -> None:
    response = client.get("/" + path.format(make(account).pk))
    assert response.status_code == 302
    assert response["Location"].startswith("/login")


def test_a_viewer_reads_the_page(viewer: Client, account: Account) -> None:
    html = page(viewer, make(account))
    assert "A ridge" in html
    assert "data-can-edit" not in html
