"""Pollers come to hold about the same number of tasks: who has more than a fair share gives some up."""

from collections.abc import Mapping, Sequence
from heapq import nlargest
from typing import Any
from uuid import UUID

from django.db.models import Count

from tasks.bulk import update_rows
from tasks.models import Poller, Task
from tasks.poller.tracked import Tracked
from tasks.publishing import wake_pollers
from tasks.transactions import lock_by_keys, write_transaction

SLACK_SHARE = 0.1
SLACK_LEAST = 2
"""Differences so small are left alone, so that no task goes to and fro."""
BATCH = 1_000


def loads() -> dict[UUID, int]:
    """How many tasks each living poller holds."""
    pollers = list(Poller.objects.polling().values_list("pk", flat=True))
    if len(pollers) < 2:
        return dict.fromkeys(pollers, 0)
    held = Task.objects.filter(claimed_by__isnull=False).order_by().values_list("claimed_by")
    return dict.fromkeys(pollers, 0) | {
        pk: count for pk, count in held.annotate(n=Count("pk")) if pk in pollers
    }


def surplus(poller_id: UUID, held: Mapping[UUID, int]) -> int:
    """How many tasks this poller is to give up: what it has beyond its share, as far as others lack it."""
    if poller_id not in held or len(held) < 2:
        return 0
    share = -(-sum(held.values()) // len(held))
    beyond = held[poller_id] - share
    if beyond <= max(SLACK_LEAST, SLACK_SHARE * share):
        return 0
    lacking = sum(max(0, share - count) for one, count in held.items() if one != poller_id)
    return min(beyond, lacking, BATCH)


def choose(lines: Sequence[Sequence[Tracked]], count: int) -> list[Tracked]:
    """So many of them, from each account in proportion, those due latest; none that is being asked just now."""
    total = sum(map(len, lines))
    chosen: list[Tracked] = []
    before = 0
    for line in lines:
        upto = before + len(line)
        part = upto * count // max(total, 1) - before * count // max(total, 1)
        idle = (one for one in line if not one.asking and not one.hurried)
        chosen += nlargest(part, idle, key=lambda one: one.due_s)
        before = upto
    return chosen


def give_up(poller_id: UUID, rows: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """They are nobody's now, with what we know of their last asks; wakes those who may take them."""
    wanted = [{"id": pk, **facts, "claimed_by": None} for pk, facts in rows]
    with write_transaction():
        lock_by_keys(Task, [pk for pk, _ in rows])
        update_rows(Task, wanted, match=("id",), where={"claimed_by": poller_id})
        wake_pollers()
