"""The one way in: every address under `/s/<token>/` asks here first, and answers alike where nothing is to be had."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from dashboard.shares.lock import is_unlocked
from dashboard.templatetags.dailies import person_name
from tasks.exposure import find
from tasks.models import Share

P = ParamSpec("P")

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}
NOT_KEPT = "private, no-store"


@dataclass(frozen=True, slots=True)
class Opened:
    """A share that may be shown, and the token that opened it."""

    share: Share
    token: str

    def url(self, name: str, *args: object) -> str:
        """The address of one of its pages or files, from the root."""
        return reverse(f"share-{name}", args=[self.token, *args])


View = Callable[Concatenate[HttpRequest, Opened, P], HttpResponseBase]


def opened(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A view of a share that works and is unlocked; all other requests are answered here."""

    @wraps(view)
    def guarded(request: HttpRequest, /, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        found = enter(request, token)
        return veiled(found if isinstance(found, HttpResponse) else view(request, found, *args, **kwargs))

    return guarded


def enter(request: HttpRequest, token: str) -> Opened | HttpResponse:
    """The share, or the answer that takes its place: 404, 410, or the form that asks for its password."""
    found = knock(token)
    if isinstance(found, HttpResponse) or is_unlocked(request, found.share):
        return found
    return locked(found, status=403)


def knock(token: str) -> Opened | HttpResponse:
    """The share, locked or not; 404, or 410 when it has expired."""
    share = find(token)
    if share is None:
        return nothing_here()
    if not share.is_working(timezone.now()):
        return page("shares/ended.html", {"maker": person_name(share.created_by)}, status=410)
    return Opened(share, token)


def nothing_here() -> HttpResponse:
    """404, the same bytes whatever the reason: mistyped, unknown, revoked, replaced, deleted."""
    return page("shares/nothing.html", {}, status=404)


def locked(found: Opened, *, status: int = 200, problem: str = "") -> HttpResponse:
    """The form that asks for the password. It tells nothing of what is behind it."""
    return page("shares/locked.html", {"action": found.url("page"), "problem": problem}, status=status)


def page(template: str, ctx: dict[str, object], *, status: int = 200) -> HttpResponse:
    """Rendered without the request: no session, no proof of origin, and so no cookie can come of it."""
    return HttpResponse(render_to_string(template, ctx), status=status)


def veiled(response: HttpResponseBase) -> HttpResponseBase:
    """Found by no search engine, told to no other site, kept by nobody unless the answer says how."""
    for name, value in HEADERS.items():
        response[name] = value
    response.headers.setdefault("Cache-Control", NOT_KEPT)
    return response


@csrf_exempt
def nothing(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """Every address under `/s/` that leads nowhere."""
    return veiled(nothing_here())


@require_safe
def with_slash(request: HttpRequest, token: str) -> HttpResponseBase:
    """A link whose last sign was lost on its way, whether it leads anywhere or not."""
    return veiled(HttpResponseRedirect(reverse("share-page", args=[token])))
