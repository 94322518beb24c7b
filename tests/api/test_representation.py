from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.test import override_settings
from django.urls import reverse

from dashboard.api.representation import (
    account_json,
    event_json,
    result_json,
    task_json,
    time_json,
    whole_task_json,
)
from tasks.models import Account, Event, Result, Task
from tasks.vocabulary import EventType, Health, Kind, Reason, Status
from tests.api.conftest import MakeTask, Program, body_of

SITE = "https://dailies.example"
TASK_KEYS = {
    "id", "account", "provider", "remote_id", "kind", "status", "raw_status", "progress", "model", "title", "prompt",
    "tags", "error", "results", "created_at", "started_at", "finished_at", "last_poll_at", "next_poll_at",
    "poll_count", "version",
}  # fmt: skip
RESULT_KEYS = {
    "id", "kind", "role", "url", "archive", "bytes", "content_type", "width", "height", "duration", "sha256",
}  # fmt: skip
ACCOUNT_KEYS = {
    "slug", "provider", "base_url", "enabled", "health", "message", "requests_per_minute", "requests_last_minute",
}  # fmt: skip


def loaded(task: Task) -> Task:
    return Task.objects.with_owner().get(pk=task.pk)


def test_a_bare_task_has_every_key(make_task: MakeTask) -> None:
    task = task_json(loaded(make_task()), SITE)
    assert task.keys() == TASK_KEYS
    assert {name for name, value in task.items() if value is None} == {
        "remote_id", "progress", "error", "started_at", "finished_at", "last_poll_at", "next_poll_at",
    }  # fmt: skip
    assert {name for name, value in task.items() if value == ""} == {"raw_status", "model", "title", "prompt"}
    assert (task["tags"], task["results"], task["poll_count"], task["version"]) == ([], [], 0, 1)


def test_a_task_alone_has_its_events_oldest_first(make_task: MakeTask) -> None:
    task = make_task()
    for seconds in (2, 1, 3):
        at = datetime(2026, 11, 22, 14, 5, seconds, tzinfo=UTC)
        Event.objects.create(
            task=task, at=at, type=EventType.STATUS, from_status="queued", to_status="running"
        )
    whole = whole_task_json(loaded(task), SITE)
    assert whole.keys() == TASK_KEYS | {"events"}
    assert [event["at"] for event in whole["events"]] == [f"2026-11-22T14:05:0{n}.000000Z" for n in (1, 2, 3)]


def test_an_event_says_null_where_there_is_nothing() -> None:
    at = datetime(2026, 11, 22, 14, 5, 9, 123456, tzinfo=UTC)
    assert event_json(Event(at=at, type=EventType.STOPPED)) == {
        "at": "2026-11-22T14:05:09.123456Z",
        "type": "stopped",
        "from": None,
        "to": None,
        "actor": None,
        "message": None,
    }


def test_times_are_utc_with_six_digits_whatever_the_zone() -> None:
    vienna = timezone(timedelta(hours=1))
    assert time_json(datetime(2026, 11, 22, 15, 5, 9, tzinfo=vienna)) == "2026-11-22T14:05:09.000000Z"


@pytest.mark.parametrize(
    ("status", "stored", "shown"),
    [
        (Status.SUCCEEDED, None, 100),
        (Status.SUCCEEDED, 40, 100),
        (Status.RUNNING, 0, 0),
        (Status.FAILED, 40, 40),
    ],
)
def test_progress_is_a_hundred_when_succeeded(
    make_task: MakeTask, status: Status, stored: int | None, shown: int
) -> None:
    assert task_json(loaded(make_task(status=status, progress=stored)), SITE)["progress"] == shown


def test_only_a_failed_task_has_an_error(make_task: MakeTask) -> None:
    said = {"error_reason": Reason.MODERATION, "error_code": "blocked", "error_message": "It was refused."}
    failed = task_json(loaded(make_task(status=Status.FAILED, **said)), SITE)
    assert failed["error"] == {"reason": "moderation", "code": "blocked", "message": "It was refused."}
    silent = task_json(loaded(make_task(status=Status.FAILED)), SITE)
    assert silent["error"] == {"reason": "unknown", "code": None, "message": ""}
    assert task_json(loaded(make_task(status=Status.RUNNING, **said)), SITE)["error"] is None


def test_a_result_has_every_key_and_an_absolute_link_of_ours(make_task: MakeTask) -> None:
    bare = Result.objects.create(
        task=make_task(), position=0, kind=Kind.VIDEO, remote_url="https://x.example/a"
    )
    shown = result_json(bare, SITE)
    assert shown.keys() == RESULT_KEYS
    assert shown["url"] == SITE + reverse("result", args=[bare.id])
    unknown = RESULT_KEYS - {"id", "kind", "role", "url", "archive"}
    assert {name for name, value in shown.items() if value is None} == unknown


def test_the_api_answers_the_same_keys(program: Program, make_task: MakeTask) -> None:
    task = make_task(remote_id="a", raw_status="4")
    Result.objects.create(task=task, position=0, kind=Kind.VIDEO)
    page = body_of(program.get("tasks"))
    assert page.keys() == {"items", "next"}
    assert page["items"][0].keys() == TASK_KEYS
    assert page["items"][0]["results"][0].keys() == RESULT_KEYS
    assert page["items"][0]["raw_status"] == "4"
    assert body_of(program.get(f"tasks/{task.id}")).keys() == TASK_KEYS | {"events"}
    assert body_of(program.get("accounts"))["items"][0].keys() == ACCOUNT_KEYS


@pytest.mark.parametrize(
    ("public_url", "site"),
    [("", "http://testserver"), ("https://dailies.example", "https://dailies.example")],
)
def test_result_links_begin_with_the_public_address(
    program: Program, make_task: MakeTask, public_url: str, site: str
) -> None:
    result = Result.objects.create(task=make_task(), position=0, kind=Kind.VIDEO)
    with override_settings(PUBLIC_URL=public_url):
        page = body_of(program.get("tasks"))
    assert page["items"][0]["results"][0]["url"] == f"{site}/results/{result.id}"


@pytest.mark.parametrize(
    ("columns", "health", "message"),
    [
        ({}, "ok", None),
        (
            {"health": Health.LIMITED, "health_message": "It asks us to wait."},
            "limited",
            "It asks us to wait.",
        ),
        ({"money_message": "No money left."}, "ok", "No money left."),
        ({"health": Health.UNAUTHORIZED, "health_message": "Key refused.", "enabled": False}, "paused", None),
    ],
)
def test_an_account_says_how_it_does(columns: dict[str, object], health: str, message: str | None) -> None:
    shown = account_json(Account(slug="lemon", provider="lemondata", **columns), 3)
    assert shown.keys() == ACCOUNT_KEYS
    assert (shown["health"], shown["message"], shown["requests_last_minute"]) == (health, message, 3)
