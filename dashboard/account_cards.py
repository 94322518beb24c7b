"""What the accounts page shows of each account: its health in words and the numbers that are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from dashboard.wording import Chip
from tasks.models import Account, AccountUse, Task
from tasks.models.account import USE_WINDOW_S
from tasks.vocabulary import ACTIVE, Health

IN_FLIGHT_FRESH = timedelta(seconds=10)
"""A note of requests in flight that is older says nothing any more."""
NEARLY_FULL = 0.9

CHIPS = {
    Health.OK: Chip("done", "st-done", "Healthy"),
    Health.LIMITED: Chip("timed_out", "gauge", "Limited"),
    Health.UNREACHABLE: Chip("failed", "alert", "Unreachable"),
    Health.UNAUTHORIZED: Chip("failed", "key", "Key refused"),
    Health.PAUSED: Chip("paused", "st-paused", "Paused"),
}
NOT_ASKED = Chip("submitting", "st-submitting", "Not asked yet")


@dataclass(frozen=True, slots=True)
class Meter:
    """So many of so many; `limit` None when nobody set one."""

    value: int
    limit: int | None

    @property
    def is_high(self) -> bool:
        return self.limit is not None and self.value >= NEARLY_FULL * self.limit


@dataclass(frozen=True, slots=True)
class AccountCard:
    account: Account
    requests: Meter
    at_once: Meter
    running: int
    resumes_at: datetime | None
    """When it is asked again; None when that is past, or unknown."""
    is_slowed: bool
    """Fewer requests are sent than a person allowed, since the provider said too many."""

    @property
    def chip(self) -> Chip:
        health = self.account.shown_health
        unknown = health is Health.OK and self.account.last_answer_at is None
        return NOT_ASKED if unknown else CHIPS[health]

    @property
    def is_healthy(self) -> bool:
        return self.chip is CHIPS[Health.OK]

    @property
    def problem(self) -> str:
        """What to tell first; "" when all is well. The words of `Health`."""
        health = self.account.shown_health
        return "" if health is Health.OK else health.value

    @property
    def lacks_key(self) -> bool:
        return self.account.provider_module.NEEDS_KEY and not self.account.api_key_encrypted

    @property
    def latency_ms(self) -> int | None:
        seconds = self.account.last_latency_s
        return None if seconds is None else round(seconds * 1000)


@dataclass(frozen=True, slots=True)
class Desk:
    """All accounts and their sums."""

    cards: tuple[AccountCard, ...]

    @property
    def healthy(self) -> int:
        return sum(card.is_healthy for card in self.cards)

    @property
    def running(self) -> int:
        return sum(card.running for card in self.cards)

    @property
    def requests(self) -> int:
        return sum(card.requests.value for card in self.cards)


def read_desk(now: datetime) -> Desk:
    """Every account as a card, in three queries however many there are."""
    return Desk(read_cards(now, _running()))


def read_cards(now: datetime, running: Mapping[int, int]) -> tuple[AccountCard, ...]:
    """The same in two, where nobody shows how many tasks are running: counting them is what takes time."""
    uses = _uses(now)
    return tuple(
        AccountCard(
            account=account,
            requests=Meter(uses.get(account.pk, (0, 0))[0], account.requests_allowed(now)),
            at_once=Meter(uses.get(account.pk, (0, 0))[1], account.concurrency),
            running=running.get(account.pk, 0),
            resumes_at=_still_ahead(account.resumes_at, now),
            is_slowed=account.requests_allowed(now) != account.requests_per_minute,
        )
        for account in Account.objects.select_related("paused_by")
    )


def _still_ahead(at: datetime | None, now: datetime) -> datetime | None:
    return at if at and at > now else None


def _uses(now: datetime) -> dict[int, tuple[int, int]]:
    """By account id: requests of the last minute, and those in flight."""
    told = AccountUse.objects.filter(at__gt=now - timedelta(seconds=USE_WINDOW_S)).values_list("account")
    fresh = Q(at__gt=now - IN_FLIGHT_FRESH)
    rows = told.annotate(used=Sum("requests_last_minute"), now=Sum("in_flight", filter=fresh))
    return {account_id: (int(used or 0), int(in_flight or 0)) for account_id, used, in_flight in rows}


def _running() -> dict[int, int]:
    active = Task.objects.tracked().filter(status__in=sorted(ACTIVE)).order_by()
    return dict(active.values_list("account").annotate(n=Count("pk")))
