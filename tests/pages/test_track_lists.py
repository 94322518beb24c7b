"""Thousands of tasks at once: a list with one a row, pasted or as a file, looked at before and reported on after."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tasks.accounts import create_account
from tasks.models import Account, Task
from tasks.providers.contract import Adoption
from tasks.tracking import stop_tracking, track
from tests.pages.test_track import confirm, outcomes, recognise
from tests.pages.visitors import field_errors, text_of, visitor

pytestmark = pytest.mark.django_db

ID = "ldtask_{:032x}".format


@pytest.fixture
def lemon() -> Account:
    return create_account("lemondata", "lemon", name="Lemon studio", api_key="sk-lemon-1234567890")


@pytest.fixture
def pear() -> Account:
    return create_account("lemondata", "pear", name="Pear", base_url="https://pear.example")


@pytest.fixture
def member() -> Client:
    return visitor()


def upload(client: Client, raw: bytes, name: str = "tasks.csv") -> Any:
    return client.post(
        reverse("track"), {"text": "", "file": SimpleUploadedFile(name, raw), "recognise": "1"}
    )


def test_each_row_is_shown_with_what_it_says_before_anything_is_tracked(
    lemon: Account, pear: Account, member: Client
) -> None:
    text = (
        f"id,account,title,tags,kind\n{ID(1)},pear,Shot 1,sea;night,video\n{ID(2)},plum,,,\n{ID(1)},pear,,,\n"
    )
    page = recognise(member, text)
    assert outcomes(page) == ["new", "no_account", "unclear"]
    shown = text_of(page)
    assert "1 task recognised, 2 not usable" in shown
    assert "Line 2 · Pear · “Shot 1” · sea, night" in shown
    assert "line 3. There is no account “plum”." in shown
    assert "line 4. The same task as line 2." in shown
    assert not Task.objects.exists()
    report = confirm(member, text)
    assert report.status_code == 200
    assert "<h1>1 task tracked</h1>" in text_of(report)
    assert "2 rows not used." in text_of(report)
    assert "Line 3</strong>: There is no account “plum”." in text_of(report)
    task = Task.objects.get()
    assert (task.account, task.title, task.tags, task.kind) == (pear, "Shot 1", ["sea", "night"], "video")
    assert (task.search, task.tag_words) == (task.search_text(), "\nsea\nnight\n")
    assert task.next_poll_at is not None
    assert [event.message for event in task.events.all()] == ["Tracked at Pear"]


def test_json_lines_are_calls_of_the_api(lemon: Account, member: Client) -> None:
    calls: list[dict[str, object]] = [
        {"remote_id": "own-7", "account": "lemon", "title": "Own"},
        {"response": {"id": ID(2), "status": "completed", "video_url": "https://cdn.example/a.mp4"}},
        {"poll_url": f"/v1/tasks/{ID(3)}", "account": "lemon"},
        {"remote_id": ID(4), "title": "x" * 501},
        {"poll_url": "https://evil.example/v1/tasks/9", "account": "lemon"},
        {"remote_id": "own-8"},
    ]
    text = "\n".join(map(json.dumps, calls)) + "\n{broken"
    page = recognise(member, text)
    assert outcomes(page) == ["new", "new", "new", "unclear", "refused", "unclear", "unclear"]
    assert "title: Value should have at most 500" in text_of(page)
    assert "say whose it is" in text_of(page)
    confirm(member, text)
    rows = Task.objects.order_by("remote_id").values_list("remote_id", "status", "poll_url")
    assert sorted(rows) == [
        (ID(2), "succeeded", ""),
        (ID(3), "queued", f"/v1/tasks/{ID(3)}"),
        ("own-7", "queued", ""),
    ]


def test_rows_that_name_no_account_take_the_chosen_one(lemon: Account, pear: Account, member: Client) -> None:
    text = f"id\n{ID(1)}\nown-7\n"
    page = recognise(member, text)
    assert 'name="account-rows"' in text_of(page)
    assert outcomes(page) == ["new", "unclear"]
    confirm(member, text, **{"account-rows": "pear"})
    assert set(Task.objects.values_list("account__slug", "remote_id")) == {("pear", ID(1)), ("pear", "own-7")}


def test_what_is_here_already_is_left_and_what_is_in_the_trash_comes_back(
    lemon: Account, member: Client
) -> None:
    track(lemon, Adoption(ID(1), title="Known"), None)
    stop_tracking([track(lemon, Adoption(ID(2)), None).task.pk], None)
    text = f"id,title\n{ID(1)},Other\n{ID(2)},Back\n"
    assert outcomes(recognise(member, text)) == ["known", "new"]
    report = text_of(confirm(member, text))
    assert "2 known already." in report
    assert "Every row was used." in report
    assert Task.objects.get(remote_id=ID(1)).title == "Known"
    assert Task.objects.tracked().count() == 2


def test_a_file_is_read_into_the_text(lemon: Account, member: Client) -> None:
    page = upload(member, f"\ufeffid,title\r\n{ID(1)},Fjörd\r\n".encode())
    assert outcomes(page) == ["new"]
    assert page.context["form"]["text"].value().startswith("id,title")
    assert "Fjörd" in text_of(page)
    assert not Task.objects.exists()
    assert outcomes(upload(member, f"id\n{ID(1)}\n".encode("utf-16"))) == ["new"]


@pytest.mark.parametrize(("raw", "says"), [(b"\xff\xfe\xff" * 3, "no text"), (b"\x89PNG\xff", "no text")])
def test_a_file_that_is_no_text_is_said_so(lemon: Account, member: Client, raw: bytes, says: str) -> None:
    assert says in field_errors(upload(member, raw))["file"]


def test_a_file_that_is_too_large_is_said_so(lemon: Account, member: Client) -> None:
    assert "larger than 4.0 MB" in field_errors(upload(member, b"x" * 4_000_001))["file"]


def test_keys_in_a_file_are_not_shown_again(lemon: Account, member: Client) -> None:
    page = upload(
        member, b"curl https://api.lemondata.cc/v1/tasks/x -H 'Authorization: Bearer sk-abcdefgh12345'"
    )
    assert b"sk-abcdefgh12345" not in page.content


def test_an_unknown_column_is_one_clear_sentence(lemon: Account, member: Client) -> None:
    assert "There is no column “tittle”." in text_of(recognise(member, f"id,tittle\n{ID(1)},x\n"))


def test_thousands_are_tracked_in_few_statements_and_what_is_shown_is_bounded(
    lemon: Account, member: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    text = "id,title\n" + "".join(f"{ID(n)},Shot {n}\n" for n in range(5_020))
    with django_assert_max_num_queries(30):
        page = recognise(member, text)
    assert text_of(page).count("<li>") < 250
    assert "and 4,800 more like these" in text_of(page)
    assert "Only the first 5,000 are read at once; 20 follow" in text_of(page)
    with django_assert_max_num_queries(400):
        report = confirm(member, text)
    assert "<h1>5,000 tasks tracked</h1>" in text_of(report)
    assert "20 rows after the first ones were not read" in text_of(report)
    assert Task.objects.count() == 5_000
    newest = list(Task.objects.values_list("title", flat=True)[:150])
    assert newest == [f"Shot {n}" for n in range(4_999, 4_849, -1)]


def test_a_long_list_of_bare_ids_is_one_too(lemon: Account, member: Client) -> None:
    text = "\n".join(map(ID, range(300)))
    confirm(member, text)
    assert Task.objects.count() == 300
