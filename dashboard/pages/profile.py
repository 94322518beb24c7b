from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import shown_once
from dashboard.addresses import own_path, site_url
from dashboard.forms.passwords import ChangePasswordForm
from dashboard.forms.profile import ProfileForm, ThemeForm, TokenForm, zone_names
from dashboard.gateway.addresses import PREFIX
from dashboard.models import Profile
from dashboard.people import Role, needs, person_of, profile_of
from dashboard.tokens import create_token
from dashboard.tokens import revoke_token as revoke
from tasks.models import ApiToken
from tasks.publishing import publish_people

SECOND_IDS = "id_second_%s"
THIRD_IDS = "id_third_%s"
"""Three forms on one page: every field an id of its own."""


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.VIEWER)
def profile(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    form = ProfileForm(request.POST or None, initial=_choices(user))
    if request.method == "POST" and form.is_valid():
        _save_choices(user, form)
        messages.success(request, "Saved.")
        return redirect("profile")
    token, gateway = shown_once.take(request, "token"), shown_once.take(request, "gateway")
    return _page(
        request, form=form, token=token, gateway=f"{site_url(request)}{PREFIX}{gateway}" if gateway else ""
    )


@sensitive_post_parameters()
@require_POST
@needs(Role.VIEWER)
def change_password(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    form = ChangePasswordForm(request.POST, user=user, auto_id=SECOND_IDS)
    if not form.is_valid():
        return _page(request, password_form=form)
    user.set_password(form.cleaned_data["password"])
    user.save(update_fields=["password"])
    update_session_auth_hash(request, user)
    publish_people([user.pk])
    messages.success(request, "Your password is changed. Your other sessions are signed out.")
    return redirect("profile")


@require_POST
@needs(Role.VIEWER)
def add_token(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST, auto_id=THIRD_IDS)
    if not form.is_valid():
        return _page(request, token_form=form)
    user = person_of(request)
    account = form.gateway_of
    token = create_token(
        user, form.cleaned_data["name"], read_only=form.read_only, gateway_of=account, by=user
    )
    shown_once.keep(request, "token", token)
    if account:
        shown_once.keep(request, "gateway", account.slug)
    return redirect("profile")


@require_POST
@needs(Role.VIEWER)
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=token_id, user=person_of(request))
    revoke(token, person_of(request))
    messages.success(
        request, f"The token “{token}” is revoked. Programs that use it are refused from now on."
    )
    return redirect("profile")


@require_POST
@needs(Role.VIEWER)
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark. A page without JavaScript goes on where it was; a script hears 204."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Unknown theme.", status=400, content_type="text/plain")
    Profile.objects.update_or_create(user=person_of(request), defaults={"theme": form.cleaned_data["theme"]})
    return redirect(target) if (target := _page_to_show(request)) else HttpResponse(status=204)


def _page_to_show(request: HttpRequest) -> str:
    """Where a plain form goes on; "" for a script, which only wants to know that it worked."""
    wants_page = "text/html" in request.headers.get("Accept", "")
    return own_path(request, request.POST.get("next", "")) if wants_page else ""


def _page(
    request: HttpRequest,
    *,
    form: ProfileForm | None = None,
    password_form: ChangePasswordForm | None = None,
    token_form: TokenForm | None = None,
    token: str = "",
    gateway: str = "",
) -> HttpResponse:
    user = person_of(request)
    ctx = {
        "form": form or ProfileForm(initial=_choices(user)),
        "password_form": password_form or ChangePasswordForm(user=user, auto_id=SECOND_IDS),
        "token_form": token_form or TokenForm(auto_id=THIRD_IDS),
        "token": token,
        "gateway": gateway,
        "tokens": user.api_tokens.select_related("account"),
        "zones": zone_names(),
        "section": "profile",
    }
    return render(request, "profile/profile.html", ctx)


def _choices(user: User) -> dict[str, str]:
    chosen = profile_of(user)
    return {"name": user.get_full_name(), "timezone": chosen.timezone, "theme": chosen.theme}


def _save_choices(user: User, form: ProfileForm) -> None:
    data = form.cleaned_data
    user.first_name, user.last_name = data["name"], ""
    user.save(update_fields=["first_name", "last_name"])
    Profile.objects.update_or_create(
        user=user, defaults={"timezone": data["timezone"], "theme": data["theme"]}
    )
