from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import shown_once, team
from dashboard.addresses import site_url
from dashboard.forms.people import ROLE_CHOICES, PersonForm, RoleForm
from dashboard.one_time_links import password_path
from dashboard.people import Role, needs, person_of


@require_safe
@never_cache
@needs(Role.MANAGER)
def people(request: HttpRequest) -> HttpResponse:
    ctx = _listing() | {"form": PersonForm(), "link": _link_to_show(request)}
    return render(request, "people/list.html", ctx)


@require_http_methods(["GET", "POST"])
@needs(Role.MANAGER)
def add(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = _add(form, person_of(request))
        except ValidationError as error:
            form.take_errors(error)
        else:
            return _show_link(request, person, password_path(person))
    return render(request, "people/add.html", {"form": form, "section": "people"})


def _add(form: PersonForm, by: User) -> User:
    data = form.cleaned_data
    return team.add_person(data["username"], form.role_value(), by, name=data["name"], email=data["email"])


@require_POST
@needs(Role.MANAGER)
def change_role(request: HttpRequest, username: str) -> HttpResponse:
    person, form = _person(username), RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "That is no role. Nothing was changed.")
        return redirect("people")
    role = form.role_value()
    try:
        team.change_role(person, role, person_of(request))
    except team.NotAllowed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{person.username} is a {role.name.lower()} now.")
    return redirect("people")


@require_POST
@needs(Role.MANAGER)
def disable(request: HttpRequest, username: str) -> HttpResponse:
    person = _person(username)
    try:
        team.disable(person, person_of(request))
    except team.NotAllowed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{person.username} cannot sign in any more, and their tokens are refused.")
    return redirect("people")


@require_POST
@needs(Role.MANAGER)
def enable(request: HttpRequest, username: str) -> HttpResponse:
    person = _person(username)
    try:
        team.enable(person, person_of(request))
    except team.NotAllowed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{person.username} can sign in again.")
    return redirect("people")


@require_POST
@needs(Role.MANAGER)
def new_link(request: HttpRequest, username: str) -> HttpResponse:
    person = _person(username)
    try:
        path = team.new_link(person, person_of(request))
    except team.NotAllowed as error:
        messages.error(request, str(error))
        return redirect("people")
    return _show_link(request, person, path)


def _show_link(request: HttpRequest, person: User, path: str) -> HttpResponse:
    shown_once.keep(request, "link", f"{person.username} {site_url(request)}{path}")
    return redirect("people")


def _link_to_show(request: HttpRequest) -> dict[str, str] | None:
    username, _, url = shown_once.take(request, "link").partition(" ")
    return {"username": username, "url": url} if url else None


def _listing() -> dict[str, object]:
    found = User.objects.prefetch_related("groups").order_by("-is_active", "username")
    rows = [{"person": one, "role": _role_word(one)} for one in found]
    return {"rows": rows, "roles": ROLE_CHOICES, "section": "people"}


def _role_word(person: User) -> str:
    """The role that the person has, or would have again when enabled."""
    if person.is_superuser:
        return Role.MANAGER.name.lower()
    names = {group.name for group in person.groups.all()}
    known = [role for role in Role if role.name.lower() in names]
    return max(known, default=Role.MEMBER).name.lower()


def _person(username: str) -> User:
    return get_object_or_404(User, username=username)
