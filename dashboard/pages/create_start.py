"""What the form of a new task begins from: an earlier task, a template, one's last call, or its choices."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpRequest

from dashboard.forms.parameters import PREFIX, initial_of
from dashboard.people import person_of
from tasks.inputs.found import Found, find
from tasks.models import Account, Submission, Template
from tasks.providers.forms import FieldType, Form
from tasks.providers.references import parse
from tasks.templates import templates_for

LAST = "last"


@dataclass(frozen=True, slots=True)
class Start:
    """`initial` is what the form shows at first; the others are what it was taken from."""

    initial: dict[str, object]
    earlier: Submission | None = None
    template: Template | None = None
    has_last: bool = False
    is_last: bool = False


def start_of(request: HttpRequest, account: Account, form: Form, earlier: Submission | None) -> Start:
    """`?start=` names a template or is `last`; without it the last call's choices, not its prompt nor its files."""
    if earlier:
        return Start(_as_before(earlier, form), earlier=earlier)
    begun = _begun(request, account, form)
    return replace(begun, initial=begun.initial | _with(named_file(request), form))


def named_file(request: HttpRequest) -> Found | None:
    """The file of `?give=`, which a new task is to begin from."""
    reference = parse(request.GET.get("give", ""))
    return find([reference]).get(reference) if reference else None


def takes(form: Form, given: Found | None) -> bool:
    """Whether a file fits a field of this form; without one every form does."""
    return given is None or bool(_with(given, form))


def _begun(request: HttpRequest, account: Account, form: Form) -> Start:
    last, wanted = _last(request, account, form), request.GET.get("start", "")
    if template := _template(request, account, form, wanted):
        own = {"title": template.title, "tags": ", ".join(template.tags)}
        return Start(initial_of(template.params, form) | own, template=template, has_last=bool(last))
    if last is None:
        return Start({})
    if wanted == LAST:
        return Start(_as_before(last, form), has_last=True, is_last=True)
    subject = {form.prompt, *(one.name for one in form.fields if one.type is FieldType.MEDIA)}
    chosen = {name: value for name, value in last.params.items() if name not in subject}
    return Start(initial_of(chosen, form), has_last=True)


def _with(given: Found | None, form: Form) -> dict[str, object]:
    """A file in the first field that takes its kind."""
    media = [one for one in form.fields if one.type is FieldType.MEDIA]
    fits = [one for one in media if given and one.accepts in (None, given.kind)]
    return {PREFIX + fits[0].name: str(given.reference)} if given and fits else {}


def _as_before(call: Submission, form: Form) -> dict[str, object]:
    return initial_of(call.params, form) | {"title": call.task.title, "tags": ", ".join(call.task.tags)}


def _last(request: HttpRequest, account: Account, form: Form) -> Submission | None:
    calls = Submission.objects.filter(
        owner=person_of(request), task__account=account, task__kind=form.kind
    ).select_related("task")
    return calls.order_by("-created_at").first()


def _template(request: HttpRequest, account: Account, form: Form, wanted: str) -> Template | None:
    try:
        template_id = UUID(wanted)
    except ValueError:
        return None
    return templates_for(account, form.kind, person_of(request)).filter(pk=template_id).first()
