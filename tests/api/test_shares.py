"""Links made and ended by programs, to the letter of the contract."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dashboard.people import Role
from tasks.exposure import find
from tasks.models import AuditEntry, Share
from tasks.sharing import LONGEST_LIFE, opens
from tasks.tracking import stop_tracking
from tests.api.conftest import MakeProgram, MakeTask, Program, body_of, error_of

DAY_S = 86_400


def token_in(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def life_of(made: dict[str, str]) -> timedelta:
    return datetime.fromisoformat(made["expires_at"]) - timezone.now()


def test_a_link_is_made_with_what_is_usual(program: Program, make_task: MakeTask) -> None:
    task = make_task(remote_id="a", title="Shot 12", status="succeeded")
    bodies: list[object] = [b"", {}]
    for body in bodies:
        response = program.post(f"tasks/{task.id}/shares", body)
        made = body_of(response)
        assert response.status_code == 201
        assert list(made) == ["id", "url", "expires_at"]
        assert timedelta(days=7) - timedelta(minutes=1) < life_of(made) <= timedelta(days=7)
        assert made["expires_at"].endswith("Z")
        assert made["url"] == f"http://testserver/s/{token_in(made['url'])}/"
        share = find(token_in(made["url"]))
        assert share is not None
        assert (str(share.pk), share.allow_download, share.password_hash) == (made["id"], True, "")
        assert share.created_by == User.objects.get()
        assert Client().get(made["url"]).status_code == 200


def test_it_begins_with_the_public_address(program: Program, make_task: MakeTask, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://dailies.example"
    made = body_of(program.post(f"tasks/{make_task(remote_id='a').id}/shares"))
    assert made["url"].startswith("https://dailies.example/s/")


def test_every_field_counts(program: Program, make_task: MakeTask) -> None:
    task = make_task(remote_id="a")
    body = {"expires_in": DAY_S, "password": "under the bridge", "allow_download": False}
    made = body_of(program.post(f"tasks/{task.id}/shares", body))
    share = Share.objects.get()
    assert timedelta(hours=23) < life_of(made) <= timedelta(days=1)
    assert share.expires_at is not None
    assert made["expires_at"] == share.expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    assert opens(share, "under the bridge")
    assert not share.allow_download


def test_null_is_never_for_the_end_and_none_for_the_password(program: Program, make_task: MakeTask) -> None:
    body = {"expires_in": None, "password": None}
    made = body_of(program.post(f"tasks/{make_task(remote_id='a').id}/shares", body))
    assert made["expires_at"] is None
    assert Share.objects.get().expires_at is None
    assert Share.objects.get().password_hash == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("expires_in", 0), ("expires_in", -1), ("expires_in", "3600"), ("expires_in", True),
        ("expires_in", LONGEST_LIFE.total_seconds() + 1), ("expires_in", 1e400), ("expires_in", [1]),
        ("password", ""), ("password", 1), ("password", "x" * 201), ("password", "a\0b"),
        ("allow_download", "yes"), ("allow_download", 1), ("allow_download", None),
        ("expires", 60), ("title", "x"), ("allowDownload", True),
    ],
)  # fmt: skip
def test_a_wrong_or_unknown_field_is_named(
    program: Program, make_task: MakeTask, field: str, value: object
) -> None:
    task = make_task(remote_id="a")
    body = b'{"expires_in": 1e400}' if value == 1e400 else {field: value}
    assert error_of(program.post(f"tasks/{task.id}/shares", body)) == (400, "invalid_field", field)
    assert not Share.objects.exists()


@pytest.mark.parametrize("body", [b"[]", b"{", b"null", b"\xff"])
def test_a_body_that_is_no_object_is_refused(program: Program, make_task: MakeTask, body: bytes) -> None:
    response = program.post(f"tasks/{make_task(remote_id='a').id}/shares", body)
    assert error_of(response) == (400, "bad_request", None)


def test_a_task_that_is_not_there_cannot_be_shared(program: Program, make_task: MakeTask) -> None:
    gone = make_task(remote_id="a")
    stop_tracking([gone.id], None)
    for name in (gone.id, uuid4()):
        assert error_of(program.post(f"tasks/{name}/shares"))[:2] == (404, "not_found")
        assert error_of(program.get(f"tasks/{name}/shares"))[:2] == (404, "not_found")


def test_a_link_is_ended_once(program: Program, make_task: MakeTask) -> None:
    made = body_of(program.post(f"tasks/{make_task(remote_id='a').id}/shares"))
    response = program.delete(f"shares/{made['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert Client().get(made["url"]).status_code == 404
    for name in (made["id"], uuid4()):
        assert error_of(program.delete(f"shares/{name}")) == (404, "not_found", None)
    deeds = list(AuditEntry.objects.order_by("id").values_list("deed", flat=True))
    assert [deed for deed in deeds if deed.startswith("share")] == ["share_made", "share_revoked"]


def test_the_links_of_a_task_are_listed_without_their_addresses(
    program: Program, make_task: MakeTask
) -> None:
    task = make_task(remote_id="a")
    made = [body_of(program.post(f"tasks/{task.id}/shares", {"password": "x"})) for _ in range(2)]
    items = body_of(program.get(f"tasks/{task.id}/shares"))["items"]
    assert [one["id"] for one in items] == [one["id"] for one in reversed(made)]
    assert items[0] == {
        "id": made[1]["id"],
        "title": "",
        "has_password": True,
        "allow_download": True,
        "views": 0,
        "last_seen_at": None,
        "created_at": items[0]["created_at"],
        "created_by": User.objects.get().username,
        "expires_at": made[1]["expires_at"],
    }
    program.delete(f"shares/{made[1]['id']}")
    assert [one["id"] for one in body_of(program.get(f"tasks/{task.id}/shares"))["items"]] == [made[0]["id"]]


def test_viewers_see_links_and_change_none(make_program: MakeProgram, make_task: MakeTask) -> None:
    task, viewer = make_task(remote_id="a"), make_program(Role.VIEWER)
    made = body_of(make_program().post(f"tasks/{task.id}/shares"))
    assert len(body_of(viewer.get(f"tasks/{task.id}/shares"))["items"]) == 1
    for weak in (viewer, make_program(Role.MANAGER, read_only=True)):
        assert error_of(weak.post(f"tasks/{task.id}/shares")) == (403, "forbidden", None)
        assert error_of(weak.delete(f"shares/{made['id']}")) == (403, "forbidden", None)
    assert Share.objects.get().revoked_at is None
