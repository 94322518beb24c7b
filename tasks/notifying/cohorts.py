"""Which tasks were started together, so that their ends are told together.

Nobody says so when they are made: a page that makes twenty, a script that loops and a pasted list all look alike. What
shows it is time: one person's tasks at one account that began within seconds of one another.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tasks.models import Task
from tasks.vocabulary import ACTIVE, Status

REACH = timedelta(minutes=5)
LARGEST = 1_000


@dataclass(frozen=True, slots=True)
class Member:
    """One task of a cohort, as it stands now."""

    task_id: UUID
    status: Status
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Cohort:
    """Tasks that were started together; a single one where nothing else began with it."""

    members: tuple[Member, ...]

    @property
    def ids(self) -> set[UUID]:
        return {one.task_id for one in self.members}

    @property
    def is_over(self) -> bool:
        return not any(one.status in ACTIVE for one in self.members)

    def count(self, statuses: Iterable[Status]) -> int:
        wanted = frozenset(statuses)
        return sum(one.status in wanted for one in self.members)


def cohorts_of(tasks: Iterable[Task], together_s: float) -> list[Cohort]:
    """The cohorts that these tasks belong to, each once."""
    found: list[Cohort] = []
    known: set[UUID] = set()
    for task in tasks:
        if task.pk not in known:
            found.append(cohort := _cohort_of(task, timedelta(seconds=together_s)))
            known |= cohort.ids
    return found


def _cohort_of(task: Task, gap: timedelta) -> Cohort:
    near = Task.objects.tracked().filter(
        created_by=task.created_by_id,
        account=task.account_id,
        created_at__range=(task.created_at - REACH, task.created_at + REACH),
    )
    rows = near.order_by("created_at", "id").values_list("pk", "status", "created_at")[:LARGEST]
    return Cohort(chained([Member(pk, Status(word), at) for pk, word, at in rows], task.pk, gap))


def chained(members: list[Member], task_id: UUID, gap: timedelta) -> tuple[Member, ...]:
    """Those around `task_id` between which there is nowhere more than `gap`. `members` are in the order of time."""
    chain: list[Member] = []
    for one in members:
        if chain and one.created_at - chain[-1].created_at > gap:
            if any(each.task_id == task_id for each in chain):
                break
            chain = []
        chain.append(one)
    return tuple(chain)
