"""The audit log: who did what that others may ask about later."""

import re
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from dashboard.audit_export import table_of
from dashboard.audit_log import NOBODY, AuditFilter, Place, UnknownFilter, page_after
from dashboard.deeds import GROUPS, WORDS
from dashboard.media.streams import MediaResponse
from dashboard.people import Role, needs
from tasks.models import AuditEntry
from tasks.vocabulary import Deed

PER_PAGE = 50
AN_ID = re.compile(r" \([0-9a-f-]{36}\)$")
"""After a name in the details: for the search and for spreadsheets."""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as the page shows it."""

    entry: AuditEntry
    words: str
    details: tuple[str, ...]

    @property
    def is_long(self) -> bool:
        return len(self.details) > 3


@require_safe
@never_cache
@needs(Role.MANAGER)
def log(request: HttpRequest) -> HttpResponse:
    try:
        found = AuditFilter.read(request.GET.dict())
        place = Place.read(request.GET["cursor"]) if request.GET.get("cursor") else None
    except UnknownFilter as error:
        return render(request, "audit/unknown.html", {"error": error, "section": "audit"}, status=400)
    entries, older = page_after(found.entries().select_related("actor"), place, PER_PAGE)
    ctx = {
        "section": "audit",
        "lines": [_line(one) for one in entries],
        "found": found,
        "groups": GROUPS,
        "words": WORDS.get(Deed(found.deed)) if found.deed else "",
        "people": User.objects.order_by("username"),
        "nobody": NOBODY,
        "is_first_page": place is None,
        "older_query": found.query(cursor=older) if older else "",
    }
    return render(request, "audit/log.html", ctx)


@require_GET
@never_cache
@needs(Role.MANAGER)
def export(request: HttpRequest) -> HttpResponseBase:
    """All entries of the filter, not just a page, as CSV."""
    try:
        found = AuditFilter.read(request.GET.dict())
    except UnknownFilter as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    response = MediaResponse(table_of(found), length_bytes=None, release=lambda: None)
    response["Content-Type"] = "text/csv; charset=utf-8"
    name = f"dailies-audit-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _line(entry: AuditEntry) -> Line:
    words = WORDS[Deed(entry.deed)] if entry.deed in set(Deed) else entry.deed.replace("_", " ")
    return Line(entry, words, tuple(AN_ID.sub("", one) for one in entry.details.split("\n") if one))
