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
from dashboard.forms.task import TitleForm
from dashboard.paging import Cursor, page_of
from dashboard.people import Role, needs, role_of
from dashboard.rendering import render_task
from dashboard.share_links import take_link
from dashboard.shown_whole import ShownWhole
from dashboard.templatetags.dailies import undo_tag
from dashboard.usual import usual_times
from tasks.desk import known_tags
from tasks.models import Task
from tasks.tracking import NothingToAsk, check_now, edit_task, restore, stop_tracking

TITLE_IN_MESSAGE = 60


@require_GET
@needs(Role.VIEWER)
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = _tracked(task_id)
    usual_times.renew([found])
    ctx = {
        "section": "tasks",
        "live": True,
        "task": found,
        "shown": ShownWhole(found),
        "html": mark_safe(render_task(found, "task")),  # noqa: S308  our own template
        "newer": _neighbour(found, before=True),
        "older": _neighbour(found, before=False),
        "made": take_link(request),
        "known_tags": known_tags() if role_of(request.user) >= Role.MEMBER else [],
    }
    return render(request, "tasks/task.html", ctx)


def _tracked(task_id: UUID) -> Task:
    return get_object_or_404(Task.objects.tracked().with_owner(), pk=task_id)


def _neighbour(found: Task, *, before: bool) -> Task | None:
    """The next task in the list, or in the archive of one put aside; newer when `before`."""
    alike = Task.objects.tracked().filter(archived_at__isnull=found.archived_at is None)
    beside = page_of(alike, Cursor.at(found, before=before), 1).tasks
    return beside[0] if beside else None


@never_cache
@require_GET
@needs(Role.VIEWER)
def asking(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The panel that tells how often it was asked: poll facts change without a new version."""
    found = _tracked(task_id)
    return render(request, "tasks/_asking.html", {"task": found, "shown": ShownWhole(found)})


@require_POST
@needs(Role.MEMBER)
def check(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = _tracked(task_id)
    try:
        check_now(found, _person(request))
    except NothingToAsk:
        messages.warning(
            request, f"{named(found)} cannot be asked about: the provider has nothing more to say."
        )
    else:
        messages.success(request, f"Asking {found.account} about {named(found)} now.")
    return redirect(own_path(request, request.POST.get("next", "")) or ShownWhole(found).url)


@require_POST
@needs(Role.MEMBER)
def stop(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = _tracked(task_id)
    if stop_tracking([found.pk], _person(request)):
        undo = undo_tag("tasks-restore", [found.pk])
        messages.success(request, f"{named(found)} is in the trash for 30 days.", extra_tags=undo)
    return redirect("tasks")


@require_POST
@needs(Role.MEMBER)
def put_back(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = get_object_or_404(Task, pk=task_id)
    if restore([found.pk], _person(request)):
        messages.success(request, f"{named(found)} is tracked again.")
    else:
        messages.warning(request, f"{named(found)} was not in the trash: it is tracked.")
    return redirect(own_path(request, request.POST.get("next", "")) or ShownWhole(found).url)


@require_POST
@needs(Role.MEMBER)
def rename(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """An empty title makes the prompt's beginning its name again."""
    found, form = _tracked(task_id), TitleForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for one in form.errors["title"]))
    elif form.cleaned_data["title"] != found.title:
        edit_task(found, form.cleaned_data, _person(request))
    return redirect(ShownWhole(found).url)


def named(found: Task) -> str:
    """A task as notices call it."""
    title = found.shown_title
    return f"“{title[:TITLE_IN_MESSAGE]}{'…' if len(title) > TITLE_IN_MESSAGE else ''}”"


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
