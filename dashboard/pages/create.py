"""“New task”: have something made at a provider."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashboard.figures import counted
from dashboard.forms.generation import GenerationForm, kind_of
from dashboard.forms.parameters import suggestions
from dashboard.forms.uploads import take_files
from dashboard.pages.create_start import Start, named_file, start_of, takes
from dashboard.people import Role, needs, person_of
from dashboard.wording import KINDS
from tasks import model_lists
from tasks.creating import KeyReused, Wish, create_all, twin_of
from tasks.models import Account, ModelList, Submission, Task
from tasks.providers.contract import ProviderError
from tasks.providers.forms import BadParams, Form
from tasks.templates import Draft, save_template, templates_for
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
        given = named_file(request)
        fits = [one for one in offers if takes(one.form, given)]
        return render(request, "create/choose.html", {"section": "tasks", "offers": fits, "given": given})
    listed, begun = _listed(request, chosen), start_of(request, chosen.account, chosen.form, earlier)
    if request.method == "GET":
        models = model_lists.names_for(listed, chosen.form.kind)
        form = GenerationForm(chosen.account, chosen.form, initial=begun.initial, models=models)
        return _shown(request, chosen, form, listed, begun)
    return _posted(request, chosen, listed, begun)


def _posted(request: HttpRequest, chosen: Offer, listed: ModelList | None, begun: Start) -> HttpResponse:
    """Made; or the form once more: as it is when something else was asked for, with what is wrong, or doubtful."""
    taken, models = take_files(request, chosen.form), model_lists.names_for(listed, chosen.form.kind)
    form = GenerationForm(chosen.account, chosen.form, taken.data, models=models, problems=taken.problems)
    if "save" in request.POST:
        begun = _save(request, chosen, form, begun)
    if "refresh" in request.POST or ("save" in request.POST and not form.errors):
        form = GenerationForm(chosen.account, chosen.form, initial=form.typed(), models=models)
    if "refresh" in request.POST or "save" in request.POST:
        return _shown(request, chosen, form, listed, begun)
    twin = None
    if form.is_valid():
        again = "again" in request.POST
        twin = None if again else twin_of(chosen.account, chosen.form.kind, form.sent, timezone.now())
        if twin is None and (made := _make(request, chosen, form, begun)):
            return made
    return _shown(request, chosen, form, listed, begun, twin)


def _shown(
    request: HttpRequest,
    chosen: Offer,
    form: GenerationForm,
    listed: ModelList | None,
    begun: Start,
    twin: Task | None = None,
) -> HttpResponse:
    has_models = "model" in chosen.form.by_name and model_lists.has_list(chosen.account)
    lists = suggestions(chosen.form, model_lists.names_for(listed, chosen.form.kind))
    ctx = {
        "section": "tasks",
        "chosen": chosen,
        "form": form,
        "lists": [(name, words) for name, words in lists if not (has_models and name == "model")],
        "has_models": has_models,
        "model_words": dict(lists).get("model", ()),
        "listed": listed,
        "is_stale": model_lists.is_stale(listed, timezone.now()),
        "twin": twin,
        "start": begun,
        "earlier": begun.earlier,
        "templates": templates_for(chosen.account, chosen.form.kind, person_of(request)).select_related(
            "owner"
        ),
        "template_name": request.POST.get("template-name", str(begun.template or "")),
        "kind_name": KINDS[chosen.form.kind],
        "key": uuid4(),
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


def _listed(request: HttpRequest, chosen: Offer) -> ModelList | None:
    """The models that are known; asked for now where somebody insists, else in the background when they are old."""
    now = timezone.now()
    if "refresh" in request.POST and model_lists.has_list(chosen.account):
        try:
            model_lists.refresh(chosen.account, now)
        except ProviderError as error:
            messages.error(request, f"The list of models did not come. {error.said_once}")
    found = model_lists.list_of(chosen.account)
    if "model" in chosen.form.by_name:
        model_lists.want(chosen.account, found, now)
    return found


def _save(request: HttpRequest, chosen: Offer, form: GenerationForm, begun: Start) -> Start:
    """Keep what is filled in as a template. What is wrong with it is told in the form."""
    kept, name = form.kept(), request.POST.get("template-name", "")
    wrong = {field: errors for field, errors in form.errors.items() if not _is_only_missing(form, field)}
    form.errors.clear()
    form.errors.update(wrong)
    if wrong:
        return begun
    draft = Draft(name, chosen.form.kind, kept, form.intent(), shared="template-shared" in request.POST)
    try:
        template = save_template(chosen.account, draft, person_of(request))
    except BadParams as error:
        form.refuse(error)
    except ValidationError as error:
        form.add_error(None, error.messages[0])
    else:
        messages.success(request, f"Saved as the template “{template}”.")
        return Start({}, template=template)
    return begun


def _is_only_missing(form: GenerationForm, name: str) -> bool:
    """A template may leave out what every call needs."""
    return name in form.fields and form.fields[name].required and not form[name].value()


def _make(request: HttpRequest, chosen: Offer, form: GenerationForm, begun: Start) -> HttpResponse | None:
    """All of them; None when the domain refuses one, which the form then tells."""
    try:
        try:
            made = _create(request, chosen, form, begun, _key(request))
        except KeyReused:  # somebody went back in the browser and wants something else now
            made = _create(request, chosen, form, begun, uuid4())
    except BadParams as error:
        form.refuse(error)
        return None
    if form.wanted[0].line is None:
        return redirect("task", made[0].pk)
    messages.success(request, f"{counted(len(made), 'task')} on the way to {chosen.account}.")
    return redirect("together", made[0].submission.together)


def _create(request: HttpRequest, chosen: Offer, form: GenerationForm, begun: Start, key: UUID) -> list[Task]:
    retry_of = begun.earlier.task if begun.earlier and "retry" in request.GET else None
    wishes = [
        Wish(
            chosen.form.kind,
            one.params,
            one.intent,
            key=f"{key}:{one.line or 0}",
            retry_of=retry_of,
            together=key if one.line is not None else None,
            line=one.line,
        )
        for one in form.wanted
    ]
    return create_all(chosen.account, wishes, person_of(request))


def _key(request: HttpRequest) -> UUID:
    """Of the form as it was shown: sent twice, it makes nothing twice."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()
