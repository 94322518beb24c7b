"""Acts on many tasks in the background: what would be done, how far it is, what came of it."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.addresses import site_url
from dashboard.batch_export import table_of
from dashboard.batch_words import WORDS, ShownBatch, running
from dashboard.figures import counted
from dashboard.matching import FIELD, Match, matching
from dashboard.pages.selection import go_on, selected
from dashboard.people import Role, needs, person_of
from tasks.batches.beginning import CannotUndo, Plan, TooMany, begin, cancel_batch, most_of, named, undo
from tasks.desk import BadTags, known_tags, read_tags
from tasks.models import Batch, Submission
from tasks.models.task import TaskQuerySet
from tasks.vocabulary import BatchAct

SHOWN = 50
PARTS = {"progress": "batches/_batch.html"}
OFFERED = (
    BatchAct.KEEP,
    BatchAct.AGAIN,
    BatchAct.UNTAG,
    BatchAct.CANCEL,
    BatchAct.DELETE,
)
"""What the page of further acts offers; the list has buttons for the others."""


@require_GET
@never_cache
@needs(Role.VIEWER)
def batches(request: HttpRequest) -> HttpResponse:
    """The newest ones; a script asks by `X-Part: strip` for those that are not over."""
    if request.headers.get("X-Part") == "strip":
        return render(request, "batches/_strip.html", {"batches": running()})
    found = [ShownBatch(one) for one in Batch.objects.all()[:SHOWN]]
    return render(request, "batches/list.html", {"section": "tasks", "batches": found})


@require_GET
@never_cache
@needs(Role.VIEWER)
def batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """How far it is, then the report. A script asks by `X-Part: progress` for what changes."""
    shown = ShownBatch(get_object_or_404(Batch, pk=batch_id))
    template = PARTS.get(request.headers.get("X-Part", ""), "batches/batch.html")
    return render(request, template, {"section": "tasks", "shown": shown, "batch": shown.batch})


@require_POST
@needs(Role.MEMBER)
def cancel(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    found = get_object_or_404(Batch, pk=batch_id)
    if cancel_batch(found, person_of(request)):
        messages.success(request, "It ends after the tasks it has in hand. What is done stays done.")
    else:
        messages.info(request, "It has ended already.")
    return redirect("batch", found.pk)


@require_POST
@needs(Role.MEMBER)
def take_back(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    found = get_object_or_404(Batch, pk=batch_id)
    try:
        return redirect("batch", undo(found, person_of(request)).pk)
    except CannotUndo as error:
        messages.warning(request, str(error))
        return redirect("batch", found.pk)


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MEMBER)
def new(request: HttpRequest) -> HttpResponse:
    """What further can be done with the tasks of `match` or `task`; with `act`, what that means, and then done."""
    match = matching(request)
    ids = [] if match else selected(request)
    if not match and not ids:
        messages.info(request, "Select tasks first: tick the box of each.")
        return redirect(go_on(request) or "tasks")
    act = _act(request)
    ctx: dict[str, object] = {"section": "tasks", "match": match, "ids": ids, "next": go_on(request)}
    rows = match.tasks if match else named(ids).tracked()
    if act is None:
        ctx |= {"count": counted(rows.count(), "task"), "offered": [(one, WORDS[one]) for one in OFFERED]}
        return render(request, "batches/choose.html", ctx)
    return _confirm(request, act, rows, match, ctx)


def _confirm(
    request: HttpRequest, act: BatchAct, rows: TaskQuerySet, match: Match | None, ctx: dict[str, object]
) -> HttpResponse:
    """Says how many it would be; done once that very number, or more than there are now, was agreed to."""
    if request.method == "POST" and (begun := _begun(request)):
        return redirect("batch", begun.pk)
    able = _able(act, rows)
    count, problem = able.count(), ""
    if request.method == "POST" and "agreed" in request.POST:
        if count > _number(request.POST["agreed"]):
            problem = "Meanwhile more tasks match. Look at the number again."
        else:
            try:
                return _begin(request, act, able, match)
            except (BadTags, TooMany) as error:
                problem = str(error)
    ctx |= {
        "act": act,
        "words": WORDS[act],
        "count": count,
        "unable": rows.count() - count,
        "most": most_of(act),
        "key": uuid4(),
        "problem": problem,
        "known_tags": known_tags() if act is BatchAct.UNTAG else [],
    }
    return render(request, "batches/confirm.html", ctx)


def _able(act: BatchAct, rows: TaskQuerySet) -> TaskQuerySet:
    """Of those that are made again only the ones whose parameters we know."""
    return rows.filter(pk__in=Submission.objects.values("pk")) if act is BatchAct.AGAIN else rows


def _begin(request: HttpRequest, act: BatchAct, rows: TaskQuerySet, match: Match | None) -> HttpResponse:
    params = {}
    if act is BatchAct.UNTAG:
        params["tags"] = read_tags(request.POST.get("tags", ""))
        if not params["tags"]:
            raise BadTags("Write a tag first.")
    query = match.query if match else ""
    plan = Plan(act, params, query, _key(request))
    return redirect("batch", begin(plan, rows, person_of(request)).pk)


def _begun(request: HttpRequest) -> Batch | None:
    """What this very form has begun already."""
    return Batch.objects.filter(pk=_key(request), by=person_of(request)).first()


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError as error:
        raise BadRequest("no key") from error


@require_GET
@never_cache
@needs(Role.VIEWER)
def count(request: HttpRequest) -> HttpResponse:
    """How many match at this moment, for the offer to select them all."""
    match = matching(request)
    if match is None:
        raise BadRequest(f"no {FIELD}")
    return HttpResponse(f"{match.tasks.count():,}", content_type="text/plain")


@require_GET
@needs(Role.VIEWER)
def report(request: HttpRequest, batch_id: UUID) -> StreamingHttpResponse:
    """Every task of a batch and what came of it, as CSV."""
    found = get_object_or_404(Batch, pk=batch_id)
    tasks_url = f"{site_url(request)}{reverse('tasks')}tasks/"
    response = StreamingHttpResponse(table_of(found.pk, tasks_url), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="dailies-{found.act}-{found.pk}.csv"'
    return response


def _act(request: HttpRequest) -> BatchAct | None:
    word = request.POST.get("act", "") or request.GET.get("act", "")
    if not word:
        return None
    if word not in OFFERED:
        raise BadRequest("no such act")
    return BatchAct(word)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
