from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.addresses import site_url
from dashboard.bookmarklet import bookmarklet
from dashboard.figures import counted
from dashboard.forms.track import TrackForm
from dashboard.paste import read_paste
from dashboard.people import Role, needs, person_of
from dashboard.pieces import Outcome, Paste, Piece
from dashboard.team import managers
from tasks.desk import MAX_TAGS
from tasks.models import Account, Task
from tasks.providers.addresses import AddressRefused
from tasks.tracking import Intent
from tasks.tracking_many import Wanted, track_many

MANAGERS_NAMED = 3
REPORTED = 500
"""Rows that were not used, in a report."""
NEW_SHOWN = 20
PARTS = {"dialog": "track/_dialog.html", "found": "track/_found.html"}


@dataclass(slots=True)
class Outcomes:
    """What came of a confirmed paste: tasks, and pieces that could not be used with the reason of each."""

    created: list[Task] = field(default_factory=list)
    known: list[Task] = field(default_factory=list)
    refused: list[tuple[Piece, str]] = field(default_factory=list)

    @property
    def tasks(self) -> list[Task]:
        return self.created + self.known

    @property
    def reasons(self) -> list[str]:
        return list(dict.fromkeys(reason for _, reason in self.refused))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MEMBER)
def track(request: HttpRequest) -> HttpResponse:
    """Paste, look at what was recognised, confirm. What is confirmed is read from the text once more.

    An address with `?text=` shows what is recognised in it, and tracks nothing.
    A script asks for parts of the page by the header `X-Part`: `dialog` (the form) or `found` (the second step).
    """
    form = _form(request)
    paste = _read(form, request)
    if paste and form.is_valid() and _is_confirmed(request, paste):
        outcomes = _track_all(paste, form, person_of(request))
        if paste.is_sheet:
            return _report(request, paste, outcomes)
        if outcomes.tasks:
            return _go_on(request, outcomes)
        form.add_error(None, " ".join(outcomes.reasons))
    part = request.headers.get("X-Part", "")
    ctx = _context(form, paste, part) | {"bookmarklet": bookmarklet(site_url(request))}
    return render(request, PARTS.get(part, "track/track.html"), ctx)


def _form(request: HttpRequest) -> TrackForm:
    """As it was sent; an address may bring a text along, as the bookmarklet's does, and nothing else."""
    if request.method == "POST":
        return TrackForm.read(request.POST, request.FILES)
    brought = QueryDict(mutable=True)
    if text := request.GET.get("text", "").strip():
        brought["text"] = text
        return TrackForm.read(brought, {})
    return TrackForm()


def _read(form: TrackForm, request: HttpRequest) -> Paste | None:
    """What is recognised, whatever the other fields hold; None without a text of a fit size."""
    if not form.is_bound or "text" in form.errors:
        return None
    return read_paste(form.data["text"], request.POST)


def _is_confirmed(request: HttpRequest, paste: Paste) -> bool:
    """Whether the person saw this very text recognised, and there is something to do with it."""
    seen = request.POST.get("seen") == paste.digest
    return "confirm" in request.POST and seen and bool(paste.new or paste.known)


def _track_all(paste: Paste, form: TrackForm, user: User) -> Outcomes:
    outcomes = Outcomes(known=[piece.task for piece in paste.known if piece.task])
    usual = form.intent(alone=len(paste.new) == 1)
    pieces = [piece for piece in paste.new if piece.account and piece.adoption]
    wanted = [
        Wanted(piece.account, piece.adoption, _added(piece.intent, usual))
        for piece in pieces
        if piece.account and piece.adoption
    ]
    for piece, told in zip(pieces, track_many(wanted, user), strict=True):
        if isinstance(told, AddressRefused):  # the account was edited since the text was read
            outcomes.refused.append((piece, str(told)))
        else:
            (outcomes.created if told.created else outcomes.known).append(told.task)
    return outcomes


def _added(row: Intent, usual: Intent) -> Intent:
    """What a row says comes before what the form says of all; tags of both."""
    tags = tuple(dict.fromkeys((*row.tags, *usual.tags)))[:MAX_TAGS]
    return replace(row, kind=row.kind or usual.kind, title=row.title or usual.title, tags=tags)


def _go_on(request: HttpRequest, outcomes: Outcomes) -> HttpResponse:
    created, known = outcomes.created, outcomes.known
    for reason in outcomes.reasons:
        messages.error(request, reason)
    if len(outcomes.tasks) == 1:
        if known:
            messages.info(request, "This task is known already. Here it is.")
        return redirect("task", outcomes.tasks[0].pk)
    parts = [f"{counted(len(created), 'task')} tracked"] if created else []
    parts += [f"{len(known)} known already"] if known else []
    messages.success(request, f"{', '.join(parts)}.")
    return redirect("tasks")


def _report(request: HttpRequest, paste: Paste, outcomes: Outcomes) -> HttpResponse:
    """What came of a list: counted, and every row that was not used with the reason, to be corrected."""
    unused = [(piece, piece.reason) for piece in paste.unusable] + outcomes.refused
    ctx = {
        "section": "tasks",
        "outcomes": outcomes,
        "unused": unused[:REPORTED],
        "more": max(0, len(unused) - REPORTED),
        "count": len(unused),
        "rest": paste.rest,
        "shown": outcomes.created[:NEW_SHOWN],
    }
    return render(request, "track/report.html", ctx)


def _context(form: TrackForm, paste: Paste | None, part: str) -> dict[str, Any]:
    missing = paste is not None and any(piece.outcome is Outcome.NO_ACCOUNT for piece in paste.pieces)
    asked = [one.get_full_name() or one.username for one in managers()[:MANAGERS_NAMED]] if missing else []
    return {
        "form": form,
        "paste": paste,
        "managers": asked,
        "part": part,
        "section": "tasks",
        "accounts": Account.objects.all() if paste and paste.is_sheet else [],
        "chosen": form.data.get("account-rows", ""),
    }
