"""Run many tasks again: what that would make, then, once somebody agreed to pay, made and said one by one."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashboard.addresses import own_path
from dashboard.figures import counted
from dashboard.matching import FIELD, matching
from dashboard.pages.selection import selected
from dashboard.pages.task import named
from dashboard.people import Role, needs, person_of
from tasks.again import make_again, why_not
from tasks.creating import KeyReused
from tasks.models import Submission, Task
from tasks.providers.forms import BadParams
from tasks.vocabulary import BatchAct

NAMED = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One task, and why it cannot be run again; "" when it can."""

    task: Task
    why_not: str

    @property
    def name(self) -> str:
        return named(self.task)


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MEMBER)
def again(request: HttpRequest) -> HttpResponse:
    """`task` names them, as often as there are; `key` makes that a form sent twice makes nothing twice.

    All that match (`match`) are asked about on the page of batches, and made in the background.
    """
    target = own_path(request, request.POST.get("next", "") or request.GET.get("next", ""))
    if match := matching(request):
        query = urlencode({"act": BatchAct.AGAIN, FIELD: match.query, "next": target})
        return redirect(f"{reverse('batch-new')}?{query}")
    ids = selected(request)
    if not ids:
        messages.info(request, "Select tasks first: tick the box of each.")
        return redirect(target or "tasks")
    calls = _calls(ids)
    lines = [Line(task, why_not(task, calls.get(task.pk))) for task in _tasks(ids)]
    able = [line for line in lines if not line.why_not]
    if request.method == "POST":
        made, refused = _make(request, able, calls)
        _say(request, made, [*refused, *(line for line in lines if line.why_not)])
        return redirect(target or "tasks")
    ctx = {
        "section": "tasks",
        "able": able,
        "shown": able[:NAMED],
        "more": max(0, len(able) - NAMED),
        "unable": [line for line in lines if line.why_not],
        "key": uuid4(),
        "next": target,
    }
    return render(request, "tasks/again.html", ctx)


def _tasks(ids: list[UUID]) -> list[Task]:
    return list(Task.objects.tracked().select_related("account").filter(pk__in=ids))


def _calls(ids: list[UUID]) -> dict[UUID, Submission]:
    return {one.pk: one for one in Submission.objects.filter(pk__in=ids)}


def _make(
    request: HttpRequest, able: list[Line], calls: dict[UUID, Submission]
) -> tuple[list[Task], list[Line]]:
    """The new tasks, and those that were refused."""
    key = request.POST.get("key", "")
    if not 8 <= len(key) <= 64:
        raise BadRequest("no key")
    made, refused = [], []
    for line in able:
        task = line.task
        try:
            made.append(make_again(task, calls[task.pk], person_of(request), f"{key}:{task.pk}"))
        except BadParams as error:
            refused.append(Line(task, str(error)))
        except KeyReused:
            refused.append(Line(task, "This form was sent before."))
    return made, refused


def _say(request: HttpRequest, made: list[Task], refused: list[Line]) -> None:
    if made:
        are = "is" if len(made) == 1 else "are"
        messages.success(request, f"{counted(len(made), 'task')} {are} made once more.")
    if refused:
        first = refused[0]
        others = f" So {counted(len(refused) - 1, 'other task')}." if len(refused) > 1 else ""
        messages.warning(request, f"Not made again: {first.name}. {first.why_not}{others}")
