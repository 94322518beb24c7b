"""The same sync over HTTP, for pages that get no WebSocket."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dashboard.live import frames
from dashboard.live.interest import Interest
from dashboard.live.sync import BadFrame, answer, read_sync

STATUSES = {"bad_request": 400, "too_large": 413}


@require_POST
@never_cache
def sync_over_http(request: HttpRequest) -> HttpResponse:
    """Body and answer as on the socket. 401 in JSON, not a redirect: a script asks."""
    if not request.user.is_authenticated:
        return _json(frames.error("unauthorized", "Sign in again to go on."), 401)
    try:
        interest = Interest.of_page(request.GET.dict())
        have = read_sync(request.body)
    except BadFrame as error:
        return _json(frames.error(error.code, error.message), STATUSES[error.code])
    except ValueError as error:
        return _json(frames.error("bad_request", str(error)), 400)
    return _json(answer(interest, have).frame)


def _json(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, content_type="application/json", status=status)
