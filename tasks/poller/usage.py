"""How much of its budget each account used: written down for pages and API, which live in other processes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tasks.models import Account, AccountUse
from tasks.transactions import write_transaction


@dataclass(frozen=True, slots=True)
class Use:
    """Of one account by this poller: requests of the last 60 s, those in flight, and the last good answer."""

    account_id: int
    requests: int
    in_flight: int
    last_answer_at: datetime | None
    last_latency_s: float | None


def write_use(poller_id: UUID, uses: list[Use], now: datetime) -> None:
    """Replace what this poller last wrote. Accounts deleted meanwhile are left out."""
    if not uses:
        return
    with write_transaction():
        ids = [use.account_id for use in uses]
        there = set(Account.objects.filter(pk__in=ids).values_list("pk", flat=True))
        uses = [use for use in uses if use.account_id in there]
        AccountUse.objects.bulk_create(
            [
                AccountUse(
                    account_id=use.account_id,
                    poller_id=poller_id,
                    requests_last_minute=use.requests,
                    in_flight=use.in_flight,
                    at=now,
                )
                for use in uses
            ],
            update_conflicts=True,
            unique_fields=["account", "poller_id"],
            update_fields=["requests_last_minute", "in_flight", "at"],
        )
        for use in uses:
            if use.last_answer_at:
                Account.objects.filter(pk=use.account_id).update(
                    last_answer_at=use.last_answer_at, last_latency_s=use.last_latency_s
                )
