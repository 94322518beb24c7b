"""What providers' status words mean: one vocabulary for all, since gateways borrow each other's."""

from collections.abc import Mapping

from tasks.providers.fields import text
from tasks.vocabulary import Status

MAX_WORD = 200

_WORDS = {
    Status.QUEUED: "pending queued submitted not_start created queueing preparing waiting",
    Status.RUNNING: "processing in_progress running generating",
    Status.SUCCEEDED: "completed succeeded success succeed complete done finished",
    Status.FAILED: "failed failure fail error timeout",
    Status.CANCELED: "cancelled canceled",
    Status.LOST: "expired",
}
STATUSES = {word: status for status, words in _WORDS.items() for word in words.split()}


def word_in(body: Mapping[str, object]) -> str:
    """The status word as it came, shortened; "" when there is none. Numbers are no words."""
    word = body.get("status")
    return text(word, MAX_WORD) if isinstance(word, str) else ""


def status_of(word: str) -> Status | None:
    """Our status for a provider's word, whatever its case; None when we do not know it."""
    return STATUSES.get(normalized(word))


def normalized(word: str) -> str:
    return word[:MAX_WORD].strip().lower().replace("-", "_").replace(" ", "_")


def squeezed(word: str) -> str:
    """Letters and digits alone, in lower case: `InsufficientQuota` and `insufficient_quota` become equal."""
    return "".join(filter(str.isalnum, word[:2000].lower()))
