"""What members do with a task at its provider: cancel it, or adopt the id of one that nobody could confirm."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.people import Role, needs, person_of
from dashboard.shown_task import Shown
from tasks.canceling import CannotEnd, cancel
from tasks.looking_up import look_again
from tasks.models import Task
from tasks.unconfirmed import CannotAdopt, adopt
from tasks.vocabulary import Status


@require_POST
@needs(Role.MEMBER)
def cancel_page(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = _tracked(task_id)
    try:
        cancel(found, person_of(request))
    except CannotEnd as error:
        messages.error(request, str(error))
    else:
        found.refresh_from_db()
        name = found.account.provider_module.NAME
        done = found.status == Status.CANCELED
        messages.success(request, "It is canceled." if done else f"{name} was asked to cancel it.")
    return redirect(Shown(found).url)


@require_POST
@needs(Role.MEMBER)
def adopt_page(request: HttpRequest, task_id: UUID) -> HttpResponse:
    found = _tracked(task_id)
    try:
        adopt(found, request.POST.get("found", "") or request.POST.get("remote_id", ""), person_of(request))
    except CannotAdopt as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "It goes on under that id.")
    return redirect(Shown(found).url)


@require_POST
@needs(Role.MEMBER)
def lookup_page(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Look for it in the provider's list now."""
    found = _tracked(task_id)
    if look_again(found, timezone.now()):
        messages.success(request, "Its list is looked at within seconds.")
    else:
        messages.info(request, "There is nothing to look up: it is settled, or its provider has no list.")
    return redirect(Shown(found).url)


def _tracked(task_id: UUID) -> Task:
    return get_object_or_404(Task.objects.tracked().with_owner(), pk=task_id)
