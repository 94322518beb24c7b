"""What people do with our copies of results: keep one now, pin it, delete it. One way for page, API and admin."""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from tasks.archive.storage import card_name, media_storage, poster_name, result_name
from tasks.auditing import Subject, remember_many
from tasks.lifecycle import touch
from tasks.models import Account, Result
from tasks.models.result import ResultQuerySet
from tasks.publishing import wake_pollers
from tasks.transactions import lock_by_keys, write_transaction
from tasks.vocabulary import Archive, Deed

logger = logging.getLogger(__name__)

LEFTOVERS_MAX = 500


def keep_now(ids: Iterable[UUID]) -> list[UUID]:
    """Have these results fetched at once, those as well that were given up. Which: stored ones have nothing to do."""
    now = timezone.now()
    with write_transaction():
        rows = Result.objects.reachable().filter(pk__in=list(ids)).exclude(archive=Archive.STORED)
        found = dict(rows.values_list("pk", "task_id"))
        lock_by_keys(Result, found)
        Result.objects.filter(pk__in=found).exclude(archive=Archive.STORED).update(
            archive=Archive.PENDING, archive_due_at=now, attempts=0, problem="", stored_at=None
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
        lock_by_keys(Result, found)
        Result.objects.filter(pk__in=found).update(pinned=pinned)
        touch(found.values(), timezone.now())
    return list(found)


def delete_copies(ids: Iterable[UUID], by: User | None, why: str) -> list[UUID]:
    """Delete our copies of stored results; what is known of them stays. `why` is a sentence for people."""
    with write_transaction():
        found = begin_to_delete(ids, by, why)
    remove_files(found)
    return found


def begin_to_delete(ids: Iterable[UUID], by: User | None, why: str) -> list[UUID]:
    """The part of `delete_copies` inside the transaction: from its end on, nobody is offered these copies.

    `stored_at` stays until the files are gone, so that whoever is killed in between has a successor.
    """
    rows = Result.objects.select_related("task").filter(pk__in=list(ids), archive=Archive.STORED)
    found = list(rows.order_by("pk").select_for_update(of=("self",)))
    named = [Subject(f"{row} of {row.task}", row.pk) for row in found]
    Result.objects.filter(pk__in=[row.pk for row in found]).update(
        archive=Archive.SKIPPED, archive_due_at=None, has_poster=False, problem=why
    )
    remember_many(Deed.COPY_DELETED, by, named, "copies", why)
    touch({row.task_id for row in found}, timezone.now())
    return [row.pk for row in found]


def remove_files(ids: Iterable[UUID]) -> None:
    """The part after it. A storage that is away leaves the files to `remove_leftovers`."""
    removed = []
    for result_id in ids:
        if not _leftovers().filter(pk=result_id).exists():  # somebody wants it again meanwhile
            continue
        try:
            delete_files(result_id)
        except Exception as error:  # noqa: BLE001  whatever a storage raises
            logger.warning("the files of result %s are still to be deleted: %s", result_id, error)
            break
        removed.append(result_id)
    with write_transaction():
        _leftovers().filter(pk__in=removed).update(stored_at=None)


def remove_leftovers() -> None:
    """Delete the files of copies that were given up while somebody was killed, or the storage away; some at a time."""
    remove_files(list(_leftovers().values_list("pk", flat=True)[:LEFTOVERS_MAX]))


def _leftovers() -> ResultQuerySet:
    return Result.objects.filter(archive=Archive.SKIPPED, stored_at__isnull=False)


def delete_files(result_id: UUID) -> None:
    """Remove what is stored of a result. Harmless when nothing is."""
    storage = media_storage()
    storage.delete(result_name(result_id))
    storage.delete(poster_name(result_id))
    storage.delete(card_name(result_id))
