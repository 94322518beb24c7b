"""Shares as the team makes and ends them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.addresses import own_path, site_url
from dashboard.exhibits import Exhibit, exhibits_of
from dashboard.forms.shares import ChangeForm, ShareForm
from dashboard.matching import FIELD
from dashboard.own_links import OWN_LINKS
from dashboard.pages.task import named
from dashboard.people import Role, needs, person_of
from dashboard.share_links import MadeLink, keep_link
from tasks.exposure import shares_to_reuse, tasks_of
from tasks.models import Share, Task
from tasks.sharing import (
    PIECES_MAX,
    NoSuchShare,
    NothingToShare,
    Piece,
    change,
    make,
    name_of_share,
    renew,
    replace,
    revoke,
)

NAMED = 5
GONE = "This link was revoked in the meantime."
NOTHING_LEFT = "What you wanted to share is no longer tracked."


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MEMBER)
def new(request: HttpRequest) -> HttpResponse:
    """Make a link to the tasks named by `task`, or to some results (`result`) of one of them.

    A script asks for the form alone by the header `X-Part: dialog`.
    """
    if FIELD in request.GET:  # the box for all that match, without a script
        messages.info(request, f"A link shows at most {PIECES_MAX} tasks: select them one by one.")
        return redirect(_next(request) or "tasks")
    tasks = _named_tasks(request)
    if not tasks:
        messages.info(request, "Select tasks first: tick the box of each.")
        return redirect(_next(request) or "tasks")
    form = ShareForm(request.POST if "make" in request.POST else None)
    pieces = _pieces(request, tasks)
    if form.is_bound and not pieces:
        form.add_error(None, "Choose at least one result.")
    elif form.is_bound and form.is_valid():
        try:
            made = make(pieces, form.terms(timezone.now()), person_of(request))
        except NothingToShare:
            form.add_error(None, NOTHING_LEFT)
        else:
            keep_link(request, made.token)
            return redirect(_page_of(tasks) + "#made")
    template = "shares/_new_dialog.html" if _wants_dialog(request) else "shares/new.html"
    return render(request, template, _context(request, form, tasks))


def _context(request: HttpRequest, form: ShareForm, tasks: list[Task]) -> dict[str, Any]:
    chosen = set(request.POST.getlist("result"))
    return {
        "section": "tasks",
        "form": form,
        "tasks": tasks,
        "names": [named(task) for task in tasks[:NAMED]],
        "more": max(0, len(tasks) - NAMED),
        "exhibits": _choosable(tasks),
        "chosen": chosen,
        "reusable": [
            (share, name_of_share(share, tasks_of(share))) for share in shares_to_reuse(timezone.now())
        ],
        "is_local": MadeLink(site_url(request)).is_local,
        "next": _next(request),
    }


def _choosable(tasks: list[Task]) -> list[Exhibit]:
    """The results of a single task that has several."""
    if len(tasks) > 1:
        return []
    found = exhibits_of(tasks[0].results.all(), OWN_LINKS)
    return found if len(found) > 1 else []


def _named_tasks(request: HttpRequest) -> list[Task]:
    """In the order they were named in."""
    ids = _ids(request, "task")
    if len(ids) > PIECES_MAX:
        raise BadRequest("too many tasks")
    found = Task.objects.tracked().with_owner().in_bulk(ids)
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def _pieces(request: HttpRequest, tasks: list[Task]) -> list[Piece]:
    """Whole tasks; of a single one whose boxes were shown, the results that are ticked, unless all are."""
    if "choose" not in request.POST or len(tasks) != 1:
        return [Piece(task.pk) for task in tasks]
    task, ticked = tasks[0], set(_ids(request, "result"))
    results = [result.pk for result in task.results.all()]
    if ticked >= set(results):
        return [Piece(task.pk)]
    return [Piece(task.pk, result) for result in results if result in ticked]


@require_POST
@needs(Role.MEMBER)
def swap(request: HttpRequest) -> HttpResponse:
    """Show these tasks or results behind the link named by `share`: a new take, the same link."""
    tasks, chosen = _named_tasks(request), _ids(request, "share")
    target = _page_of(tasks) if tasks else reverse("tasks")
    if not chosen:
        messages.warning(request, "Choose the link first.")
        return redirect(target)
    share = _share(chosen[0])
    before = name_of_share(share)
    try:
        replace(share.pk, _pieces(request, tasks), person_of(request))
    except NothingToShare:
        messages.error(request, NOTHING_LEFT)
    except NoSuchShare:
        messages.error(request, GONE)
    else:
        messages.success(request, f"The link of “{before}” shows this now. Its address is the same.")
    return redirect(target)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MEMBER)
def edit(request: HttpRequest, share_id: UUID) -> HttpResponse:
    """Extend a link, or change what it allows. A script asks for the form alone by the header `X-Part: dialog`."""
    share = _share(share_id)
    form = ChangeForm(request.POST or None, share)
    if form.is_bound and form.is_valid():
        try:
            change(share.pk, person_of(request), form.values(timezone.now()), password=form.new_password)
        except NoSuchShare:
            messages.error(request, GONE)
        else:
            messages.success(request, f"The link of “{name_of_share(share)}” is changed.")
        return redirect(_next(request) or _page_of(tasks_of(share)))
    template = "shares/_edit_dialog.html" if _wants_dialog(request) else "shares/edit.html"
    ctx = {
        "section": "shares",
        "form": form,
        "share": share,
        "name": name_of_share(share),
        "next": _next(request),
    }
    return render(request, template, ctx)


@require_POST
@needs(Role.MEMBER)
def renew_link(request: HttpRequest, share_id: UUID) -> HttpResponse:
    """A new address for the same share; the old one is dead."""
    share = _share(share_id)
    try:
        made = renew(share.pk, person_of(request))
    except NoSuchShare:
        messages.error(request, GONE)
        return redirect(_next(request) or "shares")
    keep_link(request, made.token)
    return redirect(_page_of(tasks_of(share)) + "#made")


@require_POST
@needs(Role.MEMBER)
def end(request: HttpRequest, share_id: UUID) -> HttpResponse:
    share = Share.objects.filter(pk=share_id).first()
    if share is None:
        raise Http404
    name = name_of_share(share)
    if revoke([share.pk], person_of(request)):
        messages.success(request, f"The link of “{name}” is revoked. Whoever opens it finds nothing.")
    else:
        messages.info(request, GONE)
    return redirect(_next(request) or "shares")


def _share(share_id: UUID) -> Share:
    share = Share.objects.select_related("created_by").filter(pk=share_id, revoked_at=None).first()
    if share is None:
        raise Http404
    return share


def _ids(request: HttpRequest, name: str) -> list[UUID]:
    """What the form names, else the address; BadRequest for what is no id."""
    words = request.POST.getlist(name) or request.GET.getlist(name)
    try:
        return [UUID(word) for word in words if word]
    except ValueError as error:
        raise BadRequest("not an id") from error


def _page_of(tasks: Sequence[Task]) -> str:
    """Where a share of these is looked after."""
    return reverse("task", args=[tasks[0].pk]) if len(tasks) == 1 else reverse("shares")


def _next(request: HttpRequest) -> str:
    sent: Sequence[QueryDict] = (request.POST, request.GET)
    return next((path for query in sent if (path := own_path(request, query.get("next", "")))), "")


def _wants_dialog(request: HttpRequest) -> bool:
    return request.headers.get("X-Part") == "dialog"
