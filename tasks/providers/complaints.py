"""What an error body says, whichever of the known envelopes it came in, and which kind of error that makes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tasks.providers.contract import ErrorKind
from tasks.providers.fields import mapping, seconds, text
from tasks.providers.words import squeezed

MAX_NESTED = 20_000

GONE = frozenset({"asynctasknotfound", "tasknotexist", "tasknotfound"})
_MONEY = frozenset(
    {
        "insufficientquota",
        "insufficientuserquota",
        "insufficientbalance",
        "quotaexceeded",
        "preconsumetokenquotafailed",
        "paymentrequired",
        "arrearage",
    }
)
_KEY = frozenset(
    {
        "invalidapikey",
        "expiredapikey",
        "incorrectapikey",
        "revokedapikey",
        "authenticationerror",
        "unauthorized",
    }
)
_LIMIT = frozenset(
    {"ratelimitexceeded", "ratelimiterror", "throttlingratelimit", "throttling", "toomanyrequests"}
)
_CLOSED = frozenset({"permissiondenied", "accessdenied", "modelnotallowed"})
_MISSING = frozenset({"notfound", "notfounderror"})
_TROUBLE = frozenset(
    {
        "servererror",
        "internalerror",
        "internalservererror",
        "upstreamerror",
        "allchannelsfailed",
        "timeouterror",
    }
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error body's content. `words` are its code and type, squeezed; empty when it complains of nothing."""

    code: str = ""
    message: str = ""
    words: frozenset[str] = frozenset()
    retry_after_s: float | None = None
    retryable: bool = False


def understand(body: Mapping[str, object]) -> Complaint:
    """Of `{"error": {…}}`, `{"error": "…"}`, `{"code", "message"}`, `{"message"}` and `{"detail"}`."""
    error = body.get("error") or body
    if isinstance(error, str):
        return Complaint(code=text(body.get("code")), message=text(error, 2000))
    found = mapping(error)
    raw_message = found.get("message") or found.get("msg") or found.get("detail")
    nested = _nested(raw_message)
    codes = [text(source.get(name)) for source in (nested, found) for name in ("code", "type")]
    return Complaint(
        code=next(filter(None, codes), ""),
        message=text(nested.get("message") or raw_message, 2000),
        words=frozenset(squeezed(code) for code in codes if code),
        retry_after_s=seconds(found.get("retry_after")),
        retryable=found.get("retryable") is True,
    )


def _nested(message: object) -> Mapping[str, object]:
    """Nebula passes on its own provider's error as JSON inside the message."""
    if not isinstance(message, str) or len(message) > MAX_NESTED or not message.lstrip().startswith("{"):
        return {}
    try:
        return mapping(json.loads(message))
    except (ValueError, RecursionError):
        return {}


def judge(http_status: int, complaint: Complaint) -> ErrorKind:
    """Which kind of error this is: by its code first, since statuses lie more often."""
    if complaint.words & GONE:
        return ErrorKind.NOT_FOUND
    if http_status >= 500:
        return ErrorKind.TRANSIENT
    for kind, statuses, words in _RULES:
        if http_status in statuses or complaint.words & words:
            return kind
    return ErrorKind.TRANSIENT if complaint.retryable else ErrorKind.INVALID


_RULES = (
    (ErrorKind.QUOTA, {402}, _MONEY),
    (ErrorKind.LIMITED, {429}, _LIMIT),
    (ErrorKind.UNAUTHORIZED, {401}, _KEY),
    (ErrorKind.FORBIDDEN, {403}, _CLOSED),
    (ErrorKind.MISSING, {404, 410}, _MISSING),
    (ErrorKind.TRANSIENT, {408, 425}, _TROUBLE),
)
