"""What a failed attempt means for a result: when to try again, or why not. Pure functions."""

from dataclasses import dataclass
from datetime import datetime

from tasks.archive.failures import FailureKind, FetchFailed
from tasks.archive.timing import ArchiveTiming
from tasks.vocabulary import Archive

AGAIN = " We try again."


@dataclass(frozen=True, slots=True)
class Verdict:
    """`due_s` is when to try again, None for never. `counts`: it is one of the attempts that end some time."""

    archive: Archive
    problem: str
    due_s: float | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """What came before: attempts that failed, the most that any of them got, and when the link dies."""

    attempts: int
    best_bytes: int
    expires_at: datetime | None


def judge(failed: FetchFailed, record: Record, now: datetime, timing: ArchiveTiming) -> Verdict:
    """Of an attempt that was not stopped by ourselves."""
    over = record.expires_at is not None and record.expires_at <= now
    match failed.kind:
        case FailureKind.TOO_LARGE:
            return Verdict(Archive.SKIPPED, failed.message)
        case FailureKind.GONE | FailureKind.EXPIRED:
            return Verdict(Archive.EXPIRED, failed.message)
        case FailureKind.REFUSED:
            return Verdict(Archive.EXPIRED if over else Archive.FAILED, failed.message)
        case FailureKind.UNAUTHORIZED if not over:
            return Verdict(Archive.PENDING, failed.message, timing.unauthorized_s, counts=False)
    if over:
        return Verdict(Archive.EXPIRED, f"{without_hope(failed.message)} Its link has expired by now.")
    return _later(failed, record, now, timing)


def _later(failed: FetchFailed, record: Record, now: datetime, timing: ArchiveTiming) -> Verdict:
    got_further = failed.fetched_bytes >= record.best_bytes + timing.progress_bytes
    if got_further and failed.kind is FailureKind.TRANSIENT and failed.retry_after_s is None:
        return Verdict(Archive.PENDING, failed.message, timing.progress_gap_s, counts=False)
    tries = timing.wrong_tries - 1 if failed.kind is FailureKind.WRONG else len(timing.retry_s)
    if record.attempts >= min(tries, len(timing.retry_s)):
        said = without_hope(failed.message)
        return Verdict(Archive.FAILED, f"{said} Given up after {record.attempts + 1} attempts.")
    gap_s = timing.retry_s[record.attempts]
    if record.expires_at is not None:
        left_s = (record.expires_at - now).total_seconds()
        gap_s = min(gap_s, max(timing.soonest_s, left_s * timing.left_share))
    return Verdict(Archive.PENDING, failed.message, max(gap_s, failed.retry_after_s or 0.0))


def without_hope(message: str) -> str:
    """The message of a last attempt."""
    return message.removesuffix(AGAIN)
