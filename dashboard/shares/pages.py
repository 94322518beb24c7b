"""The page of a share, what it asks to stay true, and the player that other sites frame."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.attempts import PAUSE_S
from dashboard.exhibits import Show
from dashboard.shares.door import Opened, knock, locked, nothing_here, opened, veiled
from dashboard.shares.door import page as answer
from dashboard.shares.lock import TooManyTries, is_foreign, is_unlocked, remember, try_password
from dashboard.shares.showing import showing_of
from dashboard.shares.unfurling import tags_of
from dashboard.shares.visits import note_visit

ANYWHERE = "*"


@csrf_exempt
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponseBase:
    """The results, or the form that asks for the password; POST takes that form."""
    found = knock(token)
    if isinstance(found, HttpResponse):
        return veiled(found)
    if request.method == "POST":
        return veiled(_unlock(request, found))
    if not is_unlocked(request, found.share):
        return veiled(locked(found))
    showing = showing_of(found, request.GET.get("page", ""))
    ctx = {"showing": showing, "share": found.share, "tags": tags_of(request, showing)}
    response = answer("shares/page.html", ctx)
    note_visit(request, response, found.share)
    return veiled(response)


def _unlock(request: HttpRequest, found: Opened) -> HttpResponse:
    if is_foreign(request):
        return locked(found, status=403, problem="Another site sent that. Type the password here.")
    response = HttpResponseRedirect(found.url("page"))
    if is_unlocked(request, found.share):
        return response
    try:
        if not try_password(request, found.share):
            return locked(found, problem="That is not the password.")
    except TooManyTries:
        slow_down = locked(found, status=429, problem="Too many tries. Wait 15 minutes, then try again.")
        slow_down["Retry-After"] = str(PAUSE_S)
        return slow_down
    remember(request, response, found.share, found.token)
    return response


@require_safe
@opened
def status(request: HttpRequest, found: Opened) -> HttpResponseBase:
    """What the page shows now; 204 when that is what it has, by the digest in `?have=`."""
    showing = showing_of(found, request.GET.get("page", ""))
    if request.GET.get("have") == showing.digest:
        return HttpResponse(status=204)
    return answer("shares/_shown.html", {"showing": showing, "share": found.share})


@require_safe
@opened
def embed(request: HttpRequest, found: Opened) -> HttpResponseBase:
    """The first film, picture or sound alone, for other sites to frame. Not of a share with a password."""
    showing = showing_of(found)
    playable = {Show.VIDEO, Show.AUDIO, Show.IMAGE}
    first = next((one for one in showing.exhibits if one.show in playable), None)
    if first is None or found.share.password_hash:
        return nothing_here()
    response = answer(
        "shares/embed.html", {"one": first, "title": showing.title, "page_url": found.url("page")}
    )
    note_visit(request, response, found.share)
    return _framable(response)


def _framable(response: HttpResponse) -> HttpResponse:
    """The two middlewares that forbid frames look for these marks; a refusal must carry neither."""
    response._csp_replace = {"frame-ancestors": [ANYWHERE]}  # type: ignore[attr-defined]
    response.xframe_options_exempt = True
    return response
