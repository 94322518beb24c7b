"""Which results an archiver holds. Synchronous; run in its own thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Coalesce

from tasks.archive.settling import Hold
from tasks.models import Account, Poller, Result
from tasks.models.result import ResultQuerySet
from tasks.transactions import write_transaction
from tasks.vocabulary import Archive

INSPECTIONS_CLAIMED = 16


@dataclass(frozen=True, slots=True)
class Claimed:
    """A result that is ours to fetch. The earlier `urgent_at`, the sooner."""

    result_id: UUID
    account_id: int
    urgent_at: datetime


def claim(
    poller_id: UUID, now: datetime, held: Mapping[int, int], ahead: int, unknown_s: float
) -> list[Claimed]:
    """Results to fetch, those whose links die soonest first: of each account, so many that `ahead` are held."""
    accounts = [pk for pk in Account.objects.values_list("pk", flat=True) if held.get(pk, 0) < ahead]
    due = _due(now, Archive.PENDING)
    if not due.filter(task__account__in=accounts).exists():
        return []
    unknown = now + timedelta(seconds=unknown_s)
    due = due.order_by(Coalesce("expires_at", Value(unknown)), "archive_due_at")
    claimed: list[Claimed] = []
    with write_transaction():
        if not _is_alive(poller_id):
            return []
        for account_id in accounts:
            rows = _locked(due.filter(task__account=account_id)).values_list("pk", "expires_at")
            room = ahead - held.get(account_id, 0)
            claimed += [Claimed(pk, account_id, dies_at or unknown) for pk, dies_at in rows[:room]]
        _take([one.result_id for one in claimed], poller_id)
    return claimed


def claim_uninspected(poller_id: UUID, now: datetime, held: int) -> list[UUID]:
    """Stored results that nobody looked into."""
    due = _due(now, Archive.STORED)
    if held >= INSPECTIONS_CLAIMED or not due.exists():
        return []
    with write_transaction():
        if not _is_alive(poller_id):
            return []
        rows = _locked(due.order_by("archive_due_at")).values_list("pk", flat=True)
        ids = list(rows[: INSPECTIONS_CLAIMED - held])
        _take(ids, poller_id)
    return ids


def hold(poller_id: UUID, result_id: UUID, archive: Archive) -> Hold | None:
    """A claimed result as it is now, with its task and account; None when there is nothing to do for it any more."""
    ours = Result.objects.filter(pk=result_id, claimed_by=poller_id)
    rows = ours.reachable().filter(archive=archive).select_related("task__account")
    result = rows.defer("task__prompt", "task__search", "task__title", "task__tags").first()
    if result is not None:
        return Hold(poller_id, result)
    with write_transaction():
        ours.update(claimed_by=None)
    return None


def release(poller_id: UUID, known: set[UUID]) -> None:
    """Give up what is ours by the database but not among `known`: a claim or a settlement was cut short."""
    ours = Result.objects.filter(claimed_by=poller_id)
    strays = set(ours.values_list("pk", flat=True)) - known
    if strays:
        with write_transaction():
            ours.filter(pk__in=strays).update(claimed_by=None)


def _due(now: datetime, archive: Archive) -> ResultQuerySet:
    return Result.objects.due(now).reachable().filter(archive=archive)


def _locked(rows: ResultQuerySet) -> ResultQuerySet:
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def _is_alive(poller_id: UUID) -> bool:
    """An archiver that was declared dead gets nothing: its next heartbeat starts it anew."""
    return Poller.objects.filter(pk=poller_id).exists()


def _take(ids: list[UUID], poller_id: UUID) -> None:
    Result.objects.filter(pk__in=ids, claimed_by=None).update(claimed_by=poller_id)
