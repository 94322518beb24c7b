import json

import pytest
from hypothesis import given

from tasks.providers import nebula
from tasks.providers.contract import Answer, ErrorKind, ProviderError, TaskRef
from tasks.vocabulary import Kind, Status
from tests.providers import fuzz
from tests.providers.shapes import Shape, check, shapes

SORA = "video_69095b4ce0048190893a01510c0c98b0"
UUID = "ae8eb420-8aa6-440a-8eb8-1d1afe8d5e97"
VEO = "cHJvamVjdHMvZXhhbXBsZS9sb2NhdGlvbnMvdXMtY2VudHJhbDEvcHVibGlzaGVycy9n"


@pytest.mark.parametrize("shape", shapes("nebula"))
def test_it_understands_the_shape(shape: Shape) -> None:
    check(shape)


@fuzz.modest
@given(fuzz.answers, fuzz.refs)
def test_any_answer_is_a_snapshot_or_an_error(answer: Answer, ref: TaskRef) -> None:
    fuzz.check_parse("nebula", answer, ref)


@fuzz.modest
@given(fuzz.values)
def test_any_create_answer_is_an_adoption_or_an_error(body: object) -> None:
    fuzz.check_created("nebula", body)


@pytest.mark.parametrize("body", fuzz.odd_answers().values(), ids=fuzz.odd_answers().keys())
def test_it_survives_odd_bodies(body: bytes) -> None:
    fuzz.check_parse("nebula", Answer(200, {}, body), TaskRef("video_1"))


def test_it_keeps_no_payload() -> None:
    payload = "A" * 4_000_000
    urls = [f"data:video/mp4;base64,{payload}", f" DATA:video/webm;base64,{payload}"]
    body = json.dumps({"status": "succeeded", "url": urls}).encode()
    snapshot = nebula.parse_task(Answer(200, {}, body), TaskRef(VEO))
    assert [(file.inline, file.content_type) for file in snapshot.files] == [
        (True, "video/mp4"),
        (True, "video/webm"),
    ]
    assert len(repr(snapshot)) < 2000


@pytest.mark.parametrize(
    ("ref", "target"),
    [
        (TaskRef(SORA), f"/v1/video/generations/{SORA}"),
        (TaskRef("a/b=="), "/v1/video/generations/a%2Fb%3D%3D"),
        (TaskRef("a", poll_url="https://h.example/v1/x?y=%2F"), "https://h.example/v1/x?y=%2F"),
    ],
)
def test_it_asks(ref: TaskRef, target: str) -> None:
    assert nebula.poll_request(ref).target == target


def test_a_sora_file_is_a_download_call_of_the_same_server() -> None:
    body = b'{"status":"succeeded","model":"sora-2"}'
    (file,) = nebula.parse_task(Answer(200, {}, body), TaskRef("odd id&x")).files
    assert file.url == "/v1/video/generations/download?id=odd%20id%26x"
    assert nebula.answers_with_base64(file.url)
    assert not nebula.answers_with_base64("https://oss.example.com/video.mp4")


def test_deadline() -> None:
    assert nebula.deadline_s(Kind.VIDEO, "sora-2") == 3600
    assert nebula.deadline_s(Kind.IMAGE, "") == 900


def test_it_sends_the_key_as_a_bearer_token() -> None:
    assert nebula.auth_headers("sk-1") == {"Authorization": "Bearer sk-1"}
    assert nebula.auth_headers("") == {}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"code":"task_not_exist","message":"task_not_exist","data":null}'),
        (400, b'{"code":"invalid_request","message":"no such task","data":null}'),
        (404, b'{"error":{"message":"Not found","type":"not_found","code":"not_found"}}'),
    ],
)
def test_the_probe_is_content_when_only_its_task_is_unknown(status: int, body: bytes) -> None:
    assert nebula.probe_request().target == "/v1/video/generations/dailies-connection-test"
    nebula.check_probe(Answer(status, {}, body))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"error":{"code":"invalid_api_key"}}', ErrorKind.UNAUTHORIZED),
        (403, b'{"error":{"code":"InvalidApiKey"}}', ErrorKind.UNAUTHORIZED),
        (400, b'{"code":"error","message":"?","data":null}', ErrorKind.INVALID),
        (404, b"404 page not found", ErrorKind.MISSING),
        (200, b'{"message":"welcome"}', ErrorKind.INVALID),
    ],
)
def test_the_probe_tells_what_is_wrong(status: int, body: bytes, kind: ErrorKind) -> None:
    with pytest.raises(ProviderError) as caught:
        nebula.check_probe(Answer(status, {}, body))
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("text", "remote_id", "certain"),
    [
        (VEO, VEO, True),
        (SORA, SORA, False),
        (UUID, UUID, False),
        (f"https://h.example/v1/video/generations/{UUID}", UUID, True),
        (f"/v1/video/generations/download?id={SORA}", SORA, True),
        ('{"task_id":"kling-1","status":"submitted","format":"mp4"}', "kling-1", True),
        ('{"code":"success","data":{"task_id":"kling-1","status":"SUBMITTED"}}', "kling-1", True),
        (f'{{"task_id":"{UUID}"}}', UUID, False),
        (f'{{"task_id":"{VEO}"}}', VEO, True),
    ],
)
def test_it_adopts(text: str, remote_id: str, certain: bool) -> None:
    found = nebula.adopt(text)
    assert found is not None
    assert (found.remote_id, found.certain, found.kind) == (remote_id, certain, Kind.VIDEO)


def test_a_download_link_is_no_poll_address() -> None:
    found = nebula.adopt(f"https://h.example/v1/video/generations/download?id={SORA}")
    assert found is not None
    assert (found.poll_url, found.origin) == ("", "https://h.example")


def test_a_finished_answer_brings_its_snapshot() -> None:
    found = nebula.adopt(
        '{"task_id":"a","status":"succeeded","format":"mp4","url":"https://e.example.com/a.mp4"}'
    )
    assert found is not None
    assert found.snapshot is not None
    assert found.snapshot.status is Status.SUCCEEDED


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "ldtask_abc123",
        "video_generation",
        "/v1/tasks/ldtask_1",
        "/v1/video/generations/",
        '{"id":"chatcmpl-1","object":"chat.completion"}',
        '{"id":"x","poll_url":"/v1/tasks/x","metadata":{},"status":"pending"}',
        f'{{"status":200,"message":"success","data":{{"task_id":"{UUID}"}}}}',
        f'{{"task_id":"{UUID}","state":4}}',
        '{"created":1,"data":[{"url":"https://e.example.com/i.png"}]}',
        '{"format":"mp4"}',
    ],
)
def test_it_leaves_alone_what_it_cannot_have_given(text: str) -> None:
    assert nebula.adopt(text) is None
