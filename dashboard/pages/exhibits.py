"""What is done with a single result on its task's page: look at it in 3D, keep it now, pin it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dashboard.exhibits import Show, exhibits_of
from dashboard.model_viewer import viewer_page
from dashboard.own_links import OWN_LINKS
from dashboard.people import Role, needs
from tasks.keeping import keep_now, set_pinned
from tasks.models import Result


@require_GET
@needs(Role.VIEWER)
def viewer(request: HttpRequest, result_id: UUID) -> HttpResponse:
    """404 for what is no GLB model, and for one that cannot be had."""
    (shown,) = exhibits_of([_reachable(result_id)], OWN_LINKS)
    if shown.show is not Show.MODEL3D:
        raise Http404
    return viewer_page(request, name=shown.name, file_url=shown.url, poster_url=shown.poster_url)


@require_POST
@needs(Role.MEMBER)
def keep(request: HttpRequest, result_id: UUID) -> HttpResponse:
    """Have our copy fetched now, also one that was given up."""
    found = _reachable(result_id)
    if keep_now([found.pk]):
        messages.success(request, "The copy is fetched now.")
    else:
        messages.success(request, "There is a copy of ours already.")
    return redirect(_place(found))


@require_POST
@needs(Role.MEMBER)
def pin(request: HttpRequest, result_id: UUID) -> HttpResponse:
    """Protect a copy from the retention rules, or with an empty `pinned` no longer."""
    found = _reachable(result_id)
    pinned = bool(request.POST.get("pinned"))
    set_pinned([found.pk], pinned=pinned)
    words = (
        "Pinned: no retention rule deletes this copy."
        if pinned
        else "No longer pinned: the retention rules apply."
    )
    messages.success(request, words)
    return redirect(_place(found))


def _reachable(result_id: UUID) -> Result:
    return get_object_or_404(Result.objects.reachable().select_related("task__account"), pk=result_id)


def _place(found: Result) -> str:
    """The result on its task's page."""
    return f"{reverse('task', args=[found.task_id])}#result-{found.pk}"
