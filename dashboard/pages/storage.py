"""What our copies take, which results have none, and which rules delete them."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, F, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.figures import counted
from dashboard.people import Role, needs
from dashboard.safety import Safety, safety_of
from dashboard.storage_use import read_room, read_use
from tasks.keeping import keep_now
from tasks.models import Input, Result, RetentionRule
from tasks.vocabulary import Archive

RISKS_SHOWN = 50
TRIED_AT_ONCE = 5_000
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Risk:
    """A result of which only the provider has a copy."""

    result: Result
    safety: Safety


@require_safe
@never_cache
@needs(Role.MANAGER)
def storage(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reachable = Result.objects.reachable()
    risky = reachable.at_risk().select_related("task__account")
    nearest = risky.order_by(F("expires_at").asc(nulls_last=True), "pk")[:RISKS_SHOWN]
    ctx = {
        "section": "storage",
        "now": now,
        "use": read_use(now),
        "room": read_room(),
        "risks": [Risk(one, safety_of(one)) for one in nearest],
        "at_risk": reachable.at_risk().count(),
        "failed": reachable.filter(archive=Archive.FAILED).count(),
        "lost": reachable.filter(archive=Archive.EXPIRED).count(),
        "pinned": Result.objects.filter(pinned=True, archive=Archive.STORED).count(),
        "inputs": Input.objects.present().aggregate(count=Count("pk"), bytes=Sum("bytes")),
        "rules": RetentionRule.objects.select_related("account"),
    }
    return render(request, "storage/storage.html", ctx)


@require_POST
@needs(Role.MANAGER)
def try_again(request: HttpRequest) -> HttpResponse:
    """Fetch one result now, or without naming one all that failed, those that expire first before the others."""
    name = request.POST.get("result", "")
    try:
        tried = len(keep_now([UUID(name)])) if name else _try_all()
    except ValueError:
        messages.error(request, "That is no result. Nothing was changed.")
        return redirect("storage")
    if tried:
        messages.success(request, f"{counted(tried, 'result')} will be fetched now.")
    else:
        messages.success(request, "There is nothing to fetch: every result has a copy, or is being fetched.")
    return redirect("storage")


def _try_all() -> int:
    failed = Result.objects.reachable().filter(archive=Archive.FAILED)
    nearest = failed.order_by(F("expires_at").asc(nulls_last=True), "pk")
    ids = list(nearest.values_list("pk", flat=True)[:TRIED_AT_ONCE])
    return sum(len(keep_now(ids[start : start + CHUNK])) for start in range(0, len(ids), CHUNK))
