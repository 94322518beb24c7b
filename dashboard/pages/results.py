"""A result's own addresses: its bytes and its poster, for the team's browsers and for programs with a token."""

from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from dashboard.api.auth import bearer_too, is_bearer
from dashboard.errors import error_response
from dashboard.media.delivery import NotToBeHad, deliver, deliver_poster
from dashboard.media.shown import ASK_AGAIN, kept_for
from dashboard.people import Role, needs
from dashboard.results import name_of
from tasks.models import Result

YEAR_S = 365 * 24 * 3600


@require_safe
@bearer_too
@needs(Role.VIEWER)
def result(request: HttpRequest, result_id: UUID) -> HttpResponseBase:
    """Its bytes, or a range of them; with `?download=1` to be saved. 410, 404 or 503 with the reason."""
    found = _reachable(result_id)
    download = bool(request.GET.get("download"))
    try:
        return async_to_sync(deliver)(request, found, download=download)
    except NotToBeHad as refusal:
        return _refusal(request, found, refusal)


@require_safe
@bearer_too
@needs(Role.VIEWER)
def poster(request: HttpRequest, result_id: UUID) -> HttpResponseBase:
    """Its poster; under an address with its version (`?v=`) a browser asks once."""
    found = _reachable(result_id)
    cache_control = kept_for(YEAR_S) if request.GET.get("v") else ASK_AGAIN
    try:
        return async_to_sync(deliver_poster)(request, found, cache_control=cache_control)
    except NotToBeHad as refusal:
        return _refusal(request, found, refusal)


def _reachable(result_id: UUID) -> Result:
    return get_object_or_404(Result.objects.reachable().select_related("task__account"), pk=result_id)


def _refusal(request: HttpRequest, found: Result, refusal: NotToBeHad) -> HttpResponse:
    status, says = refusal.status, refusal.sentence
    if is_bearer(request):
        response: HttpResponse = error_response(status, "internal" if status >= 500 else "not_found", says)
    else:
        ctx = {"section": "tasks", "task": found.task, "name": name_of(found), "says": says}
        response = render(request, "tasks/no_file.html", ctx, status=status)
    response["Cache-Control"] = "no-store"
    return response
