"""The admin site: every list and page, what it must not show, and its actions."""

import re
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Profile
from dashboard.tokens import create_token
from tasks.batches.beginning import Plan, begin
from tasks.installation import check_secret_key
from tasks.models import (
    Account,
    AccountUse,
    ApiToken,
    AuditEntry,
    Bookmark,
    Delivery,
    Dismissed,
    Incident,
    Input,
    Lookup,
    ModelList,
    Notice,
    Poller,
    RawAnswer,
    RetentionRule,
    Task,
    Template,
)
from tasks.notifying.channels import Terms as ChannelTerms
from tasks.notifying.channels import make_channel
from tasks.providers.contract import Adoption, File, Snapshot
from tasks.sharing import Piece, Terms, make
from tasks.tracking import Intent, stop_tracking, track
from tasks.vocabulary import BatchAct, ChannelKind, Deed, Kind, Status
from tests.one_answer import one_answer

pytestmark = pytest.mark.django_db

KEY = "sk-lemon-1234567890-9f2c"
UNKNOWN_TASK = {"error": {"code": "async_task_not_found", "message": "no such task"}}
OURS = [model for model in admin.site._registry if model._meta.app_label in {"tasks", "dashboard"}]
MODELS = list(admin.site._registry)
MOST_QUERIES = 10


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss", password="correct horse")


@pytest.fixture
def token(boss: User) -> str:
    return create_token(boss, "robot")


@pytest.fixture
def account() -> Account:
    one = Account(slug="lemon", provider="lemondata", base_url="https://api.example")
    one.set_api_key(KEY)
    one.save()
    return one


@pytest.fixture
def tasks(account: Account, boss: User) -> list[Task]:
    done = Snapshot(Status.SUCCEEDED, "completed", files=(File("https://cdn.example/a.mp4", Kind.VIDEO),))
    made = [
        track(account, Adoption(f"t{n}", snapshot=done if n % 2 else None), boss, Intent(title=f"Shot {n}"))
        for n in range(4)
    ]
    return [one.task for one in made]


@pytest.fixture
def everything(tasks: list[Task], account: Account, boss: User, token: str) -> None:
    """A row of every model, so that every page has something to show."""
    now = timezone.now()
    check_secret_key()
    poller = Poller.objects.create(host="here", pid=1, started_at=now, heartbeat_at=now)
    Task.objects.filter(pk=tasks[0].pk).update(claimed_by=poller)
    AccountUse.objects.create(account=account, holder=poller.pk, at=now)
    answer = f'{{"status": "completed", "api_key": "{KEY}", "url": "https://cdn.example/a?sig=s3cret"}}'
    RawAnswer.objects.create(task=tasks[1], at=now, http_status=200, text=answer)
    Profile.objects.create(user=boss)
    RetentionRule.objects.create(account=account, older_than_days=30)
    Input.objects.create(name="fox.png", kind="image", content_type="image/png", bytes=1, sha256="0")
    Template.objects.create(name="Foxes", owner=boss, provider="lemondata", kind="video")
    ModelList.objects.create(account=account, names=[["sora-2", ["video"]]])
    begin(Plan(BatchAct.STAR), Task.objects.all(), boss)
    Lookup.objects.create(task=tasks[0])
    Dismissed.objects.create(account=account, remote_id="gone")
    make([Piece(tasks[0].pk)], Terms(expires_at=None, password="hunter2"), boss)
    hook = make_channel(
        ChannelKind.WEBHOOK, "https://hooks.example/s3cret", ChannelTerms("Farm"), boss
    ).channel
    Delivery.objects.create(channel=hook, what="test", payload="", created_at=now)
    Notice.objects.create(channel=hook, source="event:1", what="task.failed", at=now, created_at=now)
    Incident.objects.create(account=account, health="unreachable", began_at=now)
    Bookmark.objects.create(event_id=7)


@pytest.fixture
def client(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def url_of(model: type[Model], page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def opened(client: Client, url: str) -> tuple[str, list[str]]:
    """The page, and the queries it took."""
    with CaptureQueriesContext(
        connection,
    ) as caught:
        response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode(), [one["sql"] for one in caught.captured_queries]


def secrets_of(token: str) -> list[str]:
    row = ApiToken.objects.get()
    return [KEY, Account.objects.get().api_key_encrypted, token, row.token_hash, "s3cret"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_every_list_and_every_page_opens_and_tells_no_secret(
    everything: None, client: Client, token: str, model: type[Model]
) -> None:
    if not (row := model._default_manager.first()):
        return
    pages = [opened(client, url_of(model))[0], opened(client, url_of(model, "change", row.pk))[0]]
    assert str(row)[:10] in pages[1] or str(row.pk) in pages[1]
    for secret in secrets_of(token):
        assert not any(secret in page for page in pages)


def test_every_model_of_ours_is_there(everything: None) -> None:
    names = {model._meta.model_name for model in OURS}
    assert names == {
        "task", "account", "result", "event", "rawanswer", "apitoken", "poller", "accountuse",
        "installation", "profile", "auditentry", "retentionrule",
        "share", "shareitem",
        "channel", "notice", "delivery", "incident", "bookmark",
        "input", "template", "modellist",
        "batch", "batchitem", "lookup", "dismissed",
    }  # fmt: skip
    assert all(model._default_manager.exists() for model in OURS)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_a_list_takes_few_queries_and_counts_no_table(
    everything: None, client: Client, model: type[Model]
) -> None:
    _, queries = opened(client, url_of(model))
    assert len(queries) <= MOST_QUERIES
    assert not [sql for sql in queries if re.search(r"\bCOUNT\(", sql)]
    _, filtered = opened(client, url_of(model) + "?_facets=True")
    assert not [sql for sql in filtered if re.search(r"\bCOUNT\(", sql)]


def test_the_task_list_is_read_by_an_index(everything: None) -> None:
    listed = admin.site._registry[Task]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # few rows are read whole, whatever the index
    plan = Task.objects.order_by(*listed.ordering or ())[:50].explain()
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("model", ["result", "event", "rawanswer"])
def test_rows_of_tasks_are_found_by_the_tasks_id(
    everything: None, client: Client, tasks: list[Task], model: str
) -> None:
    url = reverse(f"admin:tasks_{model}_changelist")
    page, queries = opened(client, f"{url}?q={tasks[1].pk}")
    assert 'class="field-task' in page
    assert not [sql for sql in queries if "UPPER(" in sql or "LIKE" in sql]
    for term in ("no id", str(uuid4()), "'; --"):
        assert 'class="field-task' not in opened(client, f"{url}?q={quote(term)}")[0]


@pytest.mark.parametrize(("term", "found"), [("SHOT 2", 1), ("shot", 4), ("t3", 1), ("nothing", 0)])
def test_tasks_are_searched_in_any_case(everything: None, client: Client, term: str, found: int) -> None:
    page, _ = opened(client, f"{url_of(Task)}?q={quote(term)}")
    assert page.count('class="action-select"') == found


def act(client: Client, model: type[Model], action: str, ids: list[Any]) -> str:
    data = {"action": action, "_selected_action": [str(one) for one in ids]}
    response = client.post(url_of(model), data, follow=True)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_check_now_tells_of_those_that_are_final(client: Client, tasks: list[Task]) -> None:
    page = act(client, Task, "ask_now", [one.pk for one in tasks])
    assert "2 asked now, 2 final already." in page
    assert Task.objects.filter(check_requested_at__isnull=False).count() == 2


def test_stopping_and_restoring_go_through_the_trash(client: Client, tasks: list[Task], boss: User) -> None:
    ids = [one.pk for one in tasks[:3]]
    assert "3 moved to the trash" in act(client, Task, "stop", ids)
    assert Task.objects.trash().count() == 3
    assert "3 restored" in act(client, Task, "take_back", [one.pk for one in tasks])
    assert Task.objects.trash().count() == 0
    assert [one.actor for one in tasks[0].events.exclude(type="created")] == ["boss", "boss"]


def test_stars_and_the_archive_go_through_the_same_code_as_the_pages(
    client: Client, tasks: list[Task], boss: User
) -> None:
    ids = [one.pk for one in tasks[:2]]
    assert "2 tasks starred." in act(client, Task, "star", ids)
    assert "2 tasks archived." in act(client, Task, "archive", ids)
    assert Task.objects.filter(starred=True, archived_at__isnull=False, version=3).count() == 2
    page, _ = opened(client, url_of(Task) + "?starred__exact=1&archived_at__isempty=0")
    assert page.count('class="action-select"') == 2
    assert "2 tasks without a star now." in act(client, Task, "unstar", [one.pk for one in tasks])
    assert "2 tasks in the list again." in act(client, Task, "unarchive", [one.pk for one in tasks])
    told = [(one.type, one.actor) for one in tasks[0].events.exclude(type="created")]
    assert told == [("archived", "boss"), ("unarchived", "boss")]


def test_tags_that_a_task_cannot_have_are_refused(client: Client, tasks: list[Task]) -> None:
    for tags, said in (('["x", 3]', "A tag is a text."), (f'["{"x" * 101}"]', "longer than 100")):
        answer = client.post(url_of(Task, "change", tasks[0].pk), {"title": "t", "tags": tags})
        assert said in answer.content.decode()
    assert Task.objects.get(pk=tasks[0].pk).version == 1


def test_pausing_and_resuming_wake_the_pollers(client: Client, account: Account) -> None:
    act(client, Account, "pause", [account.pk])
    account.refresh_from_db()
    assert (account.enabled, account.config_version, account.paused_by) == (False, 2, User.objects.get())
    act(client, Account, "resume", [account.pk])
    account.refresh_from_db()
    assert (account.enabled, account.config_version, account.paused_at) == (True, 3, None)


@pytest.mark.django_db(transaction=True)
def test_the_connection_is_tested_as_on_the_page(client: Client, account: Account) -> None:
    with one_answer(404, UNKNOWN_TASK) as provider:
        Account.objects.update(base_url=provider.url)
        assert "LemonData answered in" in act(client, Account, "test", [account.pk])
    assert provider.keys == [f"Bearer {KEY}"]
    with one_answer(401, {"error": {"code": "invalid_api_key", "message": f"bad key {KEY}"}}) as provider:
        Account.objects.update(base_url=provider.url)
        page = act(client, Account, "test", [account.pk])
    assert "refused this account" in page
    assert KEY not in page


def test_a_task_is_edited_through_the_same_code_as_elsewhere(client: Client, tasks: list[Task]) -> None:
    task = tasks[0]
    stop_tracking([tasks[1].pk], None)
    data = {"title": "Harbour", "prompt": "a boat", "tags": '["sea"]', "status": "failed"}
    assert client.post(url_of(Task, "change", task.pk), data).status_code == 302
    after = Task.objects.get(pk=task.pk)
    assert (after.title, after.tags, after.status, after.version) == ("Harbour", ["sea"], "queued", 2)
    assert "harbour" in after.search
    assert [one.type for one in after.events.all()] == ["created", "edited"]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_nobody_adds_or_deletes_what_the_product_writes_down(
    everything: None, client: Client, model: type[Model]
) -> None:
    if model is Profile:
        return
    row: Any = model._default_manager.first()
    assert client.get(url_of(model, "add")).status_code == 403
    deleted = client.post(url_of(model, "delete", row.pk), {"post": "yes"})
    assert deleted.status_code == (302 if model is ApiToken else 403)
    assert model._default_manager.filter(pk=row.pk).exists() is (model is not ApiToken)


def test_a_share_shows_neither_hash_and_is_revoked_by_the_same_code(
    client: Client, tasks: list[Task], boss: User
) -> None:
    share = make([Piece(tasks[0].pk)], Terms(expires_at=None, password="hunter2"), boss).share
    for page in (
        client.get(reverse("admin:tasks_share_changelist")),
        client.get(reverse("admin:tasks_share_change", args=[share.pk])),
    ):
        html = page.content.decode()
        assert share.token_hash not in html
        assert share.password_hash not in html
    form = {"action": "revoke", "_selected_action": [str(share.pk)]}
    client.post(reverse("admin:tasks_share_changelist"), form)
    share.refresh_from_db()
    assert share.revoked_at is not None
    assert AuditEntry.objects.filter(deed=Deed.SHARE_REVOKED, actor=boss).exists()
