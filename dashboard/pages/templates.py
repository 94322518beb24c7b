"""Templates: one's own and the team's, renamed, shared and deleted by their owner or a manager."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.people import Role, needs, person_of, role_of
from dashboard.wording import KINDS
from tasks.models import Template
from tasks.providers import PROVIDERS
from tasks.templates import change_template, delete_template
from tasks.vocabulary import Kind


@require_safe
@never_cache
@needs(Role.MEMBER)
def templates(request: HttpRequest) -> HttpResponse:
    visible = Template.objects.visible_to(person_of(request)).select_related("owner")
    lines = [
        {
            "row": one,
            "what": f"{KINDS[Kind(one.kind)]} at {PROVIDERS[one.provider].NAME}",
            "may_change": _may_change(request, one),
        }
        for one in visible
        if one.provider in PROVIDERS
    ]
    return render(request, "create/templates.html", {"section": "tasks", "lines": lines})


@require_POST
@needs(Role.MEMBER)
def change(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Its name, and whether the team sees it."""
    row = _own(request, template_id)
    try:
        change_template(row, request.POST.get("name", ""), shared="shared" in request.POST)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "The template is changed.")
    return redirect("templates")


@require_POST
@needs(Role.MEMBER)
def delete(request: HttpRequest, template_id: UUID) -> HttpResponse:
    row = _own(request, template_id)
    delete_template(row.pk)
    messages.success(request, f"The template “{row}” is deleted.")
    return redirect("templates")


def _own(request: HttpRequest, template_id: UUID) -> Template:
    """404 for somebody else's private one, 403 for a shared one that only its owner or a manager may change."""
    row = Template.objects.visible_to(person_of(request)).filter(pk=template_id).first()
    if row is None:
        raise Http404
    if not _may_change(request, row):
        raise PermissionDenied("Only its owner or a manager may change this template.")
    return row


def _may_change(request: HttpRequest, row: Template) -> bool:
    return row.owner_id == person_of(request).pk or role_of(request.user) >= Role.MANAGER
