"""The trash: tasks that are no longer tracked, until they are deleted for good."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.matching import TRASH
from dashboard.paging import BadCursor, Cursor, older_page
from dashboard.people import Role, needs
from dashboard.shown_task import Shown
from tasks.models import Task
from tasks.models.task import TRASH_KEPT

PER_PAGE = 50


@dataclass(frozen=True)
class Discarded:
    """A task in the trash, and when it is deleted for good."""

    task: Task
    shown: Shown
    deleted_at: datetime
    purged_at: datetime


@require_GET
@needs(Role.VIEWER)
def trash(request: HttpRequest) -> HttpResponse:
    try:
        text = request.GET.get("cursor", "")
        cursor = Cursor.read(text) if text else None
    except BadCursor as error:
        return render(request, "tasks/bad_filter.html", {"section": "tasks", "error": error}, status=400)
    found, older = _page(cursor)
    ctx = {
        "section": "tasks",
        "discarded": found,
        "older": older,
        "is_first_page": cursor is None,
        "match": TRASH if older or cursor else "",
    }
    return render(request, "tasks/trash.html", ctx)


def _page(cursor: Cursor | None) -> tuple[list[Discarded], Cursor | None]:
    """Last discarded first; tasks discarded together have the same time, so the id decides."""
    rows = Task.objects.trash().with_owner().order_by("-deleted_at", "-id")
    found, older = older_page(rows, cursor, PER_PAGE, "deleted_at")
    return [_discarded(task, task.deleted_at) for task in found if task.deleted_at], older


def _discarded(task: Task, deleted_at: datetime) -> Discarded:
    return Discarded(task, Shown(task), deleted_at, deleted_at + TRASH_KEPT)
