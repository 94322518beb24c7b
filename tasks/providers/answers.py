"""From an HTTP answer to a JSON object, or to the ProviderError it means. The same for every provider."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tasks.providers.complaints import GONE, Complaint, judge, understand
from tasks.providers.contract import Answer, ErrorKind, ProviderError
from tasks.providers.fields import mapping, number, text
from tasks.providers.masks import mask_secrets
from tasks.providers.words import squeezed, word_in

FIRST_BYTES = 200
MAX_QUOTED = 300
MAX_RETRY_AFTER_S = 86_400.0

_SENTENCES = {
    ErrorKind.TRANSIENT: "{provider} has trouble of its own ({status}). We ask again.",
    ErrorKind.LIMITED: "{provider} asks to slow down ({status}).",
    ErrorKind.NOT_FOUND: "{provider} no longer knows this task.",
    ErrorKind.MISSING: "{provider} found nothing at this address ({status}).",
    ErrorKind.UNAUTHORIZED: "{provider} refused this account's key ({status}). Check the key.",
    ErrorKind.FORBIDDEN: "{provider} says that this key may not see this task ({status}).",
    ErrorKind.QUOTA: "{provider} says that the account has no money left ({status}).",
    ErrorKind.INVALID: "{provider} gave an answer that tells nothing of the task ({status}).",
}

_BAD_ID = frozenset({"invalidrequest", "invalidrequesterror"})

Reader = Callable[[Mapping[str, object]], Complaint]


def read_object(provider: str, answer: Answer, *, reader: Reader = understand) -> Mapping[str, object]:
    """The JSON object of a good answer. ProviderError for every other answer."""
    status = answer.status_code
    if 300 <= status < 400:
        raise invalid(provider, f"answered with a redirect ({status}); redirects are not followed", answer)
    if 200 <= status < 300:
        body = _decode(provider, answer)
        if reader(body).words & GONE:
            raise refusal(provider, answer, body, reader=reader)
        return body
    try:
        body = _decode(provider, answer)
    except ProviderError as error:
        raise _wordless(provider, answer, error) from None
    raise refusal(provider, answer, body, reader=reader)


def refusal(
    provider: str,
    answer: Answer,
    body: Mapping[str, object],
    *,
    reader: Reader = understand,
    http_status: int | None = None,
) -> ProviderError:
    """The error that a JSON body means. `http_status`: the one inside the body, when that is the true one."""
    complaint = reader(body)
    status = http_status or answer.status_code
    return _error(provider, answer, complaint, kind=judge(status, complaint), status=status)


def invalid(provider: str, happened: str, answer: Answer | None = None) -> ProviderError:
    """An answer that makes no sense: `happened` completes the sentence that begins with the provider's name."""
    return ProviderError(
        ErrorKind.INVALID,
        f"{provider} {happened}.",
        http_status=answer.status_code if answer else None,
        first_bytes=answer.body[:FIRST_BYTES] if answer else b"",
    )


def retry_after_s(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date; a date counts from `Date`, else from `now`."""
    value = headers.get("retry-after", "").strip()[:64]
    found = number(value)
    if found is None:
        until = _http_date(value)
        since = _http_date(headers.get("date", "")[:64]) or now or datetime.now(UTC)
        found = (until - since).total_seconds() if until else None
    return None if found is None else min(max(found, 0.0), MAX_RETRY_AFTER_S)


def expect_unknown_task(provider: str, answer: Answer) -> None:
    """For a question after a task that cannot exist: return when only the task was refused, not the account."""
    try:
        body = read_object(provider, answer)
    except ProviderError as error:
        refused_id = error.http_status == 400 and squeezed(error.code or "") in _BAD_ID
        if (
            error.kind is ErrorKind.NOT_FOUND
            or (error.kind is ErrorKind.MISSING and error.code)
            or refused_id
        ):
            return
        if error.kind is ErrorKind.MISSING:
            error.message += " Check the base URL."
        raise
    if not word_in(body):
        raise refusal(provider, answer, body)


def _http_date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _decode(provider: str, answer: Answer) -> Mapping[str, object]:
    try:
        found: object = json.loads(answer.body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise invalid(provider, "answered with bytes that are not text", answer) from None
    except RecursionError:
        raise invalid(provider, "answered with JSON that is nested too deeply", answer) from None
    except ValueError:
        raise invalid(provider, _what_it_is(answer.body), answer) from None
    if not isinstance(found, dict):
        raise invalid(provider, "answered with JSON that is not an object", answer)
    return found


def _what_it_is(body: bytes) -> str:
    head = body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        return "answered with nothing"
    if head.startswith(b"<"):
        return "answered with a web page instead of JSON"
    return (
        "answered with JSON that is broken off or damaged" if head[:1] in b"{[" else "answered with no JSON"
    )


def _wordless(provider: str, answer: Answer, unreadable: ProviderError) -> ProviderError:
    """For an error status whose body is no JSON object: the status alone decides."""
    head = answer.body[:MAX_QUOTED].decode("utf-8", "replace").strip()
    complaint = Complaint(message="" if head[:1] in "<{[" else text(head, MAX_QUOTED))
    kind = judge(answer.status_code, complaint)
    return unreadable if kind is ErrorKind.INVALID else _error(provider, answer, complaint, kind=kind)


def _error(
    provider: str, answer: Answer, complaint: Complaint, *, kind: ErrorKind, status: int | None = None
) -> ProviderError:
    status = status or answer.status_code
    sentence = _SENTENCES[kind].format(provider=provider, status=status)
    waits = kind in (ErrorKind.LIMITED, ErrorKind.TRANSIENT)
    asked_s = retry_after_s(answer.headers) if waits else None
    if waits and asked_s is None and complaint.retry_after_s is not None:
        asked_s = min(complaint.retry_after_s, MAX_RETRY_AFTER_S)
    return ProviderError(
        kind,
        f"{sentence}{_quoted(complaint)}",
        code=complaint.code or None,
        retry_after_s=asked_s,
        http_status=status,
        first_bytes=answer.body[:FIRST_BYTES] if kind is ErrorKind.INVALID else b"",
    )


def object_of(provider: str, body: object) -> Mapping[str, object]:
    """Of a create call's decoded JSON; ProviderError (invalid) when it is no object."""
    found = mapping(body)
    if not found:
        raise invalid(provider, "answered the create call without a JSON object")
    return found


def unusable(provider: str, body: Mapping[str, object], *, reader: Reader = understand) -> ProviderError:
    """For a create call's answer that names neither a task nor a result."""
    complaint = reader(body)
    error = invalid(provider, "named neither a task nor a result in this answer")
    error.message += _quoted(complaint)
    error.code = complaint.code or None
    return error


def _quoted(complaint: Complaint) -> str:
    says = mask_secrets(complaint.message[: 2 * MAX_QUOTED])[:MAX_QUOTED]
    return f" It says: “{says}”." if says else ""
