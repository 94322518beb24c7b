"""What members do with tasks, one or many: star, archive, tag, stop tracking; and take it back.

A form names its tasks by `task`, as often as there are. A script that shows the outcome itself sends the
header `X-Part: none` and is answered 204, without a notice. A form with `match` means all that match: then the act is
done in the background, and the answer leads to the page of that batch.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.addresses import own_path
from dashboard.figures import counted
from dashboard.forms.task import TagsForm
from dashboard.matching import Match, matching
from dashboard.pages.task import named
from dashboard.people import Role, needs, person_of
from dashboard.templatetags.dailies import undo_tag
from tasks.batches.beginning import Plan, TooMany, begin
from tasks.desk import BadTags, add_tags, known_tags, put_aside, remove_tags, set_starred, take_back
from tasks.models import Task
from tasks.tracking import restore, stop_tracking
from tasks.vocabulary import BatchAct

MOST = 500
"""Tasks named at a time; a page shows no more."""
NAMED = 5
PARTS = {"dialog": "tasks/_tags_dialog.html"}

Act = Callable[[list[UUID], User], Sequence[UUID]]
View = Callable[[HttpRequest], HttpResponseBase]


def _view(word: BatchAct, act: Act, done: str, nothing: str, undo: str = "") -> View:
    """A view that does `act` and says how many it was, offering the page called `undo` to take it back.

    `word` is the same act done to all that match.
    """

    @require_POST
    @needs(Role.MEMBER)
    def view(request: HttpRequest) -> HttpResponse:
        if match := matching(request):
            return begin_on(request, word, match)
        ids = selected(request)
        moved = act(ids, person_of(request))
        if ids and not moved:
            return _answer(request, ids, messages.INFO, nothing)
        tag = undo_tag(undo, moved) if undo and moved else ""
        are = "is" if len(moved) == 1 else "are"
        return _answer(request, ids, messages.SUCCESS, f"{_called(moved)} {are} {done}", tag)

    return view


star = _view(BatchAct.STAR, lambda ids, _: set_starred(ids, starred=True), "starred.", "Starred already.")
unstar = _view(
    BatchAct.UNSTAR,
    lambda ids, _: set_starred(ids, starred=False),
    "without a star now.",
    "No star on it.",
)
archive = _view(
    BatchAct.ARCHIVE,
    put_aside,
    "archived: out of the list, still found.",
    "Archived already.",
    "tasks-unarchive",
)
unarchive = _view(BatchAct.UNARCHIVE, take_back, "in the list again.", "In the list already.")
stop = _view(
    BatchAct.STOP, stop_tracking, "in the trash for 30 days.", "In the trash already.", "tasks-restore"
)
put_back = _view(
    BatchAct.RESTORE,
    restore,
    "tracked again.",
    "Not in the trash: tracked already, or deleted for good.",
)


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MEMBER)
def tags(request: HttpRequest) -> HttpResponse:
    """Add tags to tasks (`add`, with commas between) or take one away (`remove`).

    A script asks for the form alone by the header `X-Part: dialog`.
    """
    match = matching(request)
    ids = [] if match else selected(request)
    form = TagsForm(request.POST if "add" in request.POST else None)
    if match:
        return _tag_all(request, match, form)
    if not ids:
        return _answer(request, ids, messages.INFO, "")
    if unwanted := request.POST.getlist("remove"):
        return _say_tagged(request, ids, remove_tags(ids, unwanted, person_of(request)))
    if form.is_valid():
        try:
            return _say_tagged(request, ids, add_tags(ids, form.cleaned_data["add"], person_of(request)))
        except BadTags as error:
            form.add_error("add", str(error))
    template = PARTS.get(request.headers.get("X-Part", ""), "tasks/tags.html")
    return render(request, template, _context(request, ids, form))


def _tag_all(request: HttpRequest, match: Match, form: TagsForm) -> HttpResponse:
    if form.is_valid():
        return begin_on(request, BatchAct.TAG, match, {"tags": form.cleaned_data["add"]})
    ctx = {
        "section": "tasks",
        "form": form,
        "match": match,
        "count": match.tasks.count(),
        "known_tags": known_tags(),
        "next": go_on(request),
    }
    return render(request, "tasks/tags.html", ctx)


def _context(request: HttpRequest, ids: list[UUID], form: TagsForm) -> dict[str, Any]:
    found = list(Task.objects.tracked().filter(pk__in=ids))
    return {
        "section": "tasks",
        "form": form,
        "ids": ids,
        "named": [named(task) for task in found[:NAMED]],
        "more": max(0, len(found) - NAMED),
        "shared": sorted({tag for task in found for tag in task.tags}, key=str.casefold),
        "known_tags": known_tags(),
        "next": go_on(request),
    }


def _say_tagged(request: HttpRequest, ids: list[UUID], changed: list[UUID]) -> HttpResponse:
    if not changed:
        return _answer(request, ids, messages.INFO, "Nothing to change: the tags are so already.")
    return _answer(request, ids, messages.SUCCESS, f"Changed the tags of {_called(changed)}.")


def selected(request: HttpRequest) -> list[UUID]:
    """The tasks named by the form, or else by the address; BadRequest for what names none."""
    words = request.POST.getlist("task") or request.GET.getlist("task")
    if len(words) > MOST:
        raise BadRequest("too many tasks")
    try:
        return [UUID(word) for word in words]
    except ValueError as error:
        raise BadRequest("not the id of a task") from error


def _answer(
    request: HttpRequest, ids: list[UUID], level: int, said: str, extra_tags: str = ""
) -> HttpResponse:
    if request.headers.get("X-Part") == "none":
        return HttpResponse(status=204)
    if ids:
        messages.add_message(request, level, said, extra_tags=extra_tags)
    else:
        messages.info(request, "Select tasks first: tick the box of each.")
    return redirect(go_on(request) or _page_of(ids))


def _page_of(ids: list[UUID]) -> str:
    """The page of a single task, else the list."""
    alone = len(ids) == 1 and Task.objects.tracked().filter(pk=ids[0]).exists()
    return reverse("task", args=ids) if alone else reverse("tasks")


def go_on(request: HttpRequest) -> str:
    """Where to go on: as the form or the address says."""
    sent: Sequence[QueryDict] = (request.POST, request.GET)
    return next((path for query in sent if (path := own_path(request, query.get("next", "")))), "")


def begin_on(
    request: HttpRequest, act: BatchAct, match: Match, params: dict[str, Any] | None = None
) -> HttpResponse:
    """Begin at once on all that match: for acts that can be taken back. Leads to the batch's page."""
    try:
        plan = Plan(act, params or {}, match.query)
        return redirect("batch", begin(plan, match.tasks, person_of(request)).pk)
    except TooMany as error:
        messages.error(request, str(error))
        return redirect(match.url)


def _called(ids: Sequence[UUID]) -> str:
    if len(ids) == 1 and (task := Task.objects.filter(pk=ids[0]).first()):
        return named(task)
    return counted(len(ids), "task")
