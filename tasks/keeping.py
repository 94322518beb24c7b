"""What people do with our copies of results: keep one now, pin it, delete it. One way for page, API and admin."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from tasks.archive.storage import card_name, media_storage, poster_name, result_name
from tasks.auditing import remember
from tasks.lifecycle import touch
from tasks.models import Account, Result
from tasks.publishing import wake_pollers
from tasks.transactions import write_transaction
from tasks.vocabulary import Archive, Deed


def keep_now(ids: Iterable[UUID]) -> list[UUID]:
    """Have these results fetched at once, those as well that were given up. Which: stored ones have nothing to do."""
    now = timezone.now()
    with write_transaction():
        rows = Result.objects.reachable().filter(pk__in=list(ids)).exclude(archive=Archive.STORED)
        found = dict(rows.values_list("pk", "task_id"))
        Result.objects.filter(pk__in=found).exclude(archive=Archive.STORED).update(
            archive=Archive.PENDING, archive_due_at=now, attempts=0, problem=""
        )
        touch(found.values(), now)
        wake_pollers()
    return list(found)


def hurry(account: Account, now: datetime) -> None:
    """Have what still waits of an account that was edited fetched at once. In a transaction."""
    waiting = Result.objects.filter(task__account=account, archive=Archive.PENDING, archive_due_at__gt=now)
    waiting.update(archive_due_at=now)


def set_pinned(ids: Iterable[UUID], *, pinned: bool) -> list[UUID]:
    """Protect copies from the retention rules, or no longer. Which of them changed."""
    with write_transaction():
        rows = Result.objects.reachable().filter(pk__in=list(ids)).exclude(pinned=pinned)
        found = dict(rows.values_list("pk", "task_id"))
        Result.objects.filter(pk__in=found).update(pinned=pinned)
        touch(found.values(), timezone.now())
    return list(found)


def delete_copies(ids: Iterable[UUID], by: User | None, why: str) -> list[UUID]:
    """Delete our copies of stored results; what is known of them stays. `why` is a sentence for people.

    The row says it first: a process that ends in between leaves a file that nobody is offered.
    """
    now = timezone.now()
    with write_transaction():
        rows = Result.objects.select_related("task").filter(pk__in=list(ids), archive=Archive.STORED)
        found = {row.pk: row for row in rows.select_for_update(of=("self",))}
        Result.objects.filter(pk__in=found).update(
            archive=Archive.SKIPPED, archive_due_at=None, stored_at=None, has_poster=False, problem=why
        )
        for row in found.values():
            remember(Deed.COPY_DELETED, by, f"{row} of {row.task}", subject_id=row.pk, details=why)
        touch({row.task_id for row in found.values()}, now)
    for result_id in found:
        delete_files(result_id)
    return list(found)


def delete_files(result_id: UUID) -> None:
    """Remove what is stored of a result. Harmless when nothing is."""
    storage = media_storage()
    storage.delete(result_name(result_id))
    storage.delete(poster_name(result_id))
    storage.delete(card_name(result_id))
