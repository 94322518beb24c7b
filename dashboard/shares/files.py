"""The files of a share, each asked for anew at the door."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from dashboard.media.bundles import deliver_zip
from dashboard.media.delivery import NotToBeHad, deliver, deliver_poster
from dashboard.model_viewer import viewer_page
from dashboard.shares.door import Opened, nothing_here, opened, page
from dashboard.shares.showing import ShareLinks, public_title, showing_of
from dashboard.shares.visits import note_visit
from tasks.exposure import exposed_result
from tasks.models import Result, Share

SAYS = {
    404: "This file is not here yet. Try again in a few minutes.",
    410: "This file is gone for good.",
    503: "This file cannot be read just now. Try again in a few minutes.",
}
NO_SAVING = "Whoever shared this does not offer the files to save."


@require_safe
@opened
def media(request: HttpRequest, found: Opened, result_id: UUID) -> HttpResponseBase:
    """A result's bytes, or a range of them; with `?download=1`, where that is allowed, to be saved."""
    result = exposed_result(found.share, result_id)
    if result is None:
        return nothing_here()
    download = bool(request.GET.get("download"))
    if download and not found.share.allow_download:
        return _refusal(403, NO_SAVING)
    title = public_name(found.share, result)
    try:
        response = deliver(request, result, download=download, title=title)
    except NotToBeHad as refusal:
        return _refusal(refusal.status)
    note_visit(request, response, found.share)
    return _for_all(response, found.share)


@require_safe
@opened
def poster(request: HttpRequest, found: Opened, result_id: UUID) -> HttpResponseBase:
    result = exposed_result(found.share, result_id)
    if result is None:
        return nothing_here()
    try:
        return _for_all(deliver_poster(request, result), found.share)
    except NotToBeHad as refusal:
        return _refusal(refusal.status)


@require_safe
@opened
def viewer(request: HttpRequest, found: Opened, result_id: UUID) -> HttpResponseBase:
    """The page that shows a 3D model, to be framed by the share's own."""
    result = exposed_result(found.share, result_id)
    if result is None:
        return nothing_here()
    links = ShareLinks(found)
    poster_url = links.poster(result) if result.has_poster else ""
    name = public_name(found.share, result)
    return viewer_page(request, name=name, file_url=links.file(result), poster_url=poster_url)


@require_safe
@opened
def bundle(request: HttpRequest, found: Opened) -> HttpResponseBase:
    """All its files in one, where they may be saved."""
    if not found.share.allow_download:
        return _refusal(403, NO_SAVING)
    showing = showing_of(found)
    results = [one.result for one in showing.exhibits if one.url]
    try:
        return deliver_zip(request, results, f"{showing.title}.zip", title=showing.title)
    except NotToBeHad as refusal:
        return _refusal(refusal.status)


def public_name(share: Share, result: Result) -> str:
    """What a visitor's copy is called."""
    return share.title or public_title(result.task, share.show_prompt)


def _for_all(response: HttpResponseBase, share: Share) -> HttpResponseBase:
    """Other sites may show what anybody with the link may see."""
    if not share.password_hash and "Cross-Origin-Resource-Policy" in response:
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _refusal(status: int, says: str = "") -> HttpResponse:
    return page("shares/no_file.html", {"says": says or SAYS[status]}, status=status)
