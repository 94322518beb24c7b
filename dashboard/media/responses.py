"""A stored file as the answer to a request: whole or a range of it, from us, from the proxy, or from the storage."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from dashboard.media.files import Stored, open_stored
from dashboard.media.ranges import Asked, Span, Unsatisfiable, if_range_holds, parse_range, unsatisfied
from dashboard.media.shown import Shown
from dashboard.media.streams import MediaResponse


def file_response(request: HttpRequest, stored: Stored) -> HttpResponseBase:
    """200, 206, 304, 412 or 416 for GET and HEAD. Who may see the file was asked before.

    OSError, or what else `stored.open` raises, when the file cannot be opened: nothing is sent by then.
    """
    response = conditional_response(request, stored)
    if response is None:
        try:
            response = _body_response(request, stored)
        except Unsatisfiable:
            return range_refusal(stored.size_bytes)
    _dress(response, stored)
    return response


def conditional_response(request: HttpRequest, stored: Stored) -> HttpResponseBase | None:
    """304 when the browser has this very file, 412 when it insists on another one."""
    modified_at = int(stored.modified_at.timestamp())
    response: HttpResponseBase | None = get_conditional_response(request, stored.etag, modified_at)
    if response is not None and response.status_code == 304:
        response["Content-Length"] = str(
            stored.size_bytes
        )  # else a middleware says 0, of a file that is not empty
    return response


def _body_response(request: HttpRequest, stored: Stored) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse(headers={"Content-Length": str(stored.size_bytes)})
    span = _asked_span(request, stored)
    part = span or Span(0, stored.size_bytes)
    reader = open_stored(stored, part)
    response = MediaResponse(reader.read(part.length), length_bytes=part.length, release=reader.close)
    if span:
        response.status_code = 206
        response["Content-Range"] = span.content_range(stored.size_bytes)
    return response


def _asked_span(request: HttpRequest, stored: Stored) -> Span | None:
    """The bytes that a GET asks for; None for all of them."""
    asked = asked_range(request)
    condition = request.headers.get("If-Range", "")
    if asked is None or not if_range_holds(condition, etag=stored.etag, modified_at=stored.modified_at):
        return None
    return asked.span(stored.size_bytes)


def asked_range(request: HttpRequest) -> Asked | None:
    """The range of a GET; other methods have none (RFC 9110, 14.2)."""
    return parse_range(request.headers.get("Range", "")) if request.method == "GET" else None


def range_refusal(size_bytes: int) -> HttpResponse:
    """416: the file has no such bytes."""
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "Content-Length": "0",
        "Content-Range": unsatisfied(size_bytes),
    }
    return HttpResponse(status=416, headers=headers)


def _dress(response: HttpResponseBase, stored: Stored) -> None:
    stored.dress(response)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = stored.etag
    response["Last-Modified"] = http_date(int(stored.modified_at.timestamp()))
    if response.status_code in {304, 412}:
        del response["Content-Type"], response["Content-Disposition"]


def accel_response(shown: Shown, internal_path: str) -> HttpResponse:
    """Have nginx send the file from a location marked `internal`; ranges and conditions are its business then.

    Of these headers nginx passes on type, disposition, `Cache-Control` and `Accept-Ranges`; the location must
    add the others itself, from `$upstream_http_content_security_policy` and its like.
    """
    response = HttpResponse()
    shown.dress(response)
    response["Accept-Ranges"] = "bytes"
    response["X-Accel-Redirect"] = quote(internal_path)
    return response


def storage_redirect(signed_url: str) -> HttpResponse:
    """Send the browser to a storage's signed address, which must be fresh at every request."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HttpResponseRedirect(signed_url, headers=headers)
