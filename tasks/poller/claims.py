"""The poller's side of the database: which tasks it holds. Synchronous; run in its own thread."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When

from tasks.models import Account, Poller, Result, Task
from tasks.transactions import lock_by_keys, lock_in_order, write_transaction
from tasks.vocabulary import ASKED, WAITING

CLAIM_BATCH = 500
_CLAIM = """
WITH picked AS {once} (
    SELECT id FROM tasks_task
    WHERE account_id = %s AND next_poll_at <= %s AND next_poll_at IS NOT NULL AND claimed_by_id IS NULL
    ORDER BY next_poll_at LIMIT %s {lock}
)
UPDATE tasks_task SET claimed_by_id = %s, check_requested_at = NULL
WHERE id IN (SELECT id FROM picked) AND claimed_by_id IS NULL
    AND EXISTS (SELECT 1 FROM tasks_poller WHERE id = %s)
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task now ours, and how many results it has already."""

    task: Task
    file_count: int


def claim(poller_id: UUID, until: datetime) -> list[Claimed]:
    """Free tasks to be asked before `until`, about 500, earliest first. Call again until there are none.

    Every account that has some gets a part of the batch, so that none waits for another's crowd.
    A poller that was declared dead gets none: its next heartbeat starts it anew.
    """
    free = Task.objects.free(until).filter(account=OuterRef("pk")).order_by()
    accounts = list(Account.objects.enabled().filter(Exists(free)).order_by().values_list("pk", flat=True))
    ids: list[UUID] = []
    for account_id in accounts:
        ids += _claim(poller_id, account_id, until, max(1, CLAIM_BATCH // len(accounts)))
    return held(ids) if ids else []


def _claim(poller_id: UUID, account_id: int, until: datetime, most: int) -> list[UUID]:
    key, me = Task._meta.pk, Poller._meta.pk.get_db_prep_value(poller_id, connection)
    at = connection.ops.adapt_datetimefield_value(until)
    with write_transaction(), connection.cursor() as cursor:
        cursor.execute(claim_statement(), [account_id, at, most, me, me])
        return [key.to_python(one) for (one,) in cursor.fetchall()]


def claim_statement() -> str:
    """Its parameters: account, time, how many, and twice the poller."""
    locks = connection.features.has_select_for_update_skip_locked
    return _CLAIM.format(once="MATERIALIZED" * locks, lock="FOR UPDATE SKIP LOCKED" * locks)


def held(ids: list[UUID]) -> list[Claimed]:
    """The tasks as they are now, large texts left out."""
    rows = Task.objects.filter(pk__in=ids).defer("prompt", "search", "title", "tags", "error_message")
    files = Result.objects.filter(task_id__in=ids).order_by().values_list("task_id").annotate(n=Count("pk"))
    counts = dict(files)
    return [Claimed(task, counts.get(task.pk, 0)) for task in rows]


def strays(poller_id: UUID, known: set[UUID]) -> list[Claimed]:
    """Up to 500 tasks that are ours but not among `known`: a claim or a release was cut short by an error."""
    ids = set(Task.objects.filter(claimed_by=poller_id).values_list("pk", flat=True)) - known
    return held(list(ids)[:CLAIM_BATCH]) if ids else []


def release_account(poller_id: UUID, account_id: int, now: datetime) -> None:
    """Give up the claims on an account that a person paused. Resumed, what waits or runs is asked at once."""
    due = Case(When(status__in=sorted(WAITING), then=Value(now)), default=F("next_poll_at"))
    with write_transaction():
        ours = Task.objects.filter(claimed_by=poller_id, account=account_id)
        lock_in_order(ours)
        ours.update(claimed_by=None, next_poll_at=due)


def take_checks(poller_id: UUID, now: datetime) -> list[UUID]:
    """Our tasks that somebody wants asked now; each is returned once. Those of nobody become due.

    A request may meet a task just while it is given up, and its schedule written over.
    """
    wanted = Task.objects.filter(check_requested_at__isnull=False)
    rows = dict(wanted.filter(Q(claimed_by=poller_id) | Q(claimed_by=None)).values_list("pk", "claimed_by"))
    if not rows:
        return []
    ours = [pk for pk, holder in rows.items() if holder == poller_id]
    with write_transaction():
        lock_by_keys(Task, rows)
        Task.objects.filter(pk__in=ours, claimed_by=poller_id).update(check_requested_at=None)
        free = Task.objects.filter(pk__in=rows.keys() - set(ours), claimed_by=None)
        free.filter(status__in=sorted(ASKED), deleted_at=None).update(next_poll_at=now)
        free.update(check_requested_at=None)
    return ours


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """Accounts that are new or were edited, and the ids of those that were deleted."""

    edited: list[Account]
    gone: list[int]


def changed_accounts(known: dict[int, int]) -> AccountChanges:
    """What happened to accounts since `known` ({id: config_version}) was read."""
    now = dict(Account.objects.values_list("pk", "config_version"))
    ids = [pk for pk, version in now.items() if known.get(pk) != version]
    edited = list(Account.objects.filter(pk__in=ids)) if ids else []
    return AccountChanges(edited, [pk for pk in known if pk not in now])
