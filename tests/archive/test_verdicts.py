"""What a failed attempt means: when to try again, or why not."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks.archive.failures import FailureKind, FetchFailed
from tasks.archive.parts import Part
from tasks.archive.timing import ArchiveTiming
from tasks.archive.verdicts import Record, Verdict, judge
from tasks.vocabulary import Archive

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TIMING = ArchiveTiming()
CUT = FetchFailed(FailureKind.TRANSIENT, "h.example sent only a part. We try again.")


def verdict(
    failed: FetchFailed, *, attempts: int = 0, best_bytes: int = 0, left_s: float | None = None
) -> Verdict:
    expires_at = None if left_s is None else NOW + timedelta(seconds=left_s)
    return judge(failed, Record(attempts, best_bytes, expires_at), NOW, TIMING)


@pytest.mark.parametrize(
    ("kind", "archive"),
    [
        (FailureKind.GONE, Archive.EXPIRED),
        (FailureKind.EXPIRED, Archive.EXPIRED),
        (FailureKind.REFUSED, Archive.FAILED),
        (FailureKind.TOO_LARGE, Archive.SKIPPED),
    ],
)
def test_what_cannot_change_is_final(kind: FailureKind, archive: Archive) -> None:
    assert verdict(FetchFailed(kind, "Why.")) == Verdict(archive, "Why.")


def test_gaps_grow_from_seconds_to_hours_and_end_after_three_days() -> None:
    found = [verdict(CUT, attempts=n) for n in range(20)]
    gaps = [one.due_s for one in found if one.due_s is not None]
    assert gaps[:6] == [5, 15, 60, 300, 900, 3600]
    assert gaps == sorted(gaps)
    assert timedelta(days=2.9) < timedelta(seconds=sum(gaps)) < timedelta(days=3.1)
    last = found[len(gaps)]
    assert last.archive is Archive.FAILED
    assert last.problem == "h.example sent only a part. Given up after 17 attempts."


def test_it_hurries_when_the_link_is_about_to_die() -> None:
    assert verdict(CUT, attempts=6, left_s=400).due_s == 100
    assert verdict(CUT, attempts=6, left_s=1).due_s == TIMING.soonest_s


def test_retry_after_is_obeyed() -> None:
    slow = FetchFailed(FailureKind.TRANSIENT, "Slower.", retry_after_s=77.0)
    assert verdict(slow).due_s == 77.0
    assert verdict(slow, left_s=40).due_s == 77.0


def test_a_dead_link_is_expired_whatever_the_last_failure_was() -> None:
    found = verdict(CUT, left_s=-1)
    assert (found.archive, found.due_s) == (Archive.EXPIRED, None)
    assert found.problem == "h.example sent only a part. Its link has expired by now."


def test_a_download_that_gets_further_is_continued_at_once_and_never_given_up() -> None:
    further = FetchFailed(FailureKind.TRANSIENT, "Cut.", part=Part(300_000, '"v"'))
    assert verdict(further, attempts=50, best_bytes=200_000) == Verdict(
        Archive.PENDING, "Cut.", TIMING.progress_gap_s, counts=False
    )
    assert verdict(further, attempts=50, best_bytes=290_000).archive is Archive.FAILED


def test_something_else_than_the_file_is_given_up_sooner() -> None:
    page = FetchFailed(FailureKind.WRONG, "h.example sent a web page instead of the file.")
    assert [verdict(page, attempts=n).archive for n in (2, 3)] == [Archive.PENDING, Archive.FAILED]


def test_a_refused_key_waits_for_the_account_until_the_link_dies() -> None:
    refused = FetchFailed(FailureKind.UNAUTHORIZED, "No.")
    assert verdict(refused, attempts=99) == Verdict(Archive.PENDING, "No.", 3600, counts=False)
    assert verdict(refused, left_s=-1).archive is Archive.EXPIRED
