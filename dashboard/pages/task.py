"""One task: its page, and what members do with it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.addresses import own_path
from dashboard.paging import Cursor, page_of
from dashboard.people import Role, needs
from dashboard.rendering import Shown, render_task
from dashboard.templatetags.dailies import UNDO
from tasks.models import Task
from tasks.tracking import NothingToAsk, check_now, restore, stop_tracking

TITLE_IN_MESSAGE = 60


@require_GET
@needs(Role.VIEWER)
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = _tracked(task_id)
    ctx = {
        "section": "tasks",
        "live": True,
        "task": found,
        "shown": Shown(found),
        "html": mark_safe(render_task(found, "task")),  # noqa: S308  our own template
        "newer": _neighbour(found, before=True),
        "older": _neighbour(found, before=False),
    }
    return render(request, "tasks/task.html", ctx)


def _tracked(task_id: UUID) -> Task:
    return get_object_or_404(Task.objects.tracked().with_owner(), pk=task_id)


def _neighbour(found: Task, *, before: bool) -> Task | None:
    """The next task in the list of all, newer when `before`."""
    beside = page_of(Task.objects.tracked(), Cursor.at(found, before=before), 1).tasks
    return beside[0] if beside else None


@never_cache
@require_GET
@needs(Role.VIEWER)
def asking(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The panel that tells how often it was asked: poll facts change without a new version."""
    found = _tracked(task_id)
    return render(request, "tasks/_asking.html", {"task": found, "shown": Shown(found)})


@require_POST
@needs(Role.MEMBER)
def check(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = _tracked(task_id)
    try:
        check_now(found, _person(request))
    except NothingToAsk:
        messages.warning(
            request, f"{_named(found)} cannot be asked about: the provider has nothing more to say."
        )
    else:
        messages.success(request, f"Asking {found.account} about {_named(found)} now.")
    return redirect(own_path(request, request.POST.get("next", "")) or Shown(found).url)


@require_POST
@needs(Role.MEMBER)
def stop(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = _tracked(task_id)
    if stop_tracking([found.pk], _person(request)):
        messages.success(
            request, f"{_named(found)} is in the trash for 30 days.", extra_tags=f"{UNDO}{found.pk}"
        )
    return redirect("tasks")


@require_POST
@needs(Role.MEMBER)
def put_back(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = get_object_or_404(Task, pk=task_id)
    if restore([found.pk], _person(request)):
        messages.success(request, f"{_named(found)} is tracked again.")
    else:
        messages.warning(request, f"{_named(found)} was not in the trash: it is tracked.")
    return redirect(own_path(request, request.POST.get("next", "")) or Shown(found).url)


def _named(found: Task) -> str:
    title = found.shown_title
    return f"“{title[:TITLE_IN_MESSAGE]}{'…' if len(title) > TITLE_IN_MESSAGE else ''}”"


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
