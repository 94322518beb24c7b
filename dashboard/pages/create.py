"""“New task”: have something made at a provider."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashboard.figures import counted
from dashboard.forms.generation import GenerationForm, initial_of, kind_of, suggestions
from dashboard.people import Role, needs, person_of
from dashboard.wording import KINDS
from tasks.creating import Wish, create, twin_of
from tasks.models import Account, Submission, Task
from tasks.providers.forms import Form
from tasks.vocabulary import Kind


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that an account makes."""

    account: Account
    form: Form

    @property
    def query(self) -> str:
        made = QueryDict(mutable=True)
        made.update({"account": self.account.slug, "kind": self.form.kind.value})
        return made.urlencode()

    @property
    def icon(self) -> str:
        return f"k-{self.form.kind}"


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MEMBER)
def create_page(request: HttpRequest) -> HttpResponse:
    """Which account and kind, then the form. `from` names a task whose parameters are taken over."""
    earlier = _earlier(request)
    offers = _offers()
    chosen = _chosen(request, offers, earlier)
    if chosen is None:
        return render(request, "create/choose.html", {"section": "tasks", "offers": offers, "kinds": KINDS})
    form = _form(request, chosen, earlier)
    twin = None
    if request.method == "POST" and form.is_valid():
        twin = None if "again" in request.POST else _twin(chosen, form)
        if twin is None:
            return _make(request, chosen, form, earlier)
    ctx = {
        "section": "tasks",
        "offers": offers,
        "chosen": chosen,
        "form": form,
        "lists": suggestions(chosen.form),
        "twin": twin,
        "earlier": earlier,
        "kind_name": KINDS[chosen.form.kind],
    }
    return render(request, "create/form.html", ctx)


def _offers() -> list[Offer]:
    accounts = Account.objects.enabled()
    return [Offer(account, form) for account in accounts for form in account.provider_module.FORMS.values()]


def _earlier(request: HttpRequest) -> Submission | None:
    """The call to begin from: that of the task named, which may be anybody's."""
    try:
        task_id = UUID(request.GET.get("from", ""))
    except ValueError:
        return None
    return Submission.objects.select_related("task__account").filter(pk=task_id).first()


def _chosen(request: HttpRequest, offers: list[Offer], earlier: Submission | None) -> Offer | None:
    slug = earlier.task.account.slug if earlier else request.GET.get("account", "")
    kind = Kind(earlier.task.kind) if earlier else kind_of(request.GET.get("kind", ""))
    fits = [one for one in offers if one.account.slug == slug and one.form.kind is kind]
    return fits[0] if fits else None


def _form(request: HttpRequest, chosen: Offer, earlier: Submission | None) -> GenerationForm:
    if request.method == "POST":
        return GenerationForm(chosen.account, chosen.form, request.POST)
    if earlier:
        initial = initial_of(earlier.params, chosen.form)
        initial |= {"title": earlier.task.title, "tags": ", ".join(earlier.task.tags)}
        return GenerationForm(chosen.account, chosen.form, initial=initial)
    return GenerationForm(chosen.account, chosen.form, initial=_remembered(request, chosen))


def _remembered(request: HttpRequest, chosen: Offer) -> dict[str, object]:
    """What this person chose the last time, without what was to be made."""
    last = Submission.objects.filter(
        owner=person_of(request), task__account=chosen.account, task__kind=chosen.form.kind
    ).order_by("-created_at")
    found = last.first()
    if found is None:
        return {}
    params = {name: value for name, value in found.params.items() if name != chosen.form.prompt}
    return initial_of(params, chosen.form)


def _twin(chosen: Offer, form: GenerationForm) -> Task | None:
    now = timezone.now()
    found = (twin_of(chosen.account, chosen.form.kind, params, now) for params in form.sent)
    return next(filter(None, found), None)


def _make(
    request: HttpRequest, chosen: Offer, form: GenerationForm, earlier: Submission | None
) -> HttpResponse:
    retry_of = earlier.task if earlier and "retry" in request.GET else None
    wishes = [Wish(chosen.form.kind, params, form.intent(), retry_of=retry_of) for params in form.sent]
    made = [create(chosen.account, wish, person_of(request)).task for wish in wishes]
    if len(made) == 1:
        return redirect("task", made[0].pk)
    messages.success(request, f"{counted(len(made), 'task')} on the way to {chosen.account}.")
    return redirect("tasks")
