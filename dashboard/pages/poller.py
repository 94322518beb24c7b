"""How the pollers do, for those who manage."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.people import Role, needs
from dashboard.poller_room import read_room


@require_safe
@never_cache
@needs(Role.MANAGER)
def poller(request: HttpRequest) -> HttpResponse:
    ctx = {"section": "poller", "room": read_room(timezone.now())}
    return render(request, "poller/poller.html", ctx)
