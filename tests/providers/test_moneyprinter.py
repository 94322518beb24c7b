import json

import pytest
from hypothesis import given

from tasks.providers import moneyprinter
from tasks.providers.contract import Answer, ErrorKind, Page, ProviderError, TaskRef
from tasks.vocabulary import Kind, Status
from tests.providers import fuzz
from tests.providers.shapes import Shape, check, shapes

UUID = "10c649db-e115-481c-9f8d-e3d2e2a52899"


@pytest.mark.parametrize("shape", shapes("moneyprinter"))
def test_it_understands_the_shape(shape: Shape) -> None:
    check(shape)


@fuzz.modest
@given(fuzz.answers, fuzz.refs)
def test_any_answer_is_a_snapshot_or_an_error(answer: Answer, ref: TaskRef) -> None:
    fuzz.check_parse("moneyprinter", answer, ref)


@fuzz.modest
@given(fuzz.answers | fuzz.lists, fuzz.pages)
def test_any_list_is_a_page_or_an_error(answer: Answer, page: Page) -> None:
    fuzz.check_list("moneyprinter", answer, page)


@fuzz.modest
@given(fuzz.values)
def test_any_create_answer_is_an_adoption_or_an_error(body: object) -> None:
    fuzz.check_created("moneyprinter", body)


@pytest.mark.parametrize("body", fuzz.odd_answers().values(), ids=fuzz.odd_answers().keys())
def test_it_survives_odd_bodies(body: bytes) -> None:
    fuzz.check_parse("moneyprinter", Answer(200, {}, body), TaskRef(UUID))
    fuzz.check_list("moneyprinter", Answer(200, {}, body), Page(1, 10))


def test_it_asks_at_its_own_path() -> None:
    assert moneyprinter.poll_request(TaskRef("a b")).target == "/api/v1/tasks/a%20b"
    assert moneyprinter.poll_request(TaskRef("a", poll_url="/x/api/v1/tasks/a")).target == "/x/api/v1/tasks/a"


@pytest.mark.parametrize(
    "name", ["../../config.toml", "..\\config.toml", "a/b\\final-1.mp4", "final-1.mp4?x#y"]
)
def test_a_file_never_leads_out_of_its_task(name: str) -> None:
    body = json.dumps(
        {"data": {"task_id": UUID, "state": 1, "videos": [f"http://h.example/{name}"]}}
    ).encode()
    (file,) = moneyprinter.parse_task(Answer(200, {}, body), TaskRef(UUID)).files
    assert file.url in {f"/api/v1/download/{UUID}/config.toml", f"/api/v1/download/{UUID}/final-1.mp4"}


def test_it_waits_six_hours() -> None:
    assert moneyprinter.deadline_s(Kind.VIDEO, "") == 6 * 3600


def test_it_sends_a_key_only_where_there_is_one() -> None:
    assert moneyprinter.auth_headers("k") == {"x-api-key": "k"}
    assert moneyprinter.auth_headers("") == {}


def test_the_probe_is_content_with_a_list() -> None:
    assert moneyprinter.probe_request().target == "/api/v1/tasks?page=1&page_size=1"
    moneyprinter.check_probe(
        Answer(
            200,
            {},
            b'{"status":200,"message":"success","data":{"tasks":[],"total":0,"page":1,"page_size":1}}',
        )
    )


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"status":200,"data":null}', ErrorKind.INVALID),
        (200, b"<html>", ErrorKind.INVALID),
        (404, b'{"detail":"Not Found"}', ErrorKind.MISSING),
        (401, b'{"status":401,"message":"invalid token"}', ErrorKind.UNAUTHORIZED),
        (500, b"Internal Server Error", ErrorKind.TRANSIENT),
    ],
)
def test_the_probe_tells_what_is_wrong(status: int, body: bytes, kind: ErrorKind) -> None:
    with pytest.raises(ProviderError) as caught:
        moneyprinter.check_probe(Answer(status, {}, body))
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("text", "poll_url", "certain"),
    [
        (UUID, "", False),
        (f"http://localhost:8080/api/v1/tasks/{UUID}", f"http://localhost:8080/api/v1/tasks/{UUID}", True),
        (f"/tasks/{UUID}/final-1.mp4", "", True),
        (f"http://h.example/api/v1/stream/{UUID}/final-1.mp4", "", True),
        (f'{{"status":200,"message":"success","data":{{"task_id":"{UUID}"}}}}', "", True),
        (f'{{"task_id":"{UUID}","state":0,"progress":0}}', "", True),
    ],
)
def test_it_adopts(text: str, poll_url: str, certain: bool) -> None:
    found = moneyprinter.adopt(text)
    assert found is not None
    assert (found.remote_id, found.poll_url, found.certain) == (UUID, poll_url, certain)


def test_a_record_brings_its_snapshot() -> None:
    found = moneyprinter.adopt(f'{{"task_id":"{UUID}","state":0}}')
    assert found is not None
    assert found.snapshot is not None
    assert found.snapshot.status is Status.QUEUED


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "ldtask_abc123",
        "video_abc123",
        "/v1/tasks/ldtask_1",
        "/api/v1/videos",
        "/tasks/notes/final-1.mp4",
        '{"code":"success","data":{"task_id":"a","status":"SUCCESS"}}',
        '{"status":404,"message":"x: task not found"}',
        f'{{"task_id":"{UUID}","status":"queued"}}',
    ],
)
def test_it_leaves_alone_what_it_cannot_have_given(text: str) -> None:
    assert moneyprinter.adopt(text) is None
