"""When an account is in trouble, and when it is over: each is told once. Synchronous; run in its own thread."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError

from tasks.models import Account, Channel, Incident, Notice
from tasks.notifying.reading import write_down
from tasks.transactions import write_transaction
from tasks.vocabulary import Health, What

TROUBLE = frozenset({Health.UNREACHABLE, Health.UNAUTHORIZED})


def watch_accounts(channels: Sequence[Channel], now: datetime, settle_s: float) -> None:
    """Compare how accounts do with the incidents that are open. What has not lasted `settle_s` yet is left alone."""
    told = [channel for channel in channels if channel.tells_accounts]
    if not told:
        return
    open_ones = {
        one.account_id: one for one in Incident.objects.filter(ended_at=None).select_related("account")
    }
    in_trouble = Account.objects.filter(enabled=True, health__in=sorted(TROUBLE))
    troubled = {account.pk: account for account in in_trouble}
    long_ago = now - timedelta(seconds=settle_s)
    for pk, incident in open_ones.items():
        _follow(incident, troubled.get(pk), told, now, long_ago)
    for pk, account in troubled.items():
        if pk not in open_ones and _has_lasted(account, long_ago):
            _open(account, told, now)


def _follow(
    incident: Incident, account: Account | None, told: Sequence[Channel], now: datetime, long_ago: datetime
) -> None:
    """`account` is there while it is in trouble; another trouble than the one that was told is a new incident."""
    if account is None:
        if not incident.account.enabled:  # a person paused it: nobody asks, so nothing is known
            _close(incident, [], now)
        elif _has_lasted(incident.account, long_ago):
            _close(incident, told, now)
    elif account.health != incident.health and _has_lasted(account, long_ago):
        _close(incident, [], now)
        _open(account, told, now)


def _has_lasted(account: Account, long_ago: datetime) -> bool:
    return account.health_at is None or account.health_at <= long_ago


def _open(account: Account, told: Sequence[Channel], now: datetime) -> None:
    incident = Incident(account=account, health=account.health, message=account.health_message, began_at=now)
    try:
        with write_transaction():
            incident.save(force_insert=True)
            _note(incident, What.ACCOUNT_TROUBLE, told, now)
    except IntegrityError:  # another process was first
        return


def _close(incident: Incident, told: Sequence[Channel], now: datetime) -> None:
    with write_transaction():
        if Incident.objects.filter(pk=incident.pk, ended_at=None).update(ended_at=now):
            _note(incident, What.ACCOUNT_RECOVERED, told, now)


def _note(incident: Incident, what: What, told: Sequence[Channel], now: datetime) -> None:
    write_down(
        Notice(
            channel=channel,
            source=f"incident:{incident.pk}:{what}",
            what=what,
            at=now,
            incident=incident,
            created_at=now,
        )
        for channel in told
    )
