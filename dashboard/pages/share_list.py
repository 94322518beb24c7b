"""All links of the team: who made them, what they show, how often they were looked at, how they stand."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.figures import counted
from dashboard.paging import BadCursor, Cursor, older_page
from dashboard.people import Role, needs
from dashboard.share_links import take_link
from dashboard.wording import Chip
from tasks.exposure import tasks_of, with_tasks
from tasks.models import Share, Task
from tasks.models.share import ShareQuerySet
from tasks.sharing import name_of_share

PER_PAGE = 50
STATES = {"": "All", "working": "Working", "ended": "Ended"}
WORKING = Chip("succeeded", "st-done", "Working")
ENDED = Chip("idle", "st-timed_out", "Ended")
REVOKED = Chip("canceled", "st-canceled", "Revoked")
EMPTY = Chip("lost", "st-lost", "Shows nothing")


@dataclass(frozen=True, slots=True)
class Listed:
    """A share and what is said of it."""

    share: Share
    tasks: list[Task]
    now: datetime

    @property
    def name(self) -> str:
        return name_of_share(self.share, self.tasks)

    @property
    def url(self) -> str:
        """The page of what it shows, when that is one task."""
        return reverse("task", args=[self.tasks[0].pk]) if len(self.tasks) == 1 else ""

    @property
    def shows(self) -> str:
        return counted(len(self.tasks), "task") if self.tasks else "Nothing any more"

    @property
    def has_ended(self) -> bool:
        return self.share.expires_at is not None and self.share.expires_at <= self.now

    @property
    def chip(self) -> Chip:
        if self.share.revoked_at:
            return REVOKED
        if not self.tasks:
            return EMPTY
        return ENDED if self.has_ended else WORKING


@require_safe
@never_cache
@needs(Role.VIEWER)
def shares(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    try:
        cursor = Cursor.read(request.GET["cursor"]) if request.GET.get("cursor") else None
    except BadCursor as error:
        ctx = {"section": "shares", "error": error}
        return render(request, "tasks/bad_filter.html", ctx, status=400)
    now = timezone.now()
    state = state if state in STATES else ""
    found, older = older_page(with_tasks(_in_state(state, now)), cursor, PER_PAGE)
    ctx = {
        "section": "shares",
        "made": take_link(request),
        "rows": [Listed(share, tasks_of(share), now) for share in found],
        "tabs": [(_address(word), label, word == state) for word, label in STATES.items()],
        "older_url": _address(state, older) if older else "",
        "is_first_page": cursor is None,
        "here": request.get_full_path(),
    }
    return render(request, "shares/list.html", ctx)


def _address(state: str, cursor: Cursor | None = None) -> str:
    query = {"state": state} if state else {}
    query |= {"cursor": str(cursor)} if cursor else {}
    return reverse("shares") + (f"?{urlencode(query)}" if query else "")


def _in_state(state: str, now: datetime) -> ShareQuerySet:
    if state == "working":
        return Share.objects.working(now)
    if state == "ended":
        return Share.objects.filter(Q(revoked_at__isnull=False) | Q(expires_at__lte=now))
    return Share.objects.all()
