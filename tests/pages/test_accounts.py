from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.people import Role
from tasks.accounts import create_account, pause_account
from tasks.models import Account, AccountUse
from tasks.providers.contract import Adoption
from tasks.tracking import track
from tests.one_answer import one_answer
from tests.pages.visitors import ROLES, field_errors, notices, person, text_of, visitor

pytestmark = pytest.mark.django_db

KEY = "sk-lemon-1234567890-9f2c"
MANAGERS_ONLY = [("account-add", False), ("account-edit", True)]
MANAGERS_DO = ["account-test", "account-pause", "account-resume", "account-delete"]


@pytest.fixture
def account() -> Account:
    return create_account("lemondata", "lemon", name="Lemon studio", api_key=KEY, requests_per_minute=60)


@pytest.fixture
def manager() -> Client:
    return visitor(Role.MANAGER)


def edited(account: Account, **changes: object) -> dict[str, object]:
    """The edit form as a browser sends it."""
    fields = {
        "name": account.name,
        "base_url": account.base_url,
        "api_key": "",
        "concurrency": 20,
        "enabled": "on",
    }
    return fields | changes


def answered(account: Account, **columns: object) -> None:
    Account.objects.filter(pk=account.pk).update(last_answer_at=timezone.now(), **columns)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_how_the_accounts_do(account: Account, role: Role) -> None:
    page = visitor(role).get(reverse("accounts"))
    assert page.status_code == 200
    assert "Lemon studio" in text_of(page)
    assert ("Add account" in text_of(page)) == (role is Role.MANAGER)
    assert (reverse("account-edit", args=["lemon"]) in text_of(page)) == (role is Role.MANAGER)


def test_strangers_sign_in_first(account: Account) -> None:
    for name in ("accounts", "account-add"):
        assert visitor(None).get(reverse(name)).headers["Location"].startswith(reverse("login"))
    for name in ("account-edit", *MANAGERS_DO):
        address = reverse(name, args=["lemon"])
        assert visitor(None).post(address).headers["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_only_managers_handle_accounts(account: Account, role: Role) -> None:
    client = visitor(role)
    assert client.get(reverse("account-add")).status_code == 403
    assert client.post(reverse("account-edit", args=["lemon"]), edited(account)).status_code == 403
    for name in MANAGERS_DO:
        assert client.post(reverse(name, args=["lemon"])).status_code == 403
    assert Account.objects.get().config_version == 1


@pytest.mark.parametrize("name", MANAGERS_DO)
def test_reading_changes_nothing(account: Account, manager: Client, name: str) -> None:
    assert manager.get(reverse(name, args=["lemon"])).status_code == 405


def test_a_card_shows_the_numbers_that_pollers_wrote_down(account: Account, manager: Client) -> None:
    now = timezone.now()
    track(account, Adoption("ldtask_" + "0" * 32), None)
    for age_s, requests, in_flight in ((1, 30, 2), (2, 11, 1), (90, 500, 50)):
        AccountUse.objects.create(
            account=account,
            holder=uuid4(),
            requests_last_minute=requests,
            in_flight=in_flight,
            at=now - timedelta(seconds=age_s),
        )
    answered(account, last_latency_s=0.212)
    text = text_of(manager.get(reverse("accounts")))
    assert 'aria-label="Requests in the last 60 s: 41 of 60"' in text
    assert 'aria-label="At once: 3 of 20"' in text
    assert "1 running · last answer" in text
    assert "212 ms" in text
    assert "Healthy" in text
    assert "<strong>41</strong>requests in the last minute" in text
    assert "<strong>1</strong>account, 1 healthy" in text


def test_a_card_says_that_the_provider_said_too_many(account: Account, manager: Client) -> None:
    answered(account, slowed_from=60, slowed_to=40, slowed_at=timezone.now())
    text = text_of(manager.get(reverse("accounts")))
    assert "Slowed to 40 a minute after LemonData said too many; 60 are allowed." in text
    assert 'aria-label="Requests in the last 60 s: 0 of 40"' in text
    answered(account, slowed_at=timezone.now() - timedelta(hours=1))
    assert "Slowed to" not in text_of(manager.get(reverse("accounts")))


def test_an_account_that_never_answered_is_not_called_healthy(account: Account, manager: Client) -> None:
    text = text_of(manager.get(reverse("accounts")))
    assert "Not asked yet" in text
    assert "no answer yet" in text
    assert "Healthy" not in text


@pytest.mark.parametrize(
    ("health", "chip", "sentence"),
    [
        ("limited", "Limited", "LemonData asked us to slow down"),
        ("unreachable", "Unreachable", "LemonData cannot be reached"),
        ("unauthorized", "Key refused", "It resumes by itself once the key works"),
    ],
)
def test_a_problem_is_told_in_words_with_the_last_error(
    account: Account, manager: Client, health: str, chip: str, sentence: str
) -> None:
    answered(account, health=health, health_message="It said <b>no</b>.", health_at=timezone.now())
    page = manager.get(reverse("accounts"))
    assert chip in text_of(page)
    assert sentence in text_of(page)
    assert b"It said &lt;b&gt;no&lt;/b&gt;." in page.content


def test_when_it_goes_on_is_told_only_while_that_is_ahead(account: Account, manager: Client) -> None:
    now = timezone.now()
    answered(account, health="limited", resumes_at=now + timedelta(minutes=1))
    assert "It goes on at" in text_of(manager.get(reverse("accounts")))
    answered(account, health="limited", resumes_at=now - timedelta(minutes=1))
    assert "It goes on at" not in text_of(manager.get(reverse("accounts")))


def test_an_empty_purse_and_a_pause_are_shown(account: Account, manager: Client) -> None:
    pause_account(account, person(Role.MANAGER, "sam"))
    Account.objects.update(money_message="Insufficient balance.", money_at=timezone.now())
    text = text_of(manager.get(reverse("accounts")))
    assert "Paused by sam" in text
    assert "LemonData says the money ran out" in text
    assert "Insufficient balance." in text


def test_the_page_costs_as_many_queries_with_twenty_accounts(
    account: Account, manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(20):
        create_account("nebula", f"neb-{n}", person(Role.MANAGER, f"m{n}"), enabled=False)
    with django_assert_max_num_queries(7):
        manager.get(reverse("accounts"))


def test_the_key_is_on_no_page(account: Account, manager: Client) -> None:
    for page in (manager.get(reverse("accounts")), manager.get(reverse("account-edit", args=["lemon"]))):
        assert KEY.encode() not in page.content
        assert "…9f2c" in text_of(page)


def test_a_manager_connects_a_provider(manager: Client) -> None:
    form = {"provider": "nebula", "name": "Neb Main", "api_key": KEY, "concurrency": 5, "enabled": "on"}
    answer = manager.post(reverse("account-add"), form)
    account = Account.objects.get()
    assert answer.headers["Location"] == reverse("account-edit", args=[account.slug])
    assert (account.slug, account.base_url, account.api_key) == ("neb-main", "https://llm.ai-nebula.com", KEY)
    assert (account.concurrency, account.enabled) == (5, True)


def test_a_slug_is_made_that_is_free(account: Account, manager: Client) -> None:
    form = {"provider": "lemondata", "name": "Lemon", "concurrency": 5, "enabled": "on"}
    manager.post(reverse("account-add"), form)
    assert Account.objects.latest("pk").slug == "lemon-2"


def test_the_form_says_by_the_field_what_is_wrong_and_forgets_the_key(
    account: Account, manager: Client
) -> None:
    form = {
        "provider": "lemondata",
        "slug": "lemon",
        "base_url": "ftp://x",
        "api_key": KEY,
        "concurrency": "5",
    }
    page = manager.post(reverse("account-add"), form)
    assert page.status_code == 200
    assert "“lemon”" in field_errors(page)["slug"]
    assert KEY.encode() not in page.content
    form |= {"slug": "other"}
    page = manager.post(reverse("account-add"), form)
    assert "http://" in field_errors(page)["base_url"]
    assert 'aria-describedby="id_base_url_helptext id_base_url_error"' in text_of(page)
    assert 'id="id_base_url_error"' in text_of(page)
    assert page.content.count(b"autofocus") == 1
    page = manager.post(reverse("account-add"), form | {"concurrency": "0"})
    assert "once more" in field_errors(page)["api_key"]
    assert Account.objects.count() == 1


def test_an_empty_key_field_leaves_the_key(account: Account, manager: Client) -> None:
    answer = manager.post(reverse("account-edit", args=["lemon"]), edited(account, name="Renamed"))
    assert answer.headers["Location"] == reverse("accounts")
    kept = Account.objects.get()
    assert (kept.name, kept.api_key, kept.slug) == ("Renamed", KEY, "lemon")
    assert kept.requests_per_minute is None


def test_a_key_is_replaced_or_removed_but_not_both(account: Account, manager: Client) -> None:
    address = reverse("account-edit", args=["lemon"])
    page = manager.post(address, edited(account, api_key="sk-new-1234567890", remove_key="on"))
    assert "not both" in field_errors(page)["api_key"]
    manager.post(address, edited(account, api_key="sk-new-1234567890"))
    assert Account.objects.get().api_key == "sk-new-1234567890"
    manager.post(address, edited(account, remove_key="on"))
    assert Account.objects.get().api_key == ""
    assert b"remove_key" not in manager.get(address).content


def test_a_new_address_wants_the_key_again(account: Account, manager: Client) -> None:
    address = reverse("account-edit", args=["lemon"])
    page = manager.post(address, edited(account, base_url="https://elsewhere.example"))
    assert "enter the key again" in field_errors(page)["api_key"]
    assert Account.objects.get().base_url == "https://api.lemondata.cc"
    manager.post(address, edited(account, base_url="https://elsewhere.example", api_key=KEY))
    assert Account.objects.get().base_url == "https://elsewhere.example"


def test_a_test_tells_the_outcome_where_it_was_asked_for(account: Account, manager: Client) -> None:
    with one_answer(401, {"error": {"code": "invalid_api_key", "message": "bad"}}) as provider:
        manager.post(
            reverse("account-edit", args=["lemon"]), edited(account, base_url=provider.url, api_key=KEY)
        )
        manager.get(reverse("accounts"))
        page = manager.post(reverse("account-test", args=["lemon"]), {"from": "edit"}, follow=True)
    assert page.redirect_chain[-1][0] == reverse("account-edit", args=["lemon"])
    assert len(notices(page)) == 1
    assert "Lemon studio: LemonData" in notices(page)[0]
    with one_answer(404, {"error": {"code": "async_task_not_found", "message": "-"}}) as provider:
        manager.post(
            reverse("account-edit", args=["lemon"]), edited(account, base_url=provider.url, api_key=KEY)
        )
        manager.get(reverse("accounts"))
        page = manager.post(reverse("account-test", args=["lemon"]), follow=True)
    assert page.redirect_chain[-1][0] == reverse("accounts")
    assert "took the key" in notices(page)[0]


def test_pause_and_resume(account: Account, manager: Client) -> None:
    page = manager.post(reverse("account-pause", args=["lemon"]), follow=True)
    assert "Paused by mira" in text_of(page)
    page = manager.post(reverse("account-resume", args=["lemon"]), follow=True)
    assert "Paused by" not in text_of(page)


def test_an_account_with_tasks_is_not_deleted_but_explained(account: Account, manager: Client) -> None:
    task = track(account, Adoption("ldtask_" + "0" * 32), None).task
    page = manager.post(reverse("account-delete", args=["lemon"]), follow=True)
    assert "Pause it instead" in notices(page)[0]
    task.delete()
    page = manager.post(reverse("account-delete", args=["lemon"]), follow=True)
    assert not Account.objects.exists()
    assert "Connect" in text_of(page)


def test_the_first_visit_offers_every_provider(manager: Client) -> None:
    text = text_of(manager.get(reverse("accounts")))
    for name in ("lemondata", "nebula", "moneyprinter"):
        assert f"{reverse('account-add')}?provider={name}" in text
    page = manager.get(reverse("account-add"), {"provider": "nebula"})
    assert '<option value="nebula" selected>' in text_of(page)
    assert "Connect" not in text_of(visitor(Role.VIEWER, "vera").get(reverse("accounts")))


def test_an_unknown_account_is_not_found(manager: Client) -> None:
    assert manager.get(reverse("account-edit", args=["none"])).status_code == 404
