"""When each account last answered and how fast: written down for pages and API, which live in other processes."""

from dataclasses import dataclass
from datetime import datetime

from tasks.models import Account
from tasks.transactions import write_transaction


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The last good answer of one account that this poller saw."""

    account_id: int
    at: datetime
    latency_s: float | None


def write_last_answers(answers: list[LastAnswer]) -> None:
    """Accounts deleted meanwhile are left out."""
    if not answers:
        return
    with write_transaction():
        for one in sorted(answers, key=lambda one: one.account_id):
            Account.objects.filter(pk=one.account_id).update(
                last_answer_at=one.at, last_latency_s=one.latency_s
            )
