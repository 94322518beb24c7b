"""Answers that nobody would send, made by hypothesis: any bytes, and JSON that uses the words providers use."""

import json
import re
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tasks.providers import PROVIDERS
from tasks.providers.contract import (
    Adoption,
    Answer,
    ErrorKind,
    File,
    Page,
    ProviderError,
    Snapshot,
    TaskRef,
)
from tasks.vocabulary import FINAL, Kind, Status

modest = settings(max_examples=150, deadline=None)

FIELDS = re.findall(
    r"\S+",
    "status state id task_id poll_url progress model created updated created_at completed_at error code message msg "
    "type detail retry_after retryable cancelled cancellation_status data url b64_json video video_url videos "
    "last_frame_url content file_url audio audio_url clips duration width height glb_url model_url fbx_url pano_url "
    "world_marble_url metadata output response usage result_url fail_reason failure_reason format object "
    "bytesBase64Encoded combined_videos audio_file audio_duration subtitle_path failed_stage tasks items prompt",
)
WORDS = re.findall(
    r"[^ ]+",
    "pending processing completed failed timeout expired cancelled SUCCESS FAILURE IN_PROGRESS succeeded nonsense "
    "async_task_not_found task_not_exist invalid_api_key InsufficientQuota rate_limit_exceeded server_error success "
    "https://e.example.com/a.mp4 //e.example.com/a.mp4 data:video/mp4;base64,AAAA /tasks/1/final-1.mp4 http://[x 45% "
    'video_69095b4ce0048190893a01510c0c98b0 ldtask_1 download .. {"code":"x"} \x00 \ud800',
)

numbers = st.one_of(
    st.integers(),
    st.sampled_from([-1, 0, 1, 4, 100, 200, 404, 10**400, -(10**400), 1706000000]),
    st.floats(),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, st.sampled_from(WORDS), st.text(max_size=20))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
    ),
    max_leaves=20,
)
bodies = st.dictionaries(st.sampled_from(FIELDS), values, max_size=10)
tasks = st.builds(
    lambda body, word: body | {"status": word, "state": 1},
    bodies,
    st.sampled_from(["completed", "SUCCESS", "failed"]),
)
raw_headers = st.dictionaries(
    st.sampled_from(["retry-after", "date", "content-type", "location"]),
    st.one_of(st.text(max_size=30), st.sampled_from(["5", "-1", "nan", "Wed, 21 Oct 2026 07:28:00 GMT"])),
)
raw_bodies = st.one_of(
    st.binary(max_size=200),
    st.one_of(bodies, tasks, values).map(lambda body: json.dumps(body).encode()),
    st.one_of(bodies, tasks).map(
        lambda body: json.dumps({"status": 200, "code": "success", "data": body}).encode()
    ),
)
answers = st.builds(
    Answer,
    status_code=st.one_of(
        st.sampled_from([200, 200, 200, 400, 401, 403, 404, 429, 503]), st.integers(0, 999)
    ),
    headers=raw_headers,
    body=raw_bodies,
)
pages = st.builds(Page, number=st.integers(1, 10**6), size=st.integers(1, 1000))
lists = st.builds(
    lambda status, found, counts: Answer(
        status, {}, json.dumps({"status": 200, "data": counts | {"tasks": found}}).encode()
    ),
    status=st.sampled_from([200, 200, 200, 500]),
    found=st.one_of(values, st.lists(st.one_of(bodies, tasks, values), max_size=8)),
    counts=st.dictionaries(st.sampled_from(["total", "page", "page_size"]), scalars),
)
refs = st.builds(
    TaskRef,
    remote_id=st.one_of(st.sampled_from(WORDS), st.text(max_size=600)),
    poll_url=st.sampled_from(["", "/v1/images/generations/img_1"]),
    kind=st.sampled_from(list(Kind)),
    model=st.text(max_size=20),
)


def check_parse(provider: str, answer: Answer, ref: TaskRef) -> None:
    """A snapshot that any database takes, or a ProviderError; anything else is a failure of the test."""
    try:
        snapshot = PROVIDERS[provider].parse_task(answer, ref)
    except ProviderError as error:
        check_error(error)
    else:
        check_snapshot(snapshot)


def check_list(provider: str, answer: Answer, page: Page) -> None:
    """A page whose tasks have names and no files, or a ProviderError."""
    lister = PROVIDERS[provider].LISTING
    assert lister is not None
    try:
        listed = lister.parse_list(answer, page)
    except ProviderError as error:
        check_error(error)
        return
    assert listed.first >= 0
    assert listed.total is None or listed.total >= 0
    for task in filter(None, listed.tasks):
        assert task.remote_id
        check_text(task.remote_id, 512)
        check_snapshot(task.snapshot)
        assert not task.snapshot.files


def check_created(provider: str, body: object) -> None:
    try:
        made: Adoption | ProviderError = PROVIDERS[provider].parse_created(body)
    except ProviderError as error:
        made = error
    if isinstance(made, Adoption):
        check_adoption(made)
    else:
        check_error(made)
        assert made.kind is ErrorKind.INVALID


def check_adoption(adoption: Adoption) -> None:
    assert len(adoption.remote_id) <= 512
    assert adoption.remote_id or (adoption.snapshot and adoption.snapshot.files)
    assert adoption.remote_id == adoption.remote_id.strip()
    for text in (adoption.remote_id, adoption.poll_url, adoption.model, adoption.title, adoption.prompt):
        check_text(text, 10_000)
    if adoption.snapshot:
        check_snapshot(adoption.snapshot)


def check_error(error: ProviderError) -> None:
    check_text(error.message, 1000)
    assert error.message
    assert len(error.first_bytes) <= 200
    assert error.retry_after_s is None or 0 <= error.retry_after_s <= 86_400


def check_snapshot(snapshot: Snapshot) -> None:
    assert snapshot.status in {None, *FINAL, Status.QUEUED, Status.RUNNING, Status.LOST}
    assert snapshot.progress is None or (type(snapshot.progress) is int and 0 <= snapshot.progress <= 100)
    assert (snapshot.error is not None) == (snapshot.status is Status.FAILED)
    assert not snapshot.files or snapshot.status is Status.SUCCEEDED
    assert len(snapshot.files) <= 100
    check_text(snapshot.raw_status, 200)
    check_text(snapshot.model, 200)
    check_text(snapshot.poll_url, 8192)
    if snapshot.error:
        check_text(snapshot.error.message, 2000)
        assert snapshot.error.message
        check_text(snapshot.error.code or "", 200)
    for file in snapshot.files:
        check_file(file)


def check_file(file: File) -> None:
    assert bool(file.url) + file.inline + file.expired == 1
    assert not file.url.startswith(("//", "/\\", "data:"))
    check_text(file.url, 8192 + 2)
    check_text(file.name, 255)
    check_text(file.role, 32)
    check_text(file.content_type, 100)
    for measure in (file.width, file.height):
        assert measure is None or 0 < measure < 2**31
    assert file.duration_s is None or file.duration_s >= 0


def check_text(text: str, limit: int) -> None:
    """Short enough, and without what databases refuse."""
    assert len(text) <= limit
    assert "\0" not in text
    text.encode()


def odd_answers() -> dict[str, Any]:
    """Large and deep bodies, too big to be written down as files."""
    huge = "A" * 4_000_000
    return {
        "deep lists": b"[" * 1_000_000,
        "deep objects": b'{"status":' * 200_000,
        "huge number": b'{"status":"completed","progress":' + b"9" * 100_000 + b"}",
        "large number": b'{"status":"completed","state":1,"progress":' + b"9" * 4000 + b"}",
        "spaces": b" " * 4_000_000,
        "not a number": b'{"status":"completed","state":1,"progress":NaN,"created":Infinity,"width":-Infinity}',
        "lone surrogate": b'{"status":"\\ud800","state":"\\ud800","error":"\\u0000"}',
        "long word": json.dumps({"status": huge, "state": huge, "model": huge, "id": huge}).encode(),
        "long failure": json.dumps({"status": "failed", "state": -1, "error": huge}).encode(),
        "long url": json.dumps({"status": "completed", "url": "https://" + huge}).encode(),
        "many files": json.dumps(
            {"status": "completed", "url": [f"https://e/{n}" for n in range(50_000)]}
        ).encode(),
        "other encoding": '{"status":"completed"}'.encode("utf-16"),
    }
