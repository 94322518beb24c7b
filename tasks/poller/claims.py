"""The poller's side of the database: its own row, and which tasks it holds. Synchronous; run in its own thread."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count

from tasks.models import Account, AccountUse, Poller, Result, Task
from tasks.poller.identity import host_identity, is_alive
from tasks.transactions import write_transaction

CLAIM_BATCH = 500

_ours: set[UUID] = set()
"""Pollers that live in this very process: its id on another row means an earlier life of it."""


def register(now: datetime) -> UUID:
    """A row for this process; its id."""
    with write_transaction():
        one = Poller.objects.create(host=host_identity(), pid=os.getpid(), started_at=now, heartbeat_at=now)
    _ours.add(one.id)
    return one.id


def beat(poller_id: UUID, now: datetime) -> bool:
    """Write the heartbeat. False: we were declared dead, and hold nothing any more."""
    with write_transaction():
        return bool(Poller.objects.filter(pk=poller_id).update(heartbeat_at=now))


def bury_dead(now: datetime, dead_after_s: float) -> int:
    """Free the claims of pollers that no longer beat, or whose process is gone from this machine. How many died."""
    late = now - timedelta(seconds=dead_after_s)
    others = Poller.objects.exclude(pk__in=_ours)
    dead = [one.pk for one in others if one.heartbeat_at < late or _is_gone(one)]
    if dead:
        with write_transaction():
            _forget(dead)
    return len(dead)


def _is_gone(one: Poller) -> bool:
    return one.host == host_identity() and not is_alive(one.pid)


def leave(poller_id: UUID) -> None:
    """Free all claims and go."""
    _ours.discard(poller_id)
    with write_transaction():
        _forget([poller_id])


def _forget(ids: list[UUID]) -> None:
    Task.objects.filter(claimed_by__in=ids).update(claimed_by=None)
    AccountUse.objects.filter(poller_id__in=ids).delete()
    Poller.objects.filter(pk__in=ids).delete()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task now ours, and how many results it has already."""

    task: Task
    file_count: int


def claim(poller_id: UUID, until: datetime) -> list[Claimed]:
    """Up to 500 free tasks to be asked before `until`, earliest first. Call again while it returns that many."""
    free = Task.objects.filter(next_poll_at__lte=until, next_poll_at__isnull=False, claimed_by__isnull=True)
    free = free.filter(account__enabled=True).order_by("next_poll_at")
    if not free.exists():
        return []
    with write_transaction():
        if connection.features.has_select_for_update_skip_locked:
            free = free.select_for_update(skip_locked=True, of=("self",))
        ids = list(free.values_list("pk", flat=True)[:CLAIM_BATCH])
        Task.objects.filter(pk__in=ids).update(claimed_by=poller_id, check_requested_at=None)
    return held(ids)


def held(ids: list[UUID]) -> list[Claimed]:
    """The tasks as they are now, large texts left out."""
    rows = Task.objects.filter(pk__in=ids).defer("prompt", "search", "title", "tags", "error_message")
    files = Result.objects.filter(task_id__in=ids).order_by().values_list("task_id").annotate(n=Count("pk"))
    counts = dict(files)
    return [Claimed(task, counts.get(task.pk, 0)) for task in rows]


def release_account(poller_id: UUID, account_id: int) -> None:
    """Give up the claims on an account that a person paused."""
    with write_transaction():
        Task.objects.filter(claimed_by=poller_id, account=account_id).update(claimed_by=None)


def take_checks(poller_id: UUID) -> list[UUID]:
    """Our tasks that somebody wants asked now; each is returned once."""
    wanted = Task.objects.filter(claimed_by=poller_id, check_requested_at__isnull=False)
    ids = list(wanted.values_list("pk", flat=True))
    if ids:
        with write_transaction():
            Task.objects.filter(pk__in=ids).update(check_requested_at=None)
    return ids


def changed_accounts(known: dict[int, int]) -> list[Account]:
    """Accounts that are new or were edited since `known` ({id: config_version}) was read."""
    now = dict(Account.objects.values_list("pk", "config_version"))
    ids = [pk for pk, version in now.items() if known.get(pk) != version]
    return list(Account.objects.filter(pk__in=ids)) if ids else []
