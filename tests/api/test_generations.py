from typing import Any

import pytest

from tasks.models import Account, Submission, Task
from tests.api.conftest import MakeProgram, Program, body_of, error_of

pytestmark = pytest.mark.django_db

FOX: dict[str, Any] = {"model": "veo3.1", "prompt": "A red fox", "duration": 8}


@pytest.fixture
def lemon(account: Account) -> dict[str, Any]:
    return {"account": account.slug, "kind": "video", "params": FOX}


def test_it_makes_a_task_that_is_about_to_be_sent(program: Program, lemon: dict[str, Any]) -> None:
    answer = program.post("generations", lemon | {"title": "Shot 12"})
    task = body_of(answer)
    assert answer.status_code == 201
    assert (task["status"], task["remote_id"], task["kind"]) == ("submitting", None, "video")
    assert (task["title"], task["model"], task["prompt"]) == ("Shot 12", "veo3.1", "A red fox")
    assert [event["type"] for event in task["events"]] == ["created"]
    assert Submission.objects.get().params == FOX


def test_a_repeated_call_is_the_same_task(program: Program, lemon: dict[str, Any]) -> None:
    first = program.post("generations", lemon | {"idempotency_key": "k"})
    again = program.post("generations", lemon | {"idempotency_key": "k"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert body_of(first)["id"] == body_of(again)["id"]
    assert Task.objects.count() == 1


def test_a_key_used_for_something_else_is_a_conflict(program: Program, lemon: dict[str, Any]) -> None:
    program.post("generations", lemon | {"idempotency_key": "k"})
    other = program.post("generations", lemon | {"idempotency_key": "k", "params": FOX | {"seed": 1}})
    assert error_of(other) == (409, "conflict", None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account": "nobody"}, "account"),
        ({"kind": "text"}, "kind"),
        ({"kind": "movie"}, "kind"),
        ({"params": {"model": "veo3.1"}}, "params.prompt"),
        ({"params": FOX | {"duration": "long"}}, "params.duration"),
        ({"params": "A fox"}, "params"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "k" * 256}, "idempotency_key"),
        ({"prompt": "A fox"}, "prompt"),
    ],
)
def test_it_names_what_cannot_be_used(
    program: Program, lemon: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    assert error_of(program.post("generations", lemon | change)) == (400, "invalid_field", field)
    assert not Task.objects.exists()


def test_what_it_does_not_know_passes_through(program: Program, lemon: dict[str, Any]) -> None:
    program.post("generations", lemon | {"params": FOX | {"lens_mm": 35}})
    assert Submission.objects.get().params == FOX | {"lens_mm": 35}


def test_a_read_only_token_makes_nothing(make_program: MakeProgram, lemon: dict[str, Any]) -> None:
    answer = make_program(read_only=True).post("generations", lemon)
    assert error_of(answer) == (403, "forbidden", None)


def test_it_shows_every_description(program: Program) -> None:
    described = body_of(program.get("openapi.json"))
    call = described["paths"]["/api/v1/generations"]["post"]
    schema = call["requestBody"]["content"]["application/json"]["schema"]
    titles = [one["title"] for one in schema["properties"]["params"]["anyOf"]]
    assert "LemonData: Video" in titles
    assert "MoneyPrinterTurbo: Subtitles" in titles


def test_a_task_that_was_not_sent_is_canceled_at_once(program: Program, lemon: dict[str, Any]) -> None:
    made = body_of(program.post("generations", lemon))
    answer = program.post(f"tasks/{made['id']}/cancel")
    assert (answer.status_code, body_of(answer)["status"]) == (202, "canceled")
    assert Submission.objects.unsent().count() == 0
