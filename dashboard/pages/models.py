"""The list of models that an account's provider tells, asked for on demand, beside a form that stays as it is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dashboard.forms.generation import kind_of
from dashboard.forms.parameters import suggestions
from dashboard.people import Role, needs
from tasks import model_lists
from tasks.models import Account
from tasks.providers.contract import ProviderError
from tasks.vocabulary import Kind


@require_POST
@never_cache
@needs(Role.MEMBER)
def refresh(request: HttpRequest, slug: str) -> HttpResponse:
    """What the form shows of the list from now on; what is known already with the reason, where none came."""
    account = get_object_or_404(Account.objects.enabled(), slug=slug)
    kind, now = kind_of(request.POST.get("kind", "")) or Kind.VIDEO, timezone.now()
    problem = ""
    if "only-stale" not in request.POST or model_lists.is_stale(model_lists.list_of(account), now):
        try:
            model_lists.refresh(account, now)
        except ProviderError as error:
            problem = error.said_once
    listed = model_lists.list_of(account)
    form = account.provider_module.FORMS.get(kind)
    lists = suggestions(form, model_lists.names_for(listed, kind)) if form else []
    words = dict(lists).get("model", ())
    return render(request, "create/_models.html", {"listed": listed, "problem": problem, "words": words})
