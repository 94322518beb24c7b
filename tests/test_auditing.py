"""The audit log: every deed is in it, whichever way it was done, and none that was not done."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard import team
from dashboard.people import Role, role_of, set_role
from dashboard.tokens import create_token, revoke_token
from tasks import accounts
from tasks.auditing import NAMED_MAX
from tasks.keeping import delete_copies
from tasks.models import Account, ApiToken, AuditEntry, Task
from tasks.providers.contract import Adoption
from tasks.tracking import restore, stop_tracking, track
from tasks.vocabulary import Deed
from tests.archive.stored import keep
from tests.pages.visitors import person

pytestmark = pytest.mark.django_db

KEY = "sk-lemon-1234567890-9f2c"


def entries() -> list[tuple[str, str, str]]:
    """Deed, who, to what; the oldest first."""
    return list(AuditEntry.objects.order_by("id").values_list("deed", "actor_name", "subject"))


def last() -> AuditEntry:
    return AuditEntry.objects.latest("id")


@pytest.fixture
def mira() -> User:
    user = person(Role.MANAGER, "mira")
    user.first_name = "Mira"
    user.save(update_fields=["first_name"])
    return user


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss", password="correct horse")


@pytest.fixture
def account() -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example")


@pytest.fixture
def make(account: Account) -> Callable[..., Task]:
    return lambda title, **more: Task.objects.create(
        account=account, title=title, deadline_at=timezone.now(), **more
    )


def test_it_remembers_who_deleted_a_task_and_brought_it_back(mira: User, make: Callable[..., Task]) -> None:
    task = make("Harbour")
    stop_tracking([task.pk], mira)
    assert (last().subject, last().subject_id, last().actor) == ("Harbour", str(task.pk), mira)
    restore([task.pk], mira)
    assert [one[0] for one in entries()] == [Deed.TASK_DELETED, Deed.TASK_RESTORED]


def test_tracking_again_what_lies_in_the_trash_is_a_restoration(
    mira: User, account: Account, make: Callable[..., Task]
) -> None:
    task = make("Harbour", remote_id="r1")
    stop_tracking([task.pk], mira)
    track(account, Adoption("r1"), mira)
    assert last().deed == Deed.TASK_RESTORED


def test_deleting_what_is_deleted_leaves_no_trace(mira: User, make: Callable[..., Task]) -> None:
    task = make("Harbour")
    stop_tracking([task.pk], mira)
    stop_tracking([task.pk], mira)
    assert len(entries()) == 1


def test_a_thousand_at_once_are_few_entries_that_name_every_one(mira: User, account: Account) -> None:
    now = timezone.now()
    rows = [Task(account=account, title=f"Take {n}", deadline_at=now) for n in range(2 * NAMED_MAX)]
    ids = [one.pk for one in Task.objects.bulk_create(rows)]
    with CaptureQueriesContext(
        connection,
    ) as caught:
        stop_tracking(ids, mira)
    assert len([one for one in caught.captured_queries if "audit" in one["sql"]]) == 2
    assert [one[2] for one in entries()] == ["500 tasks", "500 tasks"]
    told = "\n".join(AuditEntry.objects.values_list("details", flat=True))
    assert all(f"Take {n} ({one})" in told for n, one in enumerate(ids))
    assert AuditEntry.objects.filter(search__contains="take 777 ").count() == 1


def test_a_deleted_copy_says_of_what_and_why(mira: User, make: Callable[..., Task]) -> None:
    task = make("Harbour", status="succeeded")
    result = keep(task)
    delete_copies([result.pk], mira, "Deleted by Mira")
    delete_copies([result.pk], mira, "Deleted by Mira")
    assert entries() == [(Deed.COPY_DELETED, "Mira", "output 1 of Harbour")]
    assert last().details == "Deleted by Mira"


# Accounts


def test_accounts_are_remembered_from_beginning_to_end(mira: User) -> None:
    account = accounts.create_account("lemondata", "lemon", mira, api_key=KEY)
    accounts.edit_account(account, mira, requests_per_minute=30, api_key=KEY + "x")
    accounts.pause_account(account, mira)
    accounts.pause_account(account, mira)
    accounts.resume_account(account, mira)
    accounts.delete_account(account, mira)
    assert [one[0] for one in entries()] == [
        Deed.ACCOUNT_ADDED, Deed.ACCOUNT_CHANGED, Deed.ACCOUNT_CHANGED, Deed.ACCOUNT_CHANGED, Deed.ACCOUNT_DELETED,
    ]  # fmt: skip
    details = list(AuditEntry.objects.order_by("id").values_list("details", flat=True))
    assert details[1:4] == ["requests a minute: none → 30\nAPI key replaced", "paused", "resumed"]
    everything = str(list(AuditEntry.objects.values()))
    assert KEY not in everything
    assert account.api_key_encrypted not in everything


def test_an_edit_that_changes_nothing_is_no_deed(account: Account, mira: User) -> None:
    accounts.edit_account(account, mira, name="", base_url="https://api.example", api_key="")
    with pytest.raises(ValidationError):
        accounts.edit_account(account, mira, base_url="ftp://nowhere")
    assert entries() == []


def test_an_account_of_the_command_line_is_remembered_too() -> None:
    call_command("add_account", "lemondata", "lemon", verbosity=0)
    assert entries() == [(Deed.ACCOUNT_ADDED, "", "lemon")]


# People and tokens


def test_people_are_remembered_from_beginning_to_end(mira: User) -> None:
    jonas = team.add_person("jonas", Role.VIEWER, mira, name="Jonas Berg")
    team.new_link(jonas, mira)
    team.change_role(jonas, Role.MEMBER, mira)
    team.change_role(jonas, Role.MEMBER, mira)
    team.disable(jonas, mira)
    team.enable(jonas, mira)
    deeds = (Deed.PERSON_ADDED, Deed.LINK_GIVEN, Deed.ROLE_CHANGED, Deed.PERSON_DISABLED, Deed.PERSON_ENABLED)
    assert entries() == [(deed, "Mira", "Jonas Berg (jonas)") for deed in deeds]
    assert AuditEntry.objects.get(deed=Deed.ROLE_CHANGED).details == "viewer → member"
    assert {one.subject_id for one in AuditEntry.objects.all()} == {str(jonas.pk)}


def test_what_is_refused_is_not_remembered(mira: User, boss: User) -> None:
    with pytest.raises(team.NotAllowed):
        team.disable(mira, mira)
    with pytest.raises(team.NotAllowed):
        team.change_role(boss, Role.VIEWER, mira)
    with pytest.raises(ValidationError):
        team.add_person("boss", Role.VIEWER, mira)
    assert entries() == []


def test_tokens_are_remembered_but_never_told(mira: User) -> None:
    token = create_token(mira, "robot", by=mira)
    revoke_token(ApiToken.objects.get(), mira)
    call_command("create_token", "mira", "--read-only", stdout=StringIO())
    assert [one[:2] for one in entries()] == [
        (Deed.TOKEN_MADE, "Mira"), (Deed.TOKEN_REVOKED, "Mira"), (Deed.TOKEN_MADE, ""),
    ]  # fmt: skip
    assert token not in str(list(AuditEntry.objects.values()))
    assert last().details == "read-only, of Mira (mira)"


def test_the_first_manager_and_a_superuser_of_the_command_line_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert team.make_first_manager("ana", "correct horse")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse")
    call_command("createsuperuser", "--noinput", "--username", "root", "--email", "", verbosity=0)
    assert entries() == [(Deed.PERSON_ADDED, "", "ana"), (Deed.PERSON_ADDED, "", "root")]
    assert last().details == "administrator"


def test_a_superuser_that_cannot_be_remembered_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse")
    monkeypatch.setattr("dashboard.witness.remember", fail)
    with pytest.raises(RuntimeError):
        call_command("createsuperuser", "--noinput", "--username", "root", "--email", "", verbosity=0)
    assert not User.objects.exists()


# The admin site


def page(model: type, name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)  # type: ignore[attr-defined]


def form_of(user: User, **changed: Any) -> dict[str, Any]:
    """What the admin site's page of a person sends."""
    data: dict[str, Any] = {
        "username": user.username,
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "groups": [group.pk for group in user.groups.all()],
        "date_joined_0": "2026-11-01",
        "date_joined_1": "10:00:00",
    }
    return {name: value for name, value in (data | changed).items() if value is not False}


@pytest.fixture
def admin(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


@pytest.fixture
def helper() -> Client:
    """A manager, no superuser, with every permission that Django has."""
    user = person(Role.MANAGER, "hana")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(user)
    return client


def test_people_added_in_the_admin_site_are_remembered(admin: Client) -> None:
    data = {"username": "jonas", "usable_password": "false"}
    assert admin.post(page(User, "add"), data).status_code == 302
    assert entries() == [(Deed.PERSON_ADDED, "boss", "jonas")]


@pytest.mark.parametrize(
    ("changed", "deeds"),
    [
        ({"is_active": False}, [(Deed.PERSON_DISABLED, "viewer")]),
        ({"groups": []}, [(Deed.ROLE_CHANGED, "viewer → member")]),
        ({"is_staff": True}, [(Deed.ROLE_CHANGED, "viewer → viewer with the admin site")]),
        ({"is_superuser": True}, [(Deed.ROLE_CHANGED, "viewer → administrator")]),
        ({"user_permissions": [1]}, [(Deed.ROLE_CHANGED, "other permissions on the admin site")]),
        ({"first_name": "Jo"}, []),
    ],
)
def test_people_changed_in_the_admin_site_are_remembered(
    admin: Client, changed: dict[str, Any], deeds: list[tuple[str, str]]
) -> None:
    jonas = person(Role.VIEWER, "jonas")
    assert admin.post(page(User, "change", jonas.pk), form_of(jonas, **changed)).status_code == 302
    assert list(AuditEntry.objects.values_list("deed", "details")) == deeds


def test_people_deleted_in_the_admin_site_are_remembered_with_their_tokens(admin: Client) -> None:
    jonas, kim = person(username="jonas"), person(username="kim")
    create_token(jonas, "robot")
    AuditEntry.objects.all().delete()
    admin.post(page(User, "delete", jonas.pk), {"post": "yes"})
    assert [one[::2] for one in entries()] == [(Deed.PERSON_DELETED, "jonas"), (Deed.TOKEN_REVOKED, "robot")]
    many = {"action": "delete_selected", "_selected_action": [kim.pk], "post": "yes"}
    admin.post(page(User, "changelist"), many)
    assert (last().deed, last().subject) == (Deed.PERSON_DELETED, "kim")
    assert not User.objects.filter(username__in=["jonas", "kim"]).exists()


def test_a_password_set_for_somebody_else_is_remembered(admin: Client, boss: User) -> None:
    jonas = person(username="jonas")
    words = {"usable_password": "true", "password1": "battery staple 9", "password2": "battery staple 9"}
    admin.post(reverse("admin:auth_user_password_change", args=[jonas.pk]), words | {"set-password": "1"})
    assert entries() == [(Deed.PASSWORD_SET, "boss", "jonas")]
    admin.post(reverse("admin:auth_user_password_change", args=[boss.pk]), words | {"set-password": "1"})
    assert len(entries()) == 1, "one's own is no deed to others"


def test_a_token_revoked_in_the_admin_site_is_remembered(admin: Client, mira: User) -> None:
    create_token(mira, "robot")
    admin.post(page(ApiToken, "delete", ApiToken.objects.get().pk), {"post": "yes"})
    assert (last().deed, last().actor_name, last().subject) == (Deed.TOKEN_REVOKED, "boss", "robot")


def test_roles_themselves_cannot_be_renamed_or_deleted(admin: Client) -> None:
    viewer = Group.objects.get(name="viewer")
    for name in ("change", "delete"):
        assert admin.post(page(Group, name, viewer.pk), {"post": "yes", "name": "x"}).status_code == 403
    assert admin.post(page(Group, "add"), {"name": "x"}).status_code == 403
    assert Group.objects.count() == 3


def test_the_log_cannot_be_changed_even_by_an_administrator(
    admin: Client, mira: User, make: Callable[..., Task]
) -> None:
    stop_tracking([make("Harbour").pk], mira)
    entry = last()
    assert admin.get(page(AuditEntry, "change", entry.pk)).status_code == 200
    assert admin.post(page(AuditEntry, "change", entry.pk), {"subject": "x"}).status_code == 403
    assert admin.post(page(AuditEntry, "delete", entry.pk), {"post": "yes"}).status_code == 403
    many = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    admin.post(page(AuditEntry, "changelist"), many)
    admin.post(page(User, "delete", mira.pk), {"post": "yes"})
    entry.refresh_from_db()
    assert (entry.subject, entry.actor, entry.actor_name) == ("Harbour", None, "Mira")


def refused(client: Client, user: User, **changed: Any) -> str:
    """What the admin site says to such a change, which must leave everything as it was."""
    before = User.objects.filter(pk=user.pk).values().get(), role_of(User.objects.get(pk=user.pk))
    answer = client.post(page(User, "change", user.pk), form_of(user, **changed), follow=True)
    assert before == (User.objects.filter(pk=user.pk).values().get(), role_of(User.objects.get(pk=user.pk)))
    assert entries() == []
    assert not LogEntry.objects.exists()
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_helping_manager_hands_out_no_more_than_the_people_page_does(helper: Client, boss: User) -> None:
    jonas, hana = person(Role.VIEWER, "jonas"), User.objects.get(username="hana")
    for changed in ({"is_superuser": True}, {"is_staff": True}, {"user_permissions": [1]}):
        assert "Only an administrator" in refused(helper, jonas, **changed)
    for theirs in ({"is_active": False}, {"email": "evil@example.com"}):
        assert helper.post(page(User, "change", boss.pk), form_of(boss, **theirs)).status_code == 403
    boss.refresh_from_db()
    assert (boss.is_active, boss.email) == (True, "")
    assert "your own role" in refused(helper, hana, is_superuser=True)
    passwords = {"usable_password": "true", "password1": "battery staple 9", "password2": "battery staple 9"}
    helper.post(reverse("admin:auth_user_password_change", args=[boss.pk]), passwords | {"set-password": "1"})
    assert User.objects.get(pk=boss.pk).check_password("correct horse")
    helper.post(page(User, "delete", boss.pk), {"post": "yes"})
    assert User.objects.filter(pk=boss.pk).exists()
    set_role(jonas, Role.MEMBER)
    helper.post(page(User, "change", jonas.pk), form_of(jonas, groups=[]))
    assert role_of(User.objects.get(pk=jonas.pk)) is Role.MEMBER


def test_nobody_locks_themselves_or_everybody_out(admin: Client, boss: User) -> None:
    for changed in ({"is_active": False}, {"is_superuser": False, "groups": []}):
        assert "your own role" in refused(admin, boss, **changed)
    admin.post(page(User, "delete", boss.pk), {"post": "yes"})
    assert User.objects.filter(pk=boss.pk).exists()
