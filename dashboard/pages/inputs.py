"""Files that tasks begin from: given while a form is filled in, chosen from what is here, and looked at."""

import re
from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.api.auth import bearer_too
from dashboard.errors import error_response
from dashboard.forms.media import PLURAL
from dashboard.given_files import of_input, of_result
from dashboard.media.files import Stored
from dashboard.media.given import poster_of_input, stored_file
from dashboard.media.responses import file_response
from dashboard.media.shown import ASK_AGAIN
from dashboard.people import Role, needs, person_of
from tasks.inputs.found import find
from tasks.inputs.limits import KINDS
from tasks.inputs.storing import NotTaken, store
from tasks.models import Input, Result
from tasks.providers.references import Reference, Source
from tasks.vocabulary import Archive, Kind

CHOICES = 24
"""Of each sort: what somebody looks for is recent."""
_NAME = re.compile(r"[\w.-]{1,100}")


@require_POST
@never_cache
@needs(Role.MEMBER)
def give(request: HttpRequest) -> HttpResponse:
    """Store the file of a request, and answer with how the form shows it; 400 or 413 with a sentence in plain text."""
    upload = request.FILES.get("file")
    if upload is None:
        return _sentence("There is no file in this request.", 400)
    try:
        found = store(
            upload.chunks(), upload.name or "", person_of(request), _kind(request.POST.get("kind", ""))
        )
    except NotTaken as error:
        return _sentence(str(error), 413 if error.too_large else 400)
    ctx = {"file": of_input(found.input), "name": _field_name(request.POST.get("name", ""))}
    return render(request, "create/_given.html", ctx, status=201 if found.new else 200)


@require_safe
@never_cache
@needs(Role.MEMBER)
def choose(request: HttpRequest) -> HttpResponse:
    """Recent files of one kind: what tasks made, and what people gave. To be taken over by a form, or copied from."""
    kind = _kind(request.GET.get("kind", ""))
    kinds = [kind] if kind else list(KINDS)
    stored = Result.objects.reachable().filter(archive=Archive.STORED, kind__in=kinds, role="output")
    results = stored.select_related("task").order_by("-stored_at", "-pk")[:CHOICES]
    given = Input.objects.present().filter(kind__in=kinds).order_by("-used_at")[:CHOICES]
    ctx = {
        "section": "tasks",
        "plural": PLURAL.get(kind, "files") if kind else "files",
        "name": _field_name(request.GET.get("name", "")),
        "groups": [
            ("Made by tasks", [of_result(one) for one in results]),
            ("Given earlier", [of_input(one) for one in given]),
        ],
    }
    is_dialog = request.headers.get("X-Part") == "dialog"
    return render(request, f"create/{'_choose_dialog' if is_dialog else 'choose_file'}.html", ctx)


@require_safe
@bearer_too
@needs(Role.VIEWER)
def given(request: HttpRequest, input_id: UUID) -> HttpResponseBase:
    """Its bytes, or a range of them."""
    row = get_object_or_404(Input.objects.present(), pk=input_id)
    reference = Reference(Source.INPUT, row.pk)
    found = find([reference]).get(reference)
    if found is None:
        raise Http404
    return _sent(request, lambda: stored_file(found, row.name or str(row.pk), ASK_AGAIN))


@require_safe
@bearer_too
@needs(Role.VIEWER)
def poster(request: HttpRequest, input_id: UUID) -> HttpResponseBase:
    row = get_object_or_404(Input.objects.present(), pk=input_id, has_poster=True)
    return _sent(request, lambda: poster_of_input(row))


def _sent(request: HttpRequest, make: Callable[[], Stored]) -> HttpResponseBase:
    try:
        return file_response(request, make())
    except OSError:
        return error_response(500, "internal", "This file cannot be read just now.")


def _sentence(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _kind(word: str) -> Kind | None:
    return Kind(word) if word in KINDS else None


def _field_name(name: str) -> str:
    """Of the form's field that the file is for; it comes back as part of the page."""
    return name if _NAME.fullmatch(name) else "file"
