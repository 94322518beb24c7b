"""Deletes our own copies by age, as the retention rules say. A run goes on where the last process was killed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from tasks.auditing import remember
from tasks.figures import counted, size
from tasks.keeping import begin_to_delete, remove_files
from tasks.models import Result, RetentionRule, Share, ShareItem, Task
from tasks.models.result import ResultQuerySet
from tasks.transactions import lock_by_keys, write_transaction
from tasks.vocabulary import FINAL, Archive, Deed

RUN_EVERY = timedelta(hours=1)
CHUNK = 200
EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would delete now; the oldest copies as examples."""

    count: int
    bytes: int
    examples: list[Result]


def covered(rule: RetentionRule, at: datetime, now: datetime) -> ResultQuerySet:
    """The copies that a rule lets go, of those that were old enough at `at`.

    Kept are pinned results, starred tasks, tasks that are not final, what a working link shows, and what an
    archiver is at work on.
    """
    rows = Result.objects.filter(
        archive=Archive.STORED,
        stored_at__lte=at - timedelta(days=rule.older_than_days),
        pinned=False,
        claimed_by=None,
        task__starred=False,
        task__status__in=sorted(FINAL),
    )
    if rule.account_id:
        rows = rows.filter(task__account=rule.account_id)
    if rule.kind:
        rows = rows.filter(kind=rule.kind)
    return rows.exclude(Exists(_shown(now)))


def _shown(now: datetime) -> "models.QuerySet[ShareItem]":
    """The items of working links that show a result: it alone, or its whole task."""
    items = ShareItem.objects.filter(task=OuterRef("task"), share__in=Share.objects.working(now))
    return items.filter(Q(result=None) | Q(result=OuterRef("pk")))


def preview(rule: RetentionRule, now: datetime) -> Preview:
    """A dry run. The rule need not be saved."""
    rows = covered(rule, now, now)
    sums = rows.aggregate(count=Count("pk"), total=Sum("bytes"))
    examples = rows.select_related("task__account").order_by("stored_at", "pk")[:EXAMPLES]
    return Preview(sums["count"], int(sums["total"] or 0), list(examples))


def apply_rules(now: datetime) -> bool:
    """Do the next part of the rules that are due: begin a run, delete a chunk, or end the run. False: nothing to do."""
    with write_transaction():
        rule = _next_rule(now)
        if rule is None:
            return False
        if rule.began_at is None:
            _begin(rule, now)
        ids = _delete_chunk(rule, now)
        if not ids:
            _end(rule, now)
    remove_files(ids)
    return True


def _next_rule(now: datetime) -> RetentionRule | None:
    """Its row is locked: processes take turns."""
    due = Q(began_at__isnull=False) | Q(ran_at=None) | Q(ran_at__lte=now - RUN_EVERY)
    return RetentionRule.objects.select_for_update().filter(due, enabled=True).order_by("pk").first()


def _begin(rule: RetentionRule, now: datetime) -> None:
    rule.began_at, rule.deleted_count, rule.deleted_bytes = now, 0, 0
    rule.save(update_fields=["began_at", "deleted_count", "deleted_bytes"])


def _delete_chunk(rule: RetentionRule, now: datetime) -> list[UUID]:
    rows = covered(rule, rule.began_at or now, now)
    ids = _locked(rows.order_by("stored_at", "pk").values_list("pk", flat=True)[:CHUNK])
    chosen = dict(
        rows.filter(pk__in=ids).values_list("pk", "bytes")
    )  # once more: nobody pins or shares them now
    found = begin_to_delete(chosen, None, f"Deleted by the retention rule “{rule}”.")
    freed = sum(chosen[one] or 0 for one in found)
    RetentionRule.objects.filter(pk=rule.pk).update(
        deleted_count=F("deleted_count") + len(found), deleted_bytes=F("deleted_bytes") + freed
    )
    return found


def _locked(ids: Iterable[UUID]) -> list[UUID]:
    """Until the transaction ends, nobody changes these results or their tasks, or makes a link to them."""
    rows = Result.objects.filter(pk__in=list(ids)).order_by("pk")
    found = dict(rows.select_for_update(of=("self",)).values_list("pk", "task_id"))
    lock_by_keys(Task, found.values())
    return list(found)


def _end(rule: RetentionRule, now: datetime) -> None:
    rule.refresh_from_db()
    rule.ran_at, rule.began_at = now, None
    rule.save(update_fields=["ran_at", "began_at"])
    if rule.deleted_count:
        told = f"{counted(rule.deleted_count, 'file')} deleted, {size(rule.deleted_bytes)} freed"
        remember(Deed.RULE_APPLIED, None, rule, subject_id=rule.pk, details=told)
