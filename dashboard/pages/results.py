"""A result's own address: it leads to the provider's file until we keep a copy."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.api.auth import bearer_too
from dashboard.people import Role, needs
from dashboard.results import offer, result_target
from tasks.models import Result
from tasks.vocabulary import Archive


@never_cache
@require_safe
@bearer_too
@needs(Role.VIEWER)
def result(request: HttpRequest, result_id: UUID) -> HttpResponse:
    """302 to the provider, without telling it where from; 410 when the file expired, 404 when it is not to be had."""
    found = get_object_or_404(
        Result.objects.select_related("task__account").filter(task__deleted_at=None), pk=result_id
    )
    target = result_target(found)
    if target is None:
        status = 410 if found.archive == Archive.EXPIRED else 404
        ctx = {"section": "tasks", "task": found.task, "offer": offer(found)}
        return render(request, "tasks/no_file.html", ctx, status=status)
    return HttpResponseRedirect(target, headers={"Referrer-Policy": "no-referrer"})
