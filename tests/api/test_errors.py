import logging
from uuid import uuid4

import pytest
from django.test import Client, override_settings

from tasks.models import Account
from tasks.providers import PROVIDERS
from tests.api.conftest import Program, body_of, error_of


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/tasks", "/api/v1/tasks/", "/api/v1/accounts/", "/api/v1/docs/",
     "/api/v1/nothing", "/api/v1/%00", "/api/v1/%ff", "/api//v1/tasks"],
)  # fmt: skip
def test_an_unknown_address_is_a_404_in_json(db: None, path: str, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        response = Client().get(path)
    assert error_of(response) == (404, "not_found", None)


def test_an_address_that_merely_begins_like_the_api_is_left_alone(db: None) -> None:
    assert Client().get("/apiary").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "tasks", "GET, HEAD, OPTIONS, POST"),
        ("PATCH", "tasks/{id}", "DELETE, GET, HEAD, OPTIONS"),
        ("GET", "tasks/{id}/poll", "OPTIONS, POST"),
        ("DELETE", "accounts", "GET, HEAD, OPTIONS"),
        ("TRACE", "accounts", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_says_which_are_right(program: Program, method: str, path: str, allowed: str) -> None:
    response = program.call(method, path.format(id=uuid4()))
    assert error_of(response) == (405, "bad_request", None)
    assert response["Allow"] == allowed


@pytest.mark.parametrize(
    ("path", "allowed"), [("tasks", "GET, HEAD, OPTIONS, POST"), ("tasks/{id}/poll", "OPTIONS, POST")]
)
def test_options_says_what_an_address_takes(db: None, path: str, allowed: str) -> None:
    response = Program().call("OPTIONS", path.format(id=uuid4()))
    assert (response.status_code, response.content, response["Allow"]) == (204, b"", allowed)


def test_head_is_get_without_a_body(program: Program) -> None:
    got, head = program.get("tasks"), program.call("HEAD", "tasks")
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == got["Content-Length"] == str(len(got.content))
    assert program.call("HEAD", f"tasks/{uuid4()}").status_code == 404
    assert program.call("HEAD", f"tasks/{uuid4()}/poll").status_code == 405


class Broken:
    """A provider with a programming error."""

    def parse_created(self, body: object) -> None:
        raise RuntimeError("a secret detail")


@pytest.mark.parametrize("debug", [False, True])
def test_our_own_fault_is_logged_and_told_without_a_trace(
    program: Program,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    debug: bool,
) -> None:
    monkeypatch.setitem(PROVIDERS, "lemondata", Broken())
    with override_settings(DEBUG=debug), caplog.at_level(logging.ERROR, "dashboard.api"):
        response = program.post("tasks", {"account": "lemon", "response": {"id": "a"}})
    assert error_of(response) == (500, "internal", None)
    assert b"secret" not in response.content
    assert "POST /api/v1/tasks failed" in caplog.text
    assert "a secret detail" in caplog.text


@override_settings(ALLOWED_HOSTS=["dailies.example"])
def test_a_foreign_host_header_is_refused_in_json(program: Program) -> None:
    client = Client(headers={"authorization": f"Bearer {program.token}", "host": "evil.example"})
    assert error_of(client.get("/api/v1/tasks")) == (400, "bad_request", None)


def test_answers_are_neutral_to_browsers_and_kept_by_no_cache(program: Program, account: Account) -> None:
    program.post("tasks", {"account": "lemon", "remote_id": "a", "title": "<script>alert(1)</script>"})
    for path in ("tasks", "tasks?status=<script>", "<script>"):
        response = program.get(path)
        assert body_of(response)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "no-store"
        assert "default-src 'self'" in response["Content-Security-Policy"]
