from django.conf import settings
from django.contrib import admin
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.addresses import own_path
from dashboard.attempts import count_attempt, forget_attempts
from dashboard.forms.entrance import SignInForm
from dashboard.forms.passwords import FirstManagerForm, NewPasswordForm
from dashboard.one_time_links import (
    opens_setup,
    use_password_link,
    user_of_entrance,
    user_of_password_link,
)
from dashboard.team import make_first_manager
from tasks.publishing import publish_people

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = _safe_target(request)
    if request.method == "GET" and request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (user := _authenticated(request, form)):
        login(request, user)
        if not form.cleaned_data["remember"]:
            request.session.set_expiry(0)
        return redirect(target)
    return render(request, "entrance/sign_in.html", {"form": form, "next": request.GET.get("next", "")})


def _authenticated(request: HttpRequest, form: SignInForm) -> User | None:
    """The person, or None with the reason on the form. It is the same for every wrong pair."""
    username = form.cleaned_data["username"]
    if not count_attempt(request, username):
        form.add_error(None, "Too many tries for this username. Wait 15 minutes, then try again.")
        return None
    user = authenticate(request, username=username, password=form.cleaned_data["password"])
    if not isinstance(user, User):
        form.add_error(None, "That username and password do not match.")
        return None
    forget_attempts(request, username)
    return user


def _safe_target(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is one of our pages."""
    target = request.POST.get("next") or request.GET.get("next", "")
    return own_path(request, target) or resolve_url(settings.LOGIN_REDIRECT_URL)


@never_cache
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin site's entrance is ours, which slows down who guesses passwords."""
    target = own_path(request, request.GET.get("next", "")) or reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(target)
    if not admin.site.has_permission(request):
        raise PermissionDenied("The admin site is for administrators. Ask one to do it for you.")
    return redirect(target)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session. Its sockets end with it, so they are told of when it is gone."""
    user_id = request.user.pk
    logout(request)
    publish_people([user_id] if user_id else [])
    return redirect(settings.LOGOUT_REDIRECT_URL)


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first manager. The link is dead as soon as there is anybody."""
    if not opens_setup(token):
        return _dead_link(request, "setup")
    form = FirstManagerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = make_first_manager(form.cleaned_data["username"], form.cleaned_data["password"])
        if user is None:
            return _dead_link(request, "setup")
        return _let_in(request, user)
    return render(request, "entrance/setup.html", {"form": form})


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(["GET", "POST"])
def set_password(request: HttpRequest, user_id: str, token: str) -> HttpResponse:
    user = user_of_password_link(user_id, token)
    if user is None:
        return _dead_link(request, "password")
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        if not use_password_link(user, form.cleaned_data["password"]):
            return _dead_link(request, "password")
        return _let_in(request, user)
    return render(request, "entrance/set_password.html", {"form": form, "person": user})


@never_cache
@require_GET
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in with a one-time link; only the demo has any."""
    user = user_of_entrance(token)
    if user is None:
        if request.user.is_authenticated:
            return redirect(settings.LOGIN_REDIRECT_URL)
        return _dead_link(request, "entrance")
    return _let_in(request, user)


def _let_in(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user, backend=BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)


def _dead_link(request: HttpRequest, link: str) -> HttpResponse:
    return render(request, "entrance/dead_link.html", {"link": link}, status=404)
