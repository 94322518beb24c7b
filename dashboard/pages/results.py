"""The addresses of results: bytes, posters, many in a zip. For the team's browsers and for programs with a token."""

from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.api.auth import bearer_too, is_bearer
from dashboard.errors import ErrorCode, error_response
from dashboard.exhibits import noun_of
from dashboard.matching import FIELD
from dashboard.media.bundles import deliver_zip
from dashboard.media.delivery import NotToBeHad, deliver, deliver_poster
from dashboard.media.names import good_name
from dashboard.media.shown import ASK_AGAIN, kept_for
from dashboard.people import Role, needs
from tasks.models import Result

YEAR_S = 365 * 24 * 3600
MOST = 200
"""Results in one zip: their ids still fit into one address."""
TOO_MANY = f"One zip holds at most {MOST} results. Choose fewer."
CODES: dict[int, ErrorCode] = {400: "bad_request", 404: "not_found", 410: "not_found", 503: "internal"}


@require_safe
@bearer_too
@needs(Role.VIEWER)
def result(request: HttpRequest, result_id: UUID) -> HttpResponseBase:
    """Its bytes, or a range of them; with `?download=1` to be saved. 410, 404 or 503 with the reason."""
    found = _reachable(result_id)
    download = bool(request.GET.get("download"))
    try:
        return deliver(request, found, download=download)
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
        return deliver_poster(request, found, cache_control=cache_control)
    except NotToBeHad as refusal:
        return _refusal(request, found, refusal)


@require_safe
@bearer_too
@needs(Role.VIEWER)
def bundle(request: HttpRequest) -> HttpResponseBase:
    """Those of `?id=` (repeated) and all of the tasks of `?task=` (repeated), MOST at most, as one zip."""
    try:
        found = _chosen(request)
        return deliver_zip(request, found, _zip_name(found))
    except ValueError:
        return _refused(request, 400, "The address names a result or a task that is no UUID.")
    except NotToBeHad as refusal:
        return _refused(request, refusal.status, refusal.sentence)


def _chosen(request: HttpRequest) -> list[Result]:
    """ValueError for an id that is none; NotToBeHad when there are too many, or none that can be seen."""
    if FIELD in request.GET:  # all that match are not named, and never few
        raise NotToBeHad(400, TOO_MANY)
    ids, tasks = ([UUID(text) for text in request.GET.getlist(key)] for key in ("id", "task"))
    if len(ids) + len(tasks) > MOST:
        raise NotToBeHad(400, TOO_MANY)
    rows = Result.objects.reachable().filter(Q(pk__in=ids) | Q(task__in=tasks))
    found = list(rows.select_related("task__account").order_by("task_id", "position")[: MOST + 1])
    if len(found) > MOST:
        raise NotToBeHad(400, TOO_MANY)
    if not found:
        raise NotToBeHad(404, "None of these results is here any more.")
    return found


def _zip_name(found: list[Result]) -> str:
    first = found[0].task
    if any(result.task_id != first.pk for result in found):
        return f"{timezone.localdate():%Y-%m-%d}_dailies_{len(found)}-results.zip"
    made_at = timezone.localtime(first.created_at)
    return good_name(made_at, first.account.provider, first.shown_title, 0, "zip")


def _reachable(result_id: UUID) -> Result:
    return get_object_or_404(Result.objects.reachable().select_related("task__account"), pk=result_id)


def _refusal(request: HttpRequest, found: Result, refusal: NotToBeHad) -> HttpResponse:
    return _refused(request, refusal.status, refusal.sentence, task=found.task, name=noun_of(found))


def _refused(request: HttpRequest, status: int, says: str, **known: object) -> HttpResponse:
    """JSON for programs, a page for people, which leads back to the task where one is `known`."""
    if is_bearer(request):
        response: HttpResponse = error_response(status, CODES[status], says)
    else:
        ctx = {"section": "tasks", "says": says, **known}
        response = render(request, "tasks/no_file.html", ctx, status=status)
    response["Cache-Control"] = "no-store"
    return response
