"""`POST inputs`, and what `POST generations` does with it."""

import json
from typing import Any

import pytest
from django.test import Client

from tasks.models import Account, Input, Submission
from tests.api.conftest import MakeProgram, Program, body_of, error_of
from tests.inputs.given import CHIME, png

pytestmark = pytest.mark.django_db(transaction=True)


def give(program: Program, data: bytes, query: str = "", content_type: str = "image/png") -> Any:
    client = Client(headers={"authorization": f"Bearer {program.token}"})
    return client.generic("POST", f"/api/v1/inputs{query}", data, content_type=content_type)


def form(boundary: str, *files: tuple[str, bytes]) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, data in files
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def test_the_bytes_themselves_are_taken(program: Program) -> None:
    answer = give(program, png(), "?name=fox.png")
    assert answer.status_code == 201
    row = Input.objects.get()
    assert body_of(answer) == {
        "id": str(row.pk),
        "reference": f"dailies:input/{row.pk}",
        "kind": "image",
        "name": "fox.png",
        "content_type": "image/png",
        "bytes": len(png()),
        "sha256": row.sha256,
        "width": 8,
        "height": 8,
        "duration": None,
    }
    assert row.owner is not None


def test_a_form_with_one_file_is_taken(program: Program) -> None:
    answer = give(
        program, form("b", ("chime.wav", CHIME.read_bytes())), "", "multipart/form-data; boundary=b"
    )
    assert (answer.status_code, body_of(answer)["kind"], body_of(answer)["name"]) == (
        201,
        "audio",
        "chime.wav",
    )


def test_the_same_again_is_200(program: Program) -> None:
    assert [give(program, png()).status_code for _ in range(2)] == [201, 200]
    assert Input.objects.count() == 1


def test_what_curl_sends_without_being_told_a_type_is_taken(program: Program) -> None:
    assert give(program, png(), "", "application/x-www-form-urlencoded").status_code == 201


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (b"", "image/png", 400, "bad_request"),
        (b"<html>", "image/png", 400, "bad_request"),
        (form("b"), "multipart/form-data; boundary=b", 400, "bad_request"),
        (form("b", ("a", png()), ("b", png(1))), "multipart/form-data; boundary=b", 400, "bad_request"),
        (b"nonsense", "multipart/form-data", 400, "bad_request"),
    ],
)
def test_it_says_what_it_cannot_take(
    program: Program, data: bytes, content_type: str, status: int, code: str
) -> None:
    assert error_of(give(program, data, "", content_type))[:2] == (status, code)
    assert not Input.objects.exists()


def test_a_file_that_is_too_large_is_413(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.inputs.storing.MAX_BYTES", 10)
    assert error_of(give(program, png())) == (413, "too_large", None)


def test_an_unknown_parameter_is_refused(program: Program) -> None:
    assert error_of(give(program, png(), "?nme=fox")) == (400, "invalid_field", "nme")


def test_its_bytes_take_the_token_too(program: Program, make_program: MakeProgram) -> None:
    give(program, png())
    row = Input.objects.get()
    for path in (f"/inputs/{row.pk}", f"/inputs/{row.pk}/poster"):
        other = Client(headers={"authorization": f"Bearer {make_program().token}"})
        answer: Any = other.get(path)
        assert answer.status_code == 200
        answer.close()
        assert Client(headers={"authorization": "Bearer dly_wrong"}).get(path).status_code == 401
        assert Client().get(path).status_code == 302


def test_a_generation_begins_from_it(program: Program, account: Account) -> None:
    reference = body_of(give(program, png()))["reference"]
    wanted = {"account": account.slug, "kind": "video", "params": {"prompt": "A fox", "image_url": reference}}
    assert program.post("generations", wanted).status_code == 201
    call = Submission.objects.get()
    assert call.params["image_url"] == reference
    assert json.dumps(call.params).count("base64") == 0


def test_a_reference_to_nothing_names_its_parameter(program: Program, account: Account) -> None:
    params = {"prompt": "A fox", "image_url": "dailies:input/00000000-0000-0000-0000-000000000000"}
    answer = program.post("generations", {"account": account.slug, "kind": "video", "params": params})
    assert error_of(answer) == (400, "invalid_field", "params.image_url")


def test_the_same_key_is_the_same_task_when_the_file_is_gone(program: Program, account: Account) -> None:
    reference = body_of(give(program, png()))["reference"]
    wanted = {
        "account": account.slug,
        "kind": "video",
        "params": {"prompt": "A fox", "image_url": reference},
        "idempotency_key": "k",
    }
    first = program.post("generations", wanted)
    Input.objects.update(gone_at="2026-01-01T00:00:00Z")
    again = program.post("generations", wanted)
    assert (first.status_code, again.status_code) == (201, 200)
