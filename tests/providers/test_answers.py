from datetime import UTC, datetime

import pytest

from tasks.providers import lemondata
from tasks.providers.answers import read_object, retry_after_s
from tasks.providers.contract import Answer, ErrorKind, ProviderError, TaskRef
from tasks.providers.fields import identifier, moment, progress, text, whole
from tasks.providers.masks import mask_secrets
from tasks.providers.words import status_of
from tasks.vocabulary import Status

NOW = datetime(2026, 10, 21, 7, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "waits_s"),
    [
        ({"retry-after": "60"}, 60.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "1e9"}, 86_400.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:27:55 GMT"}, 5.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:20:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 -0000"}, 60.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], waits_s: float | None) -> None:
    assert retry_after_s(headers, now=NOW) == waits_s


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (102, ErrorKind.INVALID),
        (301, ErrorKind.INVALID),
        (307, ErrorKind.INVALID),
        (400, ErrorKind.INVALID),
        (401, ErrorKind.UNAUTHORIZED),
        (402, ErrorKind.QUOTA),
        (403, ErrorKind.FORBIDDEN),
        (404, ErrorKind.MISSING),
        (408, ErrorKind.TRANSIENT),
        (410, ErrorKind.MISSING),
        (422, ErrorKind.INVALID),
        (429, ErrorKind.LIMITED),
        (500, ErrorKind.TRANSIENT),
        (599, ErrorKind.TRANSIENT),
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b"no"])
def test_a_status_without_words_decides_alone(status: int, kind: ErrorKind, body: bytes) -> None:
    with pytest.raises(ProviderError) as caught:
        read_object("LemonData", Answer(status, {}, body))
    assert caught.value.kind is kind
    assert caught.value.http_status == status
    assert caught.value.message.startswith("LemonData ")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (500, "async_task_not_found", ErrorKind.NOT_FOUND),
        (403, "InsufficientQuota", ErrorKind.QUOTA),
        (429, "insufficient_quota", ErrorKind.QUOTA),
        (500, "insufficient_quota", ErrorKind.TRANSIENT),
        (400, "rate_limit_exceeded", ErrorKind.LIMITED),
        (403, "InvalidApiKey", ErrorKind.UNAUTHORIZED),
        (403, "authentication_error", ErrorKind.UNAUTHORIZED),
        (403, "model_not_allowed", ErrorKind.FORBIDDEN),
        (200, "server_error", ErrorKind.TRANSIENT),
    ],
)
def test_a_code_says_more_than_the_status(status: int, code: str, kind: ErrorKind) -> None:
    answer = Answer(status, {}, f'{{"error":{{"message":"m","code":"{code}"}}}}'.encode())
    with pytest.raises(ProviderError) as caught:
        lemondata.parse_task(answer, TaskRef("ldtask_1"))
    assert caught.value.kind is kind
    assert caught.value.code == code


def test_the_first_bytes_of_nonsense_are_kept_for_the_log() -> None:
    with pytest.raises(ProviderError) as caught:
        read_object("LemonData", Answer(200, {}, b"<html>" + b"x" * 1000))
    assert caught.value.first_bytes == b"<html>" + b"x" * 194


def test_a_byte_order_mark_is_no_nonsense() -> None:
    assert read_object("LemonData", Answer(200, {}, b'\xef\xbb\xbf{"status":"pending"}')) == {
        "status": "pending"
    }


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (45, 45),
        (45.9, 45),
        ("45%", 45),
        (" 45 % ", 45),
        ("45", 45),
        (-3, 0),
        (10**400, None),
        (1e300, 100),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        (None, None),
        ("", None),
        ("half", None),
        ([45], None),
    ],
)
def test_progress(value: object, found: int | None) -> None:
    assert progress(value) == found


@pytest.mark.parametrize("value", [0, -1, 10**12, 10**400, float("nan"), "soon", None, True, [], 4102444800])
def test_an_absurd_time_is_none(value: object) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [("  a ", "a"), (7, "7"), (-1, "-1"), (True, ""), (None, ""), ({}, ""), ("a\0b", "ab"), ("\ud800", "?")],
)
def test_text(value: object, found: str) -> None:
    assert text(value) == found


def test_an_id_is_taken_whole_or_not_at_all() -> None:
    assert identifier(None, "", "a" * 513, "a\nb", "\ud800", 12, "b") == "12"
    assert identifier("a" * 512) == "a" * 512


def test_a_measure_fits_its_column() -> None:
    assert [whole(value) for value in (1280, "720", 0, -1, 2**31, None)] == [
        1280,
        720,
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (" In-Progress ", Status.RUNNING),
        ("NOT START", Status.QUEUED),
        ("succeed", Status.SUCCEEDED),
        ("timeout", Status.FAILED),
        ("Cancelled", Status.CANCELED),
        ("expired", Status.LOST),
        ("unknown", None),
        ("", None),
    ],
)
def test_status_words(word: str, status: Status | None) -> None:
    assert status_of(word) is status


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Authorization: Bearer sk-abc123def456", "Authorization: …"),
        ('-H "authorization: Basic dXNlcjpwYXNz"', '-H "authorization: …"'),
        ("Bearer abcdef123456 is wrong", "Bearer … is wrong"),
        ("Incorrect API key provided: sk-proj-abc123.", "Incorrect API key provided: sk-…."),
        ('{"api_key":"abc","model":"x"}', '{"api_key":"…","model":"x"}'),
        ("https://user:pass@h.example/a", "https://…@h.example/a"),
        ("x-api-key: 5dfc5ed3", "x-api-key: …"),
        ("the task ldtask_1 took 45 s", "the task ldtask_1 took 45 s"),
    ],
)
def test_keys_are_masked(written: str, shown: str) -> None:
    assert mask_secrets(written) == shown
