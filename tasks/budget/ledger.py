"""The ledger of who holds what: one row a process and account. Synchronous; in whoever's thread needs it."""

import os
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from tasks.budget.division import LEASE_USED, Durations, Hold, Share, divide, is_over
from tasks.budget.learning import slowed
from tasks.budget.local import Budget
from tasks.budget.purse import Budgets
from tasks.identity import host_identity, is_alive
from tasks.models import Account, AccountUse
from tasks.transactions import write_transaction

SPENT_STEPS = 30
"""A window is written down in so many steps."""
LOCK = 5_170_442
_WRITTEN = (
    "host",
    "pid",
    "requests",
    "places",
    "requests_wanted",
    "places_wanted",
    "until",
    "spent",
    "requests_last_minute",
    "in_flight",
    "at",
)

_ours: set[UUID] = set()
"""Holders that live in this very process: its id on another row means an earlier life of it."""


def settle(purse: Budgets, *, leaving: bool = False) -> None:
    """Renew, enlarge or give back what this process holds, where it is time to. `leaving`: all that is free goes back.

    What is given back is not used any more before it is written; what is taken is used only after.
    """
    with purse.settling:
        clock_s = time.monotonic()
        due = {
            pk: one for pk, one in purse.all().items() if leaving or _is_due(one, clock_s, purse.durations)
        }
        if not due:
            return
        _ours.add(purse.holder)
        for account_id, budget in due.items():
            _learn(account_id, budget, purse.durations, clock_s)
        until_s = clock_s + LEASE_USED * purse.durations.lease_s
        for budget, share in _settle_all(purse, due, clock_s, leaving=leaving):
            budget.settled_s = clock_s
            budget.grow(share, until_s)
            if leaving:
                budget.rest()


def _is_due(budget: Budget, clock_s: float, durations: Durations) -> bool:
    if budget.is_eager:
        return True
    is_time = clock_s - budget.settled_s >= LEASE_USED * durations.look_s
    return is_time and budget.is_busy(clock_s)


def _settle_all(
    purse: Budgets, due: dict[int, Budget], clock_s: float, *, leaving: bool
) -> list[tuple[Budget, Share]]:
    settled = []
    with write_transaction():
        _alone()
        now = datetime.now(UTC)
        uses = _living(AccountUse.objects.filter(account_id__in=due), purse, now)
        found = {account.pk: account for account in Account.objects.filter(pk__in=due)}
        rows = []
        for account_id, budget in due.items():
            if account_id not in found:
                purse.drop(account_id)
                continue
            others = [_hold(one) for one in uses if one.account_id == account_id]
            share, row = _settle(purse, budget, found[account_id], others, now, clock_s, leaving=leaving)
            rows.append(row)
            settled.append((budget, share))
        AccountUse.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["account", "holder"], update_fields=_WRITTEN
        )
    return settled


def _alone() -> None:
    """One process divides at a time. On SQLite, whose transactions write, that is so already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _living(rows: Iterable[AccountUse], purse: Budgets, now: datetime) -> list[AccountUse]:
    """What others hold, or held lately. Those of this machine that are gone are dead from now on."""
    kept: list[AccountUse] = []
    over: list[AccountUse] = []
    for row in rows:
        if row.holder == purse.holder:
            continue
        is_gone = row.host == host_identity() and row.holder not in _ours and not is_alive(row.pid)
        if is_gone and row.until > now:
            row.until = now
            row.save(update_fields=["until"])
        (over if is_over(_hold(row), now.timestamp(), purse.durations) else kept).append(row)
    if over:
        AccountUse.objects.filter(pk__in=[row.pk for row in over]).delete()
    return kept


def _hold(row: AccountUse) -> Hold:
    return Hold(
        row.holder,
        row.requests,
        row.places,
        row.requests_wanted,
        row.places_wanted,
        row.until.timestamp(),
        tuple((ended_s, count) for ended_s, count in row.spent),
    )


def _settle(
    purse: Budgets,
    budget: Budget,
    account: Account,
    others: list[Hold],
    now: datetime,
    clock_s: float,
    *,
    leaving: bool,
) -> tuple[Share, AccountUse]:
    durations, now_s = purse.durations, now.timestamp()
    whole = account.requests_allowed(now), account.concurrency
    wish = budget.wish(*whole, clock_s)
    mine = Hold(purse.holder, 0, 0, wish.requests, wish.places, now_s)
    share = divide(whole, mine, others, now_s, durations)
    if leaving:
        share = Share(None if share.requests is None else 0, 0, share.reach)
    requests, places = budget.shrink(share, clock_s)
    keeps = not leaving or places > 0
    row = AccountUse(
        account=account,
        holder=purse.holder,
        host=host_identity(),
        pid=os.getpid(),
        requests=requests,
        places=places,
        requests_wanted=0 if leaving else wish.requests,
        places_wanted=0 if leaving else wish.places,
        until=now + timedelta(seconds=durations.lease_s * keeps),
        spent=spent_steps(budget.spent(clock_s), now_s - clock_s, durations.window_s),
        requests_last_minute=wish.used,
        in_flight=wish.in_flight,
        at=now,
    )
    return share, row


def spent_steps(ended_s: Iterable[float], to_calendar_s: float, window_s: float) -> list[list[Any]]:
    """Times of answers as they are written down: rounded up, so that nothing comes back too soon."""
    step_s = window_s / SPENT_STEPS
    counts = Counter(ceil((one + to_calendar_s) / step_s) for one in ended_s)
    return [[step * step_s, count] for step, count in sorted(counts.items())]


def _learn(account_id: int, budget: Budget, durations: Durations, clock_s: float) -> None:
    """Of requests in flight together, one refusal counts, whichever process sent it."""
    sent_s = budget.take_refusal()
    account = Account.objects.filter(pk=account_id).first() if sent_s is not None else None
    if sent_s is None or account is None:
        return
    # Both at once, or it seems to have been sent later than it was.
    now, now_s = datetime.now(UTC), time.monotonic()
    since = now - timedelta(seconds=durations.window_s)
    others = AccountUse.objects.filter(account=account, at__gt=since)
    sent = budget.used(clock_s) + sum(
        one.requests_last_minute for one in others if one.pid != os.getpid() or one.host != host_identity()
    )
    learned = slowed(account.requests_allowed(now), sent, now.timestamp())
    sent_at = now - timedelta(seconds=now_s - sent_s)
    first = Account.objects.filter(Q(slowed_at=None) | Q(slowed_at__lt=sent_at), pk=account_id)
    with write_transaction():
        first.update(slowed_from=learned.rate, slowed_to=learned.to, slowed_at=now)
