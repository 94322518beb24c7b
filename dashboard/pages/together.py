"""What was asked for together: each line of it with its task, as it stands now."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.people import Role, needs
from dashboard.shown_task import Shown
from tasks.models import Submission
from tasks.vocabulary import FINAL, Status


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the form, and the task that it became."""

    call: Submission
    shown: Shown


@require_safe
@never_cache
@needs(Role.VIEWER)
def together(request: HttpRequest, together_id: UUID) -> HttpResponse:
    calls = Submission.objects.filter(together=together_id).select_related("task__account", "owner")
    found = list(calls.order_by("line", "created_at", "pk"))
    if not found:
        raise Http404
    tasks = [one.task for one in found if one.task.deleted_at is None]
    ctx = {
        "section": "tasks",
        "calls": found,
        "lines": [Line(one, Shown(one.task)) for one in found],
        "first": found[0],
        "over": sum(task.status in FINAL for task in tasks),
        "done": sum(task.status == Status.SUCCEEDED for task in tasks),
        "left": len(tasks),
    }
    return render(request, "create/together.html", ctx)
