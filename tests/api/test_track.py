import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import AsyncClient

from dashboard.api.bodies import MAX_BODY_BYTES
from dashboard.tokens import create_token
from tasks.models import Account, Event, Task
from tasks.tracking import stop_tracking
from tests.api.conftest import MakeTask, Program, body_of, error_of

MIB = 1024 * 1024
SUCCEEDED = {
    "id": "ldtask_0123456789abcdef0123456789abcdef",
    "task_id": "ldtask_0123456789abcdef0123456789abcdef",
    "poll_url": "/v1/tasks/ldtask_0123456789abcdef0123456789abcdef",
    "status": "completed",
    "progress": 100,
    "model": "veo3.1",
    "created": 1706000000,
    "video_url": "https://files.example/clip.mp4",
    "video": {"url": "https://files.example/clip.mp4", "duration": 4, "width": 1280, "height": 720},
}


def test_it_tracks_a_remote_id(program: Program, account: Account) -> None:
    wanted = {
        "account": "lemon",
        "remote_id": "ldtask_0123456789abcdef",
        "kind": "video",
        "model": "veo3.1",
        "title": "Shot 12",
        "prompt": "a red apple",
        "tags": ["film", "rot & grün"],
    }
    response = program.post("tasks", wanted)
    task = body_of(response)
    assert response.status_code == 201
    assert {name: task[name] for name in wanted} == wanted
    assert (task["status"], task["next_poll_at"]) == ("queued", task["created_at"])
    assert [event["type"] for event in task["events"]] == ["created"]
    row = Task.objects.get()
    assert str(row.id) == task["id"]
    assert row.created_by == User.objects.get()


def test_only_account_and_identifier_are_needed_and_null_is_absent(
    program: Program, account: Account
) -> None:
    names = ("poll_url", "response", "kind", "model", "title", "prompt", "tags")
    wanted = {"account": "lemon", "remote_id": "x" * 512} | dict.fromkeys(names)
    task = body_of(program.post("tasks", wanted))
    assert (task["remote_id"], task["title"], task["tags"], task["kind"]) == ("x" * 512, "", [], "other")


def test_the_existing_task_is_answered_unchanged(program: Program, make_task: MakeTask) -> None:
    known = make_task(remote_id="a", title="First")
    response = program.post("tasks", {"account": "lemon", "remote_id": "a", "title": "Second"})
    task = body_of(response)
    assert (response.status_code, task["id"], task["title"]) == (200, str(known.id), "First")
    assert task["version"] == known.version


def test_a_task_in_the_trash_comes_back_with_its_id(program: Program, make_task: MakeTask) -> None:
    known = make_task(remote_id="a")
    stop_tracking([known.id], None)
    response = program.post("tasks", {"account": "lemon", "remote_id": "a"})
    assert (response.status_code, body_of(response)["id"]) == (200, str(known.id))
    assert program.get(f"tasks/{known.id}").status_code == 200


@pytest.mark.parametrize(
    "poll_url",
    [
        "/v1/tasks/ldtask_0123456789abcdef",
        "https://api.lemondata.cc/v1/tasks/ldtask_0123456789abcdef",
        "https://api.lemondata.cc:443/odd/ldtask_0123456789abcdef?sig=a%2Fb%3D%3D&e=1%3A2",
    ],
)
def test_a_poll_url_is_kept_byte_for_byte_and_names_the_task(
    program: Program, account: Account, poll_url: str
) -> None:
    response = program.post("tasks", {"account": "lemon", "poll_url": poll_url})
    assert (response.status_code, body_of(response)["remote_id"]) == (201, "ldtask_0123456789abcdef")
    assert Task.objects.get().poll_url == poll_url


@pytest.mark.parametrize(
    "poll_url",
    [
        "https://evil.example/v1/tasks/ldtask_0123456789abcdef",
        "http://api.lemondata.cc/v1/tasks/ldtask_0123456789abcdef",
        "https://api.lemondata.cc:8443/v1/tasks/a",
        "https://api.lemondata.cc@evil.example/v1/tasks/a",
        "//evil.example/v1/tasks/a",
        "/v1/../../admin/a",
        "/v1/%2e%2e/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://api.lemondata.cc/",
        "/" + "x" * 513,
        "/v1/tasks/a b",
        "/v1/tasks/%00",
        "/v1/tasks/%20",
        "",
        " ",
        "\0",
    ],
)
def test_a_poll_url_that_cannot_be_asked_is_refused(
    program: Program, account: Account, poll_url: str
) -> None:
    response = program.post("tasks", {"account": "lemon", "poll_url": poll_url})
    assert error_of(response) == (400, "invalid_field", "poll_url")
    assert not Task.objects.exists()


def test_a_final_create_answer_makes_a_final_task(program: Program, account: Account) -> None:
    response = program.post("tasks", {"account": "lemon", "response": SUCCEEDED, "title": "Clip"})
    task = body_of(response)
    assert response.status_code == 201
    assert (task["remote_id"], task["status"], task["progress"]) == (SUCCEEDED["id"], "succeeded", 100)
    assert (task["kind"], task["model"], task["title"], task["next_poll_at"]) == (
        "video",
        "veo3.1",
        "Clip",
        None,
    )
    assert (task["results"][0]["width"], task["results"][0]["duration"]) == (1280, 4.0)


def test_a_pending_create_answer_is_followed(program: Program, account: Account) -> None:
    pending = {name: SUCCEEDED[name] for name in ("id", "poll_url", "model")} | {"status": "pending"}
    task = body_of(program.post("tasks", {"account": "lemon", "response": pending}))
    assert (task["status"], task["raw_status"], task["results"]) == ("queued", "pending", [])
    assert Task.objects.get().poll_url == SUCCEEDED["poll_url"]


@pytest.mark.parametrize(
    ("response", "field"),
    [
        ({}, "response"),
        ({"hello": "world"}, "response"),
        ([], "response"),
        ("text", "response"),
        (
            {"id": "ldtask_0123456789abcdef", "status": "pending", "poll_url": "https://evil.example/x"},
            "poll_url",
        ),
    ],
)
def test_a_create_answer_that_cannot_be_followed_is_refused(
    program: Program, account: Account, response: object, field: str
) -> None:
    answer = program.post("tasks", {"account": "lemon", "response": response})
    assert error_of(answer) == (400, "invalid_field", field)
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "text", ["\0", "a\0b", "\ud800", "<script>alert(1)</script>", "\u202e", "\U0001f3ac"]
)
def test_whatever_a_provider_wrote_can_be_stored(program: Program, account: Account, text: str) -> None:
    strange: dict[str, Any] = SUCCEEDED | {
        "model": text,
        "prompt": text,
        "title": text,
        text: [text],
        "error": text,
    }
    response = program.post("tasks", {"account": "lemon", "response": strange})
    assert response.status_code == 201
    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["remote_id", "title", "model", "prompt", "account", "tags"])
@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_database_takes_is_refused(
    program: Program, account: Account, name: str, text: str
) -> None:
    wanted = {"account": "lemon", "remote_id": "a", name: [text] if name == "tags" else text}
    assert error_of(program.post("tasks", wanted)) == (400, "invalid_field", name)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account": "other"}, "account"),
        ({"account": ""}, "account"),
        ({"account": 7}, "account"),
        ({"account": None}, "account"),
        ({"remote_id": ""}, "remote_id"),
        ({"remote_id": " \n"}, "remote_id"),
        ({"remote_id": "x" * 513}, "remote_id"),
        ({"remote_id": 12}, "remote_id"),
        ({"remote_id": ["a"]}, "remote_id"),
        ({"remote_id": None}, "remote_id"),
        ({"poll_url": "/v1/tasks/a"}, "poll_url"),
        ({"response": SUCCEEDED}, "response"),
        ({"kind": "film"}, "kind"),
        ({"kind": ["video"]}, "kind"),
        ({"title": "x" * 501}, "title"),
        ({"title": 1}, "title"),
        ({"model": "x" * 201}, "model"),
        ({"prompt": "x" * 100_001}, "prompt"),
        ({"tags": "film"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"tags": [""]}, "tags"),
        ({"tags": ["x" * 101]}, "tags"),
        ({"tags": ["x"] * 51}, "tags"),
        ({"tags": {"film": True}}, "tags"),
        ({"tittle": "Shot"}, "tittle"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_tracked(
    program: Program, account: Account, change: dict[str, object], field: str
) -> None:
    wanted = {"account": "lemon", "remote_id": "a"} | change
    assert error_of(program.post("tasks", wanted)) == (400, "invalid_field", field)
    assert not Task.objects.exists()


@pytest.mark.parametrize("missing", ["account", "remote_id"])
def test_a_missing_field_is_named(program: Program, account: Account, missing: str) -> None:
    wanted = {"account": "lemon", "remote_id": "a"}
    del wanted[missing]
    assert error_of(program.post("tasks", wanted)) == (400, "invalid_field", missing)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"account=lemon&remote_id=a",
        b'{"account":"lemon","remote_id":"a"} x',
        b'{"account":"lemon","remote_id":"\xff"}',
        '{"account":"lemon","remote_id":"a"}'.encode("utf-16"),
        b'{"account":"lemon","remote_id":"a","progress":NaN}',
        b'{"account":' * 100_000,
        b'{"account":' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(program: Program, account: Account, body: bytes) -> None:
    assert error_of(program.post("tasks", body)) == (400, "bad_request", None)
    assert not Task.objects.exists()


def test_a_response_of_several_megabytes_is_read(program: Program, account: Account) -> None:
    large = SUCCEEDED | {"lyrics": "la " * (2 * MIB)}
    assert program.post("tasks", {"account": "lemon", "response": large}).status_code == 201


def test_a_body_over_eight_mebibytes_is_refused(program: Program, account: Account) -> None:
    body = b'{"account": "lemon", "remote_id": "a"}'.ljust(MAX_BODY_BYTES)
    assert program.post("tasks", body).status_code == 201
    assert error_of(program.post("tasks", body + b" ")) == (413, "too_large", None)


@pytest.mark.django_db(transaction=True)
async def test_bodies_are_read_the_same_way_by_the_asynchronous_server() -> None:
    user = await User.objects.acreate(username="ann")
    await Account.objects.acreate(slug="lemon", provider="lemondata", base_url="https://api.lemondata.cc")
    token = await sync_to_async(create_token)(user, "test")
    headers = {"authorization": f"Bearer {token}"}
    for size, status in ((MAX_BODY_BYTES, 201), (MAX_BODY_BYTES + 1, 413)):
        body = json.dumps({"account": "lemon", "remote_id": "a"}).ljust(size)
        response = await AsyncClient().post(
            "/api/v1/tasks", body, content_type="application/json", headers=headers
        )
        assert response.status_code == status


def test_a_paused_account_takes_tasks(program: Program, account: Account) -> None:
    Account.objects.update(enabled=False)
    assert program.post("tasks", {"account": "lemon", "remote_id": "a"}).status_code == 201


def test_a_task_remembers_who_tracked_it(program: Program, account: Account) -> None:
    task = body_of(program.post("tasks", {"account": "lemon", "remote_id": "a"}))
    assert task["events"][0]["actor"] == User.objects.get().username == Event.objects.get().actor
