"""Files that tasks begin from, as files to be served; and the door for providers, who have a link and no login."""

from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.media.copies import POSTER_TYPE, open_copy
from dashboard.media.files import Stored
from dashboard.media.responses import file_response
from dashboard.media.shown import kept_for
from tasks.archive.storage import input_poster_name, media_storage
from tasks.inputs.found import Found, find
from tasks.inputs.links import read
from tasks.models import Input

NOT_KEPT = "private, no-store"
DAY_S = 24 * 3600
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}


def stored_file(found: Found, name: str, cache_control: str) -> Stored:
    """`name` is what it is saved as."""
    return Stored(
        open=partial(open_copy, media_storage(), found.storage_name),
        size_bytes=found.size_bytes,
        etag=f'"{found.sha256 or found.reference.id}"',
        modified_at=found.stored_at,
        content_type=found.content_type,
        name=name,
        cache_control=cache_control,
    )


def poster_of_input(row: Input) -> Stored:
    """It never changes. OSError when it cannot be read."""
    name = input_poster_name(row.pk)
    return Stored(
        open=partial(open_copy, media_storage(), name),
        size_bytes=media_storage().size(name),
        etag=f'"{row.sha256[:16]}-poster"',
        modified_at=row.stored_at or row.created_at,
        content_type=POSTER_TYPE,
        name=f"{row.pk}.webp",
        cache_control=kept_for(DAY_S),
    )


@require_safe
def by_link(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """The file that a signed link opens while it lasts. Forged, late or gone: the same 404, which tells nothing."""
    reference = read(token, timezone.now())
    found = find([reference]).get(reference) if reference else None
    response: HttpResponseBase = HttpResponse(
        "There is nothing here.\n", status=404, content_type="text/plain"
    )
    if found:
        try:
            response = file_response(request, stored_file(found, name, NOT_KEPT))
        except OSError:
            response = HttpResponse("Try again later.\n", status=503, content_type="text/plain")
    for header, value in HEADERS.items():
        response[header] = value
    return response
