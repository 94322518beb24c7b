"""What the pages say of our own copy of a result: safe, under way, or only at the provider."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.figures import size
from tasks.models import Result
from tasks.vocabulary import Archive

NO_REASON = "No reason is known."


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """A chip and, when something is wrong, a sentence and what helps."""

    css: str
    icon: str
    words: str
    since_at: datetime | None = None
    """Completes the words: "Safe since" this time."""
    expires_at: datetime | None = None
    """When the provider's own copy goes, as far as it matters."""
    trouble: str = ""
    next_at: datetime | None = None
    """Of the next attempt."""
    act: str = ""
    """What the button says that fetches it now; "" for no button."""


def is_saving(result: Result) -> bool:
    """Whether an archiver fetches it, or is going to."""
    return result.archive == Archive.PENDING and (
        result.archive_due_at is not None or result.claimed_by_id is not None
    )


def safety_of(result: Result) -> Safety:
    match Archive(result.archive):
        case Archive.STORED:
            return Safety(css="done", icon="st-done", words="Safe since", since_at=result.stored_at)
        case Archive.EXPIRED:
            trouble = result.problem or "The provider no longer has this file, and there is no copy of ours."
            return Safety(css="lost", icon="st-lost", words="Expired", trouble=trouble, act="Try again")
        case Archive.SKIPPED:
            trouble = result.problem or "No copy of ours is kept."
            return Safety(
                css="canceled", icon="st-canceled", words="No copy kept", trouble=trouble, act="Keep now"
            )
        case Archive.FAILED:
            trouble = result.problem or NO_REASON
            return _only_there(result, trouble)
        case _ if is_saving(result):
            return _saving(result)
        case _:
            return _only_there(result)


def _only_there(result: Result, trouble: str = "") -> Safety:
    css, icon = ("failed", "st-failed") if trouble else ("unconfirmed", "alert")
    return Safety(
        css=css,
        icon=icon,
        words="Provider copy only",
        expires_at=result.expires_at,
        trouble=trouble,
        act="Keep now",
    )


def _saving(result: Result) -> Safety:
    return Safety(
        css="saving",
        icon="st-saving",
        words=f"Saving copy…{_so_far(result)}",
        expires_at=result.expires_at if result.problem else None,
        trouble=result.problem,
        next_at=result.archive_due_at if result.problem else None,
        act="Try now" if result.problem else "",
    )


def _so_far(result: Result) -> str:
    """` 8 of 18 MB`, ` 8 MB`, or nothing yet."""
    if not result.fetched_bytes:
        return ""
    got = size(result.fetched_bytes)
    if not result.bytes:
        return f" {got}"
    whole = size(result.bytes)
    number, _, unit = got.partition(" ")
    return f" {number if whole.endswith(unit) else got} of {whole}"
