import json

import pytest
from hypothesis import given

from tasks.providers import lemondata
from tasks.providers.contract import Answer, ErrorKind, ProviderError, Request, TaskRef
from tasks.vocabulary import Kind
from tests.providers import fuzz
from tests.providers.shapes import Shape, check, shapes

GONE = b'{"error":{"message":"Task not found.","type":"invalid_request_error","code":"async_task_not_found"}}'


@pytest.mark.parametrize("shape", shapes("lemondata"))
def test_it_understands_the_shape(shape: Shape) -> None:
    check(shape)


@fuzz.modest
@given(fuzz.answers, fuzz.refs)
def test_any_answer_is_a_snapshot_or_an_error(answer: Answer, ref: TaskRef) -> None:
    fuzz.check_parse("lemondata", answer, ref)


@fuzz.modest
@given(fuzz.values)
def test_any_create_answer_is_an_adoption_or_an_error(body: object) -> None:
    fuzz.check_created("lemondata", body)


@pytest.mark.parametrize("body", fuzz.odd_answers().values(), ids=fuzz.odd_answers().keys())
def test_it_survives_odd_bodies(body: bytes) -> None:
    fuzz.check_parse("lemondata", Answer(200, {}, body), TaskRef("ldtask_1"))


def test_it_keeps_no_payload() -> None:
    payload = "A" * 4_000_000
    rows = [{"b64_json": payload}, {"url": f"data:image/png;base64,{payload}"}]
    body = json.dumps({"status": "completed", "data": rows}).encode()
    snapshot = lemondata.parse_task(Answer(200, {}, body), TaskRef("ldtask_1"))
    assert [file.inline for file in snapshot.files] == [True, True]
    assert len(repr(snapshot)) < 2000


def test_it_asks_the_poll_url_exactly_as_given() -> None:
    ref = TaskRef("ldtask_1", poll_url="/v1/tasks/ldtask_1?sig=a%2Fb%3D%3D&e=1%3A2")
    assert lemondata.poll_request(ref) == Request("/v1/tasks/ldtask_1?sig=a%2Fb%3D%3D&e=1%3A2")


@pytest.mark.parametrize(
    ("remote_id", "target"),
    [
        ("video_abc123", "/v1/tasks/video_abc123"),
        ("odd id/../x?", "/v1/tasks/odd%20id%2F..%2Fx%3F"),
        ("cgt-0123456789", "/api/v3/contents/generations/tasks/cgt-0123456789"),
    ],
)
def test_it_asks_at_the_usual_path_without_a_poll_url(remote_id: str, target: str) -> None:
    assert lemondata.poll_request(TaskRef(remote_id)).target == target


@pytest.mark.parametrize(
    ("kind", "model", "hours"),
    [
        (Kind.VIDEO, "veo3.1", 1),
        (Kind.IMAGE, "gpt-image-2", 0.25),
        (Kind.VIDEO, "doubao-Seedance-2.0", 49),
        (Kind.OTHER, "", 1),
    ],
)
def test_deadline(kind: Kind, model: str, hours: float) -> None:
    assert lemondata.deadline_s(kind, model) == hours * 3600


def test_it_sends_the_key_as_a_bearer_token() -> None:
    assert lemondata.auth_headers("sk-1") == {"Authorization": "Bearer sk-1"}
    assert lemondata.auth_headers("") == {}


@pytest.mark.parametrize(
    ("kind", "model", "made"),
    [
        (Kind.OTHER, "tripo3d-v2.5", Kind.MODEL3D),
        (Kind.OTHER, "gpt-image-2", Kind.IMAGE),
        (Kind.OTHER, "kling-v2.6-pro", Kind.VIDEO),
        (Kind.OTHER, "suno_music", Kind.AUDIO),
        (Kind.OTHER, "nobody-knows", None),
        (Kind.AUDIO, "nobody-knows", Kind.AUDIO),
    ],
)
def test_a_running_task_tells_its_kind(kind: Kind, model: str, made: Kind | None) -> None:
    body = json.dumps({"status": "processing", "model": model}).encode()
    assert lemondata.parse_task(Answer(200, {}, body), TaskRef("ldtask_1", kind=kind)).kind is made


@pytest.mark.parametrize("status", [200, 400, 404])
def test_the_probe_is_content_when_only_its_task_is_unknown(status: int) -> None:
    assert lemondata.probe_request().target == "/v1/tasks/dailies-connection-test"
    lemondata.check_probe(Answer(status, {}, GONE))


def test_the_probe_is_content_with_a_404_that_is_theirs() -> None:
    lemondata.check_probe(Answer(404, {}, b'{"error":{"message":"No","type":"not_found_error"}}'))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"error":{"message":"Invalid","code":"invalid_api_key"}}', ErrorKind.UNAUTHORIZED),
        (200, b'{"error":{"message":"Invalid","code":"invalid_api_key"}}', ErrorKind.UNAUTHORIZED),
        (402, b"{}", ErrorKind.QUOTA),
        (404, b"<html>nginx</html>", ErrorKind.MISSING),
        (404, b'{"detail":"Not Found"}', ErrorKind.MISSING),
        (200, b"<html>", ErrorKind.INVALID),
        (503, b"", ErrorKind.TRANSIENT),
        (301, b"", ErrorKind.INVALID),
    ],
)
def test_the_probe_tells_what_is_wrong(status: int, body: bytes, kind: ErrorKind) -> None:
    with pytest.raises(ProviderError) as caught:
        lemondata.check_probe(Answer(status, {}, body))
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("text", "remote_id", "poll_url", "kind"),
    [
        ("ldtask_abc123", "ldtask_abc123", "", None),
        ("  ldtask_abc123\n", "ldtask_abc123", "", None),
        ("img_abc123def456", "img_abc123def456", "", Kind.IMAGE),
        (
            "cgt-0123456789ab",
            "cgt-0123456789ab",
            "/api/v3/contents/generations/tasks/cgt-0123456789ab",
            Kind.VIDEO,
        ),
        ("/v1/tasks/ldtask_1?a=%2F", "ldtask_1", "/v1/tasks/ldtask_1?a=%2F", None),
        ("/v1/images/generations/img_1", "img_1", "/v1/images/generations/img_1", Kind.IMAGE),
        ("https://h.example/x/v1/tasks/a%20b", "a b", "https://h.example/x/v1/tasks/a%20b", None),
        ('{"id":"zz","poll_url":"/v1/tasks/zz"}', "zz", "/v1/tasks/zz", None),
        ('{"status":"pending","poll_url":"/v1/tasks/yy"}', "yy", "/v1/tasks/yy", None),
    ],
)
def test_it_adopts(text: str, remote_id: str, poll_url: str, kind: Kind | None) -> None:
    found = lemondata.adopt(text)
    assert found is not None
    assert (found.remote_id, found.poll_url, found.kind, found.certain) == (remote_id, poll_url, kind, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "video_generation",
        "hello@studio.example",
        "10c649db-e115-481c-9f8d-e3d2e2a52899",
        "/api/v1/tasks/10c649db-e115-481c-9f8d-e3d2e2a52899",
        "//evil.example/v1/tasks/ldtask_1",
        "https://user:pass@h.example/v1/tasks/ldtask_1",
        "https://h.example/v1/tasks",
        '{"id":5}',
        '{"task_id":"x","status":"queued","format":"mp4"}',
        '{"status":200,"data":{"task_id":"ldtask_1"}}',
        "{" * 5000,
        "[1]",
    ],
)
def test_it_leaves_alone_what_it_cannot_have_given(text: str) -> None:
    assert lemondata.adopt(text) is None


def test_an_old_video_id_is_doubtful() -> None:
    old, sora = lemondata.adopt("video_abc123"), lemondata.adopt("video_69095b4ce0048190893a01510c0c98b0")
    assert old is not None
    assert sora is not None
    assert not old.certain
    assert old.likelihood > 0.5 > sora.likelihood


def test_a_foreign_server_is_never_taken_for_a_path_of_ours() -> None:
    body = json.dumps(
        {"status": "completed", "videos": ["//e.example.com/a.mp4", "/\\e.example.com/b.mp4"]}
    ).encode()
    files = lemondata.parse_task(Answer(200, {}, body), TaskRef("ldtask_1")).files
    assert [file.url for file in files] == ["https://e.example.com/a.mp4", "https://e.example.com/b.mp4"]
