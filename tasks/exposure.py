"""What a link opens: which share a token belongs to, which tasks and results it shows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from tasks.models import Result, Share, ShareItem, Task
from tasks.secrets import hash_token

REUSED_MAX = 50


@dataclass(slots=True)
class Exposed:
    """A task that a share shows, with the results that it shows of it."""

    task: Task
    is_whole: bool
    """All its results, those to come included."""
    results: list[Result] = field(default_factory=list)


def find(token: str) -> Share | None:
    """The share that this token opens, also when it has expired.

    None, after the same single question, for a token that is unknown, revoked or replaced, and where everything
    that it showed is gone.
    """
    there = ShareItem.objects.filter(share=OuterRef("pk"), task__deleted_at=None)
    known = Share.objects.filter(Exists(there), token_hash=hash_token(token), revoked_at=None)
    return known.select_related("created_by").first()


def exposed_by(share: Share) -> list[Exposed]:
    """What it shows now, in order, each task once. Tasks in the trash are left out."""
    items = share.items.filter(task__deleted_at=None).select_related("task__account")
    return _together(items.prefetch_related("task__results"))


def _together(items: Iterable[ShareItem]) -> list[Exposed]:
    found: dict[UUID, Exposed] = {}
    chosen: dict[UUID, set[UUID]] = {}
    for item in items:
        one = found.setdefault(item.task_id, Exposed(item.task, is_whole=False))
        one.is_whole = one.is_whole or item.result_id is None
        chosen.setdefault(item.task_id, set()).update({item.result_id} if item.result_id else ())
    for one in found.values():
        mine = chosen[one.task.pk]
        one.results = [result for result in one.task.results.all() if one.is_whole or result.pk in mine]
        for result in one.results:
            result.task = one.task
    return list(found.values())


def exposed_result(share: Share, result_id: UUID) -> Result | None:
    """This result, when the share shows it now."""
    items = Q(task__share_items__share=share) & (
        Q(task__share_items__result=None) | Q(task__share_items__result=F("pk"))
    )
    return (
        Result.objects.reachable()
        .filter(items, pk=result_id)
        .select_related("task__account")
        .distinct()
        .first()
    )


def shares_of(task: Task) -> list[Share]:
    """Links that show something of a task and were not revoked, the newest first."""
    found = Share.objects.filter(Exists(ShareItem.objects.filter(share=OuterRef("pk"), task=task)))
    return list(found.filter(revoked_at=None).select_related("created_by"))


def tasks_of(share: Share) -> list[Task]:
    """The tasks that it shows something of, in order; quicker where `with_tasks` loaded them."""
    return list({item.task_id: item.task for item in share.items.all() if not item.task.deleted_at}.values())


def with_tasks(shares: QuerySet[Share]) -> QuerySet[Share]:
    """Shares with their makers and tasks, in two queries."""
    items = ShareItem.objects.select_related("task")
    return shares.select_related("created_by").prefetch_related(Prefetch("items", items))


def shares_to_reuse(now: datetime) -> list[Share]:
    """The newest working links: those that a new take may be shown behind."""
    return list(with_tasks(Share.objects.working(now))[:REUSED_MAX])
