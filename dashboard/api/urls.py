"""The API under `/api/v1/`. What programs rely on is in docs/api.md."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from dashboard.api import account_calls, generations, inputs, share_calls, task_calls
from dashboard.api.auth import READS
from dashboard.api.docs import DocsPage, allow_drawn_icons
from dashboard.api.refusals import answer_refusals
from dashboard.errors import error_response

api = NinjaAPI(
    title="Dailies API",
    version="1",
    description="Track tasks at LemonData, Nebula and MoneyPrinterTurbo, and read how they stand. "
    "Times are UTC. Every error has the same shape, whatever went wrong.",
    urls_namespace="api",
    auth=READS,
    docs=DocsPage(),
    docs_decorator=allow_drawn_icons,
)
answer_refusals(api)
api.add_router("", task_calls.router)
api.add_router("", generations.router)
api.add_router("", inputs.router)
api.add_router("", share_calls.router)
api.add_router("", account_calls.router)


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """For every address under `/api` that is no call, the root itself included."""
    return error_response(404)


urlpatterns = [path("", nothing_here), path("", api.urls)]
