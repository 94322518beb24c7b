from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.account_cards import read_desk
from dashboard.figures import counted
from dashboard.forms.accounts import EditAccountForm, NewAccountForm
from dashboard.people import Role, needs, person_of
from tasks import accounts
from tasks.importing import NoList, import_tasks
from tasks.models import Account
from tasks.providers import PROVIDERS
from tasks.providers.contract import ProviderError


@require_safe
@never_cache
@needs(Role.VIEWER)
def listing(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    ctx = {"desk": read_desk(now), "now": now, "section": "accounts", "providers": PROVIDERS}
    return render(request, "accounts/list.html", ctx)


@sensitive_post_parameters("api_key")
@require_http_methods(["GET", "POST"])
@needs(Role.MANAGER)
def add(request: HttpRequest) -> HttpResponse:
    form = NewAccountForm(request.POST or None, initial={"provider": request.GET.get("provider")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            account = accounts.create_account(
                data["provider"], data["slug"], person_of(request), **form.config()
            )
        except ValidationError as error:
            form.take_errors(error)
        else:
            messages.success(request, f"{account} is connected. Test it to see whether the key works.")
            return redirect("account-edit", account.slug)
    ctx = {"form": form, "section": "accounts", "providers": PROVIDERS}
    return render(request, "accounts/add.html", ctx)


@sensitive_post_parameters("api_key")
@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MANAGER)
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    account = get_object_or_404(Account, slug=slug)
    form = EditAccountForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.edit_account(account, person_of(request), **form.config())
        except ValidationError as error:
            form.take_errors(error)
        else:
            messages.success(request, f"{account} is saved.")
            return redirect("accounts")
    account.refresh_from_db()
    return render(request, "accounts/edit.html", {"form": form, "account": account, "section": "accounts"})


@require_POST
@needs(Role.MEMBER)
def take_in(request: HttpRequest, slug: str) -> HttpResponse:
    """Track what the provider's own list has and we have not."""
    account = get_object_or_404(Account, slug=slug)
    try:
        done = import_tasks(account, person_of(request))
    except NoList:
        messages.error(request, f"{account.provider_module.NAME} has no list of tasks.")
    except ProviderError as error:
        messages.error(request, error.said_once)
    else:
        new = f"{counted(done.new, 'task')} of {account} tracked" if done.new else "Nothing new"
        known = f", {done.known} known already" if done.known else ""
        more = " There are more: import once more." if done.more else ""
        left = (
            f" {counted(done.left, 'other')} may be of a call that nobody could confirm." if done.left else ""
        )
        if done.waits:
            messages.info(
                request, "A create call is out, and its task may be new there. Import again in a moment."
            )
        else:
            messages.success(request, f"{new}{known}.{left}{more}")
    return redirect("accounts")


@require_POST
@needs(Role.MANAGER)
def test(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the provider now, with the values as saved."""
    account = get_object_or_404(Account, slug=slug)
    try:
        messages.success(request, f"{account}: {accounts.test_account(account)}")
    except ProviderError as error:
        messages.error(request, f"{account}: {error}")
    return redirect(*_back(request, account))


@require_POST
@needs(Role.MANAGER)
def pause(request: HttpRequest, slug: str) -> HttpResponse:
    account = get_object_or_404(Account, slug=slug)
    accounts.pause_account(account, person_of(request))
    messages.success(request, f"{account} is paused. Nothing is asked with it until somebody resumes it.")
    return redirect("accounts")


@require_POST
@needs(Role.MANAGER)
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    account = get_object_or_404(Account, slug=slug)
    accounts.resume_account(account, person_of(request))
    messages.success(request, f"{account} is asked again.")
    return redirect("accounts")


@require_POST
@needs(Role.MANAGER)
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    account = get_object_or_404(Account, slug=slug)
    try:
        accounts.delete_account(account, person_of(request))
    except accounts.AccountInUse as error:
        messages.error(request, str(error))
        return redirect("account-edit", account.slug)
    messages.success(request, f"{account} is deleted.")
    return redirect("accounts")


def _back(request: HttpRequest, account: Account) -> tuple[str, ...]:
    return ("account-edit", account.slug) if request.POST.get("from") == "edit" else ("accounts",)
