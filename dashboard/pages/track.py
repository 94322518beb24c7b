from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.figures import counted
from dashboard.forms.track import TrackForm
from dashboard.paste import Outcome, Paste, Piece, read_paste
from dashboard.people import Role, needs, person_of
from dashboard.team import managers
from tasks.models import Task
from tasks.providers.addresses import AddressRefused
from tasks.tracking import Intent
from tasks.tracking import track as track_task

MANAGERS_NAMED = 3
PARTS = {"dialog": "track/_dialog.html", "found": "track/_found.html"}


@dataclass(slots=True)
class Outcomes:
    """What came of a confirmed paste."""

    created: list[Task] = field(default_factory=list)
    known: list[Task] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def tasks(self) -> list[Task]:
        return self.created + self.known


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MEMBER)
def track(request: HttpRequest) -> HttpResponse:
    """Paste, look at what was recognised, confirm. What is confirmed is read from the text once more.

    A script asks for parts of the page by the header `X-Part`: `dialog` (the form) or `found` (the second step).
    """
    form = TrackForm.read(request.POST) if request.method == "POST" else TrackForm()
    paste = _read(form, request)
    if paste and form.is_valid() and _is_confirmed(request, paste):
        outcomes = _track_all(paste, form, person_of(request))
        if outcomes.tasks:
            return _go_on(request, outcomes)
        form.add_error(None, " ".join(outcomes.refused))
    part = request.headers.get("X-Part", "")
    return render(request, PARTS.get(part, "track/track.html"), _context(form, paste, part))


def _read(form: TrackForm, request: HttpRequest) -> Paste | None:
    """What is recognised, whatever the other fields hold; None without a text of a fit size."""
    if not form.is_bound or "text" in form.errors:
        return None
    return read_paste(request.POST["text"], request.POST)


def _is_confirmed(request: HttpRequest, paste: Paste) -> bool:
    """Whether the person saw this very text recognised, and there is something to do with it."""
    seen = request.POST.get("seen") == paste.digest
    return "confirm" in request.POST and seen and bool(paste.new or paste.known)


def _track_all(paste: Paste, form: TrackForm, user: User) -> Outcomes:
    outcomes = Outcomes(known=[piece.task for piece in paste.known if piece.task])
    intent = form.intent(alone=len(paste.new) == 1)
    for piece in paste.new:
        _track_one(piece, intent, user, outcomes)
    return outcomes


def _track_one(piece: Piece, intent: Intent, user: User, outcomes: Outcomes) -> None:
    if piece.account is None or piece.adoption is None:
        return
    try:
        tracked = track_task(piece.account, piece.adoption, user, intent)
    except AddressRefused as error:  # the account was edited since the text was read
        outcomes.refused.append(str(error))
    else:
        (outcomes.created if tracked.created else outcomes.known).append(tracked.task)


def _go_on(request: HttpRequest, outcomes: Outcomes) -> HttpResponse:
    created, known = outcomes.created, outcomes.known
    for reason in outcomes.refused:
        messages.error(request, reason)
    if len(outcomes.tasks) == 1:
        if known:
            messages.info(request, "This task is known already. Here it is.")
        return redirect("task", outcomes.tasks[0].pk)
    parts = [f"{counted(len(created), 'task')} tracked"] if created else []
    parts += [f"{len(known)} known already"] if known else []
    messages.success(request, f"{', '.join(parts)}.")
    return redirect("tasks")


def _context(form: TrackForm, paste: Paste | None, part: str) -> dict[str, Any]:
    missing = paste is not None and any(piece.outcome is Outcome.NO_ACCOUNT for piece in paste.pieces)
    asked = [one.get_full_name() or one.username for one in managers()[:MANAGERS_NAMED]] if missing else []
    return {"form": form, "paste": paste, "managers": asked, "part": part, "section": "tasks"}
