"""Who may open what: every address of the site, so that one without a guard fails here on the day it is added."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from dashboard.people import Role, set_role
from dashboard.tokens import create_token
from tasks.batches.beginning import Plan, begin
from tasks.models import Account, ApiToken, RetentionRule, Task
from tasks.sharing import Piece, Terms, make
from tasks.vocabulary import BatchAct
from tests.archive.stored import keep
from tests.pages.visitors import person

pytestmark = pytest.mark.django_db

PAGES = {
    "tasks": Role.VIEWER,
    "trash": Role.VIEWER,
    "task": Role.VIEWER,
    "task-asking": Role.VIEWER,
    "task-check": Role.MEMBER,
    "task-title": Role.MEMBER,
    "tasks-star": Role.MEMBER,
    "tasks-unstar": Role.MEMBER,
    "tasks-archive": Role.MEMBER,
    "tasks-unarchive": Role.MEMBER,
    "tasks-stop": Role.MEMBER,
    "tasks-restore": Role.MEMBER,
    "tasks-tags": Role.MEMBER,
    "tasks-again": Role.MEMBER,
    "tasks-matching": Role.VIEWER,
    "batches": Role.VIEWER,
    "batch-new": Role.MEMBER,
    "batch": Role.VIEWER,
    "batch-cancel": Role.MEMBER,
    "batch-undo": Role.MEMBER,
    "batch-report": Role.VIEWER,
    "task-stop": Role.MEMBER,
    "task-cancel": Role.MEMBER,
    "task-adopt": Role.MEMBER,
    "task-lookup": Role.MEMBER,
    "task-restore": Role.MEMBER,
    "shares": Role.VIEWER,
    "share-new": Role.MEMBER,
    "share-swap": Role.MEMBER,
    "share-edit": Role.MEMBER,
    "share-renew": Role.MEMBER,
    "share-revoke": Role.MEMBER,
    "results-zip": Role.VIEWER,
    "result": Role.VIEWER,
    "result-poster": Role.VIEWER,
    "result-viewer": Role.VIEWER,
    "result-keep": Role.MEMBER,
    "result-pin": Role.MEMBER,
    "track": Role.MEMBER,
    "create": Role.MEMBER,
    "together": Role.VIEWER,
    "templates": Role.MEMBER,
    "template-change": Role.MEMBER,
    "template-delete": Role.MEMBER,
    "inputs": Role.MEMBER,
    "input-choose": Role.MEMBER,
    "input": Role.VIEWER,
    "input-poster": Role.VIEWER,
    "account-models": Role.MEMBER,
    "live-sync": Role.VIEWER,
    "news": Role.VIEWER,
    "news-fresh": Role.VIEWER,
    "news-whose": Role.VIEWER,
    "accounts": Role.VIEWER,
    "account-add": Role.MANAGER,
    "account-edit": Role.MANAGER,
    "account-test": Role.MANAGER,
    "account-import": Role.MEMBER,
    "account-pause": Role.MANAGER,
    "account-resume": Role.MANAGER,
    "account-delete": Role.MANAGER,
    "people": Role.MANAGER,
    "person-add": Role.MANAGER,
    "person-role": Role.MANAGER,
    "person-disable": Role.MANAGER,
    "person-enable": Role.MANAGER,
    "person-link": Role.MANAGER,
    "audit": Role.MANAGER,
    "audit-export": Role.MANAGER,
    "poller": Role.MANAGER,
    "storage": Role.MANAGER,
    "storage-keep": Role.MANAGER,
    "storage-rule-add": Role.MANAGER,
    "storage-rule": Role.MANAGER,
    "storage-rule-enable": Role.MANAGER,
    "storage-rule-disable": Role.MANAGER,
    "storage-rule-run": Role.MANAGER,
    "storage-rule-delete": Role.MANAGER,
    "channels": Role.VIEWER,
    "channel-add": Role.VIEWER,
    "channel": Role.VIEWER,
    "channel-test": Role.VIEWER,
    "channel-pause": Role.VIEWER,
    "channel-resume": Role.VIEWER,
    "channel-secret": Role.VIEWER,
    "channel-delete": Role.VIEWER,
    "delivery-again": Role.VIEWER,
    "profile": Role.VIEWER,
    "theme": Role.VIEWER,
    "password-change": Role.VIEWER,
    "token-add": Role.VIEWER,
    "token-revoke": Role.VIEWER,
}
"""The least role for each page."""
SHARES = {
    f"share-{name}"
    for name in ("page", "status", "embed", "media", "poster", "viewer", "zip", "card", "oembed")
}
"""What a share's token opens; `tests/share/` tells when."""
OPEN = {"login", "logout", "setup", "enter", "set-password", "healthz", "readyz", "metrics", "admin-login"}
OPEN |= SHARES | {"share-slash", "share-nothing", "given"}
"""What anybody may open: it guards itself, or there is nothing to guard."""
VISITORS = ("stranger", "disabled", "viewer", "member", "manager")
NO_UUID = "00000000-0000-0000-0000-000000000000"
CALLS = [
    ("GET", "tasks", Role.VIEWER),
    ("POST", "tasks", Role.MEMBER),
    ("GET", f"tasks/{NO_UUID}", Role.VIEWER),
    ("DELETE", f"tasks/{NO_UUID}", Role.MEMBER),
    ("POST", f"tasks/{NO_UUID}/poll", Role.MEMBER),
    ("POST", f"tasks/{NO_UUID}/cancel", Role.MEMBER),
    ("POST", "generations", Role.MEMBER),
    ("POST", "inputs", Role.MEMBER),
    ("GET", f"tasks/{NO_UUID}/shares", Role.VIEWER),
    ("POST", f"tasks/{NO_UUID}/shares", Role.MEMBER),
    ("DELETE", f"shares/{NO_UUID}", Role.MEMBER),
    ("GET", "accounts", Role.VIEWER),
]


def patterns_of(
    resolver: URLResolver, namespaces: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], URLPattern]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns_of(one, (*namespaces, *filter(None, [one.namespace])))
        else:
            yield namespaces, one


def patterns_in(namespace: tuple[str, ...], name: str = "") -> list[URLPattern]:
    found = [one for where, one in patterns_of(get_resolver()) if where == namespace]
    return [one for one in found if one.name == name] if name else found


def names_in(namespace: tuple[str, ...]) -> set[str]:
    return {one.name for one in patterns_in(namespace) if one.name}


@pytest.fixture
def task() -> Task:
    account = Account.objects.create(slug="lemon", provider="lemondata", base_url="http://127.0.0.1:9")
    return Task.objects.create(account=account, remote_id="a", deadline_at=timezone.now())


@pytest.fixture
def address_of(task: Task) -> Callable[[str], str]:
    """Where a page is, with things in the place of its parameters that are there."""
    result = keep(task)
    jonas = person(username="jonas")
    create_token(jonas)
    known: dict[str, object] = {
        "task_id": task.pk,
        "result_id": result.pk,
        "share_id": make([Piece(task.pk)], Terms(expires_at=None), jonas).share.pk,
        "slug": "lemon",
        "username": "jonas",
        "token_id": ApiToken.objects.get().pk,
        "channel_id": NO_UUID,
        "delivery_id": NO_UUID,
        "batch_id": begin(Plan(BatchAct.STAR), Task.objects.all(), jonas).pk,
        "rule_id": RetentionRule.objects.create(older_than_days=30).pk,
        "together_id": uuid4(),
        "template_id": uuid4(),
        "input_id": uuid4(),
    }

    def find(name: str) -> str:
        (pattern,) = patterns_in((), name)
        return reverse(name, kwargs={key: known[key] for key in pattern.pattern.converters})

    return find


def browser_of(who: str, **options: Any) -> Client:
    client = Client(**options)
    if who != "stranger":
        role = Role.MANAGER if who == "disabled" else Role[who.upper()]
        user = person(role, username=f"the-{who}")
        client.force_login(user)
        User.objects.filter(pk=user.pk).update(is_active=who != "disabled")
    return client


def is_refused(response: Any) -> bool:
    sent_away = response.status_code == 302 and response.headers["Location"].startswith("/login?")
    return sent_away or response.status_code in {401, 403}


def test_every_address_of_the_site_is_in_one_of_these_tables() -> None:
    assert names_in(()) == PAGES.keys() | OPEN
    unnamed = [str(one.pattern) for one in patterns_in(()) if not one.name]
    assert sorted(unnamed) == ["", "^api(?:/|$)"], "an address without a name is in no table"


@pytest.mark.parametrize("who", VISITORS)
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_opens_for_its_role_and_no_lesser_one(
    address_of: Callable[[str], str], name: str, who: str
) -> None:
    client = browser_of(who)
    allowed = Role.__members__.get(who.upper(), Role.NOBODY) >= PAGES[name]
    answers = [getattr(client, method)(address_of(name)) for method in ("get", "post")]
    taken = [answer for answer in answers if answer.status_code != 405]
    assert taken
    assert [is_refused(answer) for answer in taken] == [not allowed] * len(taken)
    for answer in answers:
        answer.close()  # a file stays open until its answer is read or closed


@pytest.mark.parametrize("name", sorted(PAGES.keys() | {"login", "logout"}))
def test_a_form_without_proof_of_its_origin_is_refused(address_of: Callable[[str], str], name: str) -> None:
    answer = browser_of("manager", enforce_csrf_checks=True).post(address_of(name))
    assert answer.status_code in {403, 405}


@pytest.mark.parametrize("who", [*VISITORS, "viewer with everything", "member with everything"])
def test_the_admin_site_is_for_managers_who_were_given_it(task: Task, who: str) -> None:
    """Django's own permissions help nobody whose role is too low."""
    role, _, everything = who.partition(" with ")
    client = browser_of(role)
    if everything:
        user = User.objects.get(username=f"the-{role}")
        user.user_permissions.set(Permission.objects.all())
        User.objects.filter(pk=user.pk).update(is_staff=True)
    known = {"object_id": "1", "app_label": "tasks", "content_type_id": 1, "id": "1", "url": "x"}
    patterns = [one for one in patterns_in(("admin",)) if one.name and one.name not in {"login", "logout"}]
    assert len(patterns) > 50
    for pattern in patterns:
        kwargs = {key: known[key] for key in pattern.pattern.regex.groupindex}
        for method in ("get", "post"):
            answer = getattr(client, method)(reverse(f"admin:{pattern.name}", kwargs=kwargs))
            assert answer.status_code == 302, pattern.name
            assert answer.headers["Location"].startswith("/admin/login/?next="), pattern.name


def test_the_admin_site_s_own_entrance_takes_no_password() -> None:
    User.objects.create_superuser("boss", password="correct horse battery")
    client = Client()
    form = {"username": "boss", "password": "correct horse battery"}
    answer = client.post("/admin/login/?next=/admin/tasks/task/", form)
    assert answer.headers["Location"] == "/login?next=/admin/tasks/task/"
    assert client.get("/admin/").status_code == 302
    client.force_login(User.objects.get())
    assert client.get("/admin/login/").headers["Location"] == "/admin/"
    assert browser_of("manager").get("/admin/login/").status_code == 403


def test_every_call_of_the_api_is_in_this_table() -> None:
    known = {(method, path) for method, path, _ in CALLS}
    paths = Client().get("/api/v1/openapi.json").json()["paths"]
    found = {
        (method.upper(), re.sub(r"\{\w+\}", NO_UUID, path.removeprefix("/api/v1/")))
        for path, methods in paths.items()
        for method in methods
    }
    assert found == known
    operations = {name for name in names_in(("api",)) if "-" not in name}
    assert len(operations) == len(CALLS)


@pytest.mark.parametrize("who", [*VISITORS, "read-only manager"])
@pytest.mark.parametrize(("method", "path", "needed"), CALLS)
def test_a_call_is_answered_for_its_role_and_no_lesser_one(
    method: str, path: str, needed: Role, who: str
) -> None:
    role = Role.MANAGER if who in {"disabled", "read-only manager"} else Role.__members__.get(who.upper())
    headers = {}
    if role is not None:
        user = User.objects.create_user("caller")
        set_role(user, role)
        headers = {"authorization": f"Bearer {create_token(user, read_only=who == 'read-only manager')}"}
        User.objects.update(is_active=who != "disabled")
    answer = Client(headers=headers).generic(method, f"/api/v1/{path}", b"{}")
    if role is None or who == "disabled":
        assert answer.status_code == 401
    elif role < needed or (who == "read-only manager" and needed > Role.VIEWER):
        assert answer.status_code == 403
    else:
        assert answer.status_code in {200, 201, 202, 204, 400, 404}


@pytest.mark.parametrize("who", VISITORS)
def test_a_login_counts_for_nothing_under_the_api(who: str) -> None:
    client = browser_of(who)
    assert {client.generic(method, f"/api/v1/{path}").status_code for method, path, _ in CALLS} == {401}


def test_somebody_else_s_token_cannot_be_revoked() -> None:
    jonas = person(username="jonas")
    create_token(jonas)
    token = ApiToken.objects.get()
    assert browser_of("manager").post(reverse("token-revoke", args=[token.pk])).status_code == 404
    assert ApiToken.objects.exists()


@pytest.mark.parametrize("name", ["task-check", "task-stop", "task-restore", "task-title"])
def test_what_is_not_there_is_a_404(name: str) -> None:
    assert browser_of("member").post(reverse(name, args=[uuid4()])).status_code == 404
