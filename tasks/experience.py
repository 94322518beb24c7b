"""How long tasks took, out of the database: what scheduling learns from, and what pages call usual."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import inf

from tasks.models import Account, Task
from tasks.scheduling.history import REMEMBERED
from tasks.scheduling.observation import Observation
from tasks.scheduling.view import Key
from tasks.vocabulary import FINAL, WAITING, Kind, Status

LOOKED_AT = 1_000
"""Tasks of each account that are looked at: the newest."""
RARE_BELOW = 20
"""Only with fewer ends than that does it matter how old those are that still run."""
_COLUMNS = ("model", "kind", "status", "created_at", "started_at", "finished_at", "unseen_s")


@dataclass(frozen=True, slots=True)
class Taken:
    """One task that ended, or still runs: `finished_at` None."""

    key: Key
    status: Status
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    unseen_s: float | None

    def since(self, begun_at: datetime, now: datetime) -> Observation | None:
        """How old it was at its end, counted from `begun_at`; None when that makes no sense."""
        high_s = ((self.finished_at or now) - begun_at).total_seconds()
        if high_s <= 0:
            return None
        return (
            Observation(max(0.0, high_s - (self.unseen_s or 0)), high_s)
            if self.finished_at
            else Observation(high_s, inf)
        )


def newest() -> Iterator[Taken]:
    """The newest tasks of each account that were asked about and ended or still run, newest first."""
    for account in Account.objects.only("pk", "provider"):
        rows = Task.objects.filter(account=account, deleted_at=None).order_by("-created_at", "-id")
        wanted = rows.values_list(*_COLUMNS, "poll_count")[:LOOKED_AT]
        for model, kind, status, *times, polls in wanted:
            if polls and status in FINAL | WAITING and status != Status.CANCELED:
                yield Taken(Key(account.pk, account.provider, model, Kind(kind)), Status(status), *times)


def observations(now: datetime) -> dict[Key, list[Observation]]:
    """By key, the newest last: how old tasks were when they ended, from their beginning as it is known at once."""
    ended: dict[Key, list[Observation]] = {}
    running: dict[Key, list[Observation]] = {}
    for one in newest():
        found = one.since(min(one.created_at, one.started_at or one.created_at), now)
        if found:
            (ended if one.finished_at else running).setdefault(one.key, []).append(found)
    return {key: _kept(ended.get(key, ()), running.get(key, ())) for key in {*ended, *running}}


def _kept(ended: Iterable[Observation], running: Iterable[Observation]) -> list[Observation]:
    ends = list(ended)[:REMEMBERED]
    return [*(running if len(ends) < RARE_BELOW else ()), *reversed(ends)][-REMEMBERED:]
