from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.utils import timezone

from tasks import accounts
from tasks.models import Account
from tasks.providers.contract import Adoption, ErrorKind, ProviderError
from tasks.tracking import stop_tracking, track
from tasks.vocabulary import Health
from tests.one_answer import one_answer

pytestmark = pytest.mark.django_db

KEY = "sk-lemon-1234567890-9f2c"
UNKNOWN_TASK = {"error": {"code": "async_task_not_found", "message": "no such task"}}


@pytest.fixture
def account() -> Account:
    return accounts.create_account("lemondata", "lemon", name="Lemon studio", api_key=KEY)


def stored(account: Account) -> Account:
    return Account.objects.get(pk=account.pk)


def make_sick(account: Account, health: Health = Health.UNAUTHORIZED) -> None:
    Account.objects.filter(pk=account.pk).update(
        health=health.value, health_message="refused", resumes_at=timezone.now(), money_message="no credit"
    )
    account.refresh_from_db()


def errors_of(error: ValidationError) -> dict[str, list[str]]:
    found: dict[str, list[str]] = error.message_dict
    return found


def test_an_account_needs_no_more_than_provider_and_slug() -> None:
    account = stored(accounts.create_account("nebula", "neb"))
    assert account.base_url == "https://llm.ai-nebula.com"
    assert (account.requests_per_minute, account.concurrency, account.enabled) == (None, 20, True)
    assert str(account) == "neb"


def test_the_key_is_kept_encrypted_with_a_hint(account: Account) -> None:
    kept = stored(account)
    assert KEY not in kept.api_key_encrypted
    assert (kept.api_key, kept.api_key_hint) == (KEY, "9f2c")


def test_a_key_pasted_with_its_header_word_and_a_line_break_is_understood() -> None:
    account = accounts.create_account("lemondata", "lemon", api_key=f"Bearer {KEY}\n")
    assert account.api_key == KEY


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("provider", {"provider": "acme"}),
        ("slug", {"slug": "not a slug"}),
        ("slug", {"slug": ""}),
        ("base_url", {"base_url": "api.lemondata.cc"}),
        ("base_url", {"base_url": "https://user:pw@api.lemondata.cc"}),
        ("base_url", {"base_url": "https://api.lemondata.cc/../x"}),
        ("api_key", {"api_key": "sk-with\nheader: injected"}),
        ("api_key", {"api_key": "schlüssel"}),
        ("requests_per_minute", {"requests_per_minute": 0}),
        ("concurrency", {"concurrency": 501}),
        ("poll_interval_s", {"poll_interval_s": 0.01}),
        ("deadline_s", {"deadline_s": 1.0}),
    ],
)
def test_a_wrong_value_is_refused_by_its_field_and_nothing_is_saved(
    field: str, values: dict[str, Any]
) -> None:
    given = {"provider": "lemondata", "slug": "lemon"} | values
    with pytest.raises(ValidationError) as refused:
        accounts.create_account(given.pop("provider"), given.pop("slug"), **given)
    assert list(errors_of(refused.value)) == [field]
    assert not Account.objects.exists()


def test_a_slug_belongs_to_one_account(account: Account) -> None:
    with pytest.raises(ValidationError) as refused:
        accounts.create_account("nebula", "lemon")
    assert "“lemon”" in errors_of(refused.value)["slug"][0]
    assert stored(account).provider == "lemondata"


def test_editing_begins_anew_with_the_pollers(account: Account) -> None:
    make_sick(account, Health.LIMITED)
    accounts.edit_account(account, None, requests_per_minute=60)
    kept = stored(account)
    assert (kept.requests_per_minute, kept.config_version) == (60, 2)
    assert (kept.health, kept.health_message, kept.resumes_at) == (Health.OK, "", None)
    assert kept.money_message == "no credit"
    assert kept.api_key == KEY


def test_editing_leaves_alone_what_a_poller_wrote_meanwhile(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(last_latency_s=0.3)
    accounts.edit_account(account, None, name="Other")
    assert stored(account).last_latency_s == 0.3


def test_a_new_key_forgets_what_the_old_one_could_not_pay(account: Account) -> None:
    make_sick(account)
    accounts.edit_account(account, None, api_key="sk-another-000000-abcd")
    kept = stored(account)
    assert (kept.api_key, kept.api_key_hint, kept.money_message) == ("sk-another-000000-abcd", "abcd", "")


def test_an_empty_key_removes_it(account: Account) -> None:
    accounts.edit_account(account, None, api_key="")
    kept = stored(account)
    assert (kept.api_key_encrypted, kept.api_key_hint) == ("", "")


def test_a_new_address_never_gets_the_old_key(account: Account) -> None:
    with pytest.raises(ValidationError) as refused:
        accounts.edit_account(account, None, base_url="https://elsewhere.example")
    assert "enter the key again" in errors_of(refused.value)["api_key"][0]
    assert stored(account).base_url == account.base_url == "https://api.lemondata.cc"
    assert stored(account).config_version == 1


def test_a_new_address_comes_with_a_new_key_or_none(account: Account) -> None:
    accounts.edit_account(account, None, base_url="https://elsewhere.example/", api_key="sk-elsewhere-12345")
    assert (stored(account).base_url, stored(account).api_key) == (
        "https://elsewhere.example",
        "sk-elsewhere-12345",
    )
    accounts.edit_account(account, None, base_url="https://third.example", api_key="")
    assert (stored(account).base_url, stored(account).api_key) == ("https://third.example", "")


def test_an_edit_leaves_alone_what_somebody_else_edited_meanwhile(account: Account) -> None:
    accounts.edit_account(stored(account), None, concurrency=3, api_key="sk-theirs-12345678")
    accounts.edit_account(account, None, name="Mine")
    kept = stored(account)
    assert (kept.name, kept.concurrency, kept.api_key) == ("Mine", 3, "sk-theirs-12345678")


def test_an_invalid_edit_changes_nothing(account: Account) -> None:
    with pytest.raises(ValidationError):
        accounts.edit_account(account, None, name="Other", concurrency=0)
    assert (stored(account).name, stored(account).config_version) == ("Lemon studio", 1)
    assert (account.name, account.concurrency) == ("Lemon studio", 20)


def test_pause_and_resume_say_who_and_when(account: Account) -> None:
    sam, kim = User.objects.create_user("sam"), User.objects.create_user("kim")
    accounts.pause_account(account, sam)
    accounts.pause_account(account, kim)
    paused = stored(account)
    assert (paused.shown_health, paused.paused_by, paused.config_version) == (Health.PAUSED, sam, 2)
    assert paused.paused_at is not None
    accounts.resume_account(account, kim)
    accounts.resume_account(account, kim)
    resumed = stored(account)
    assert (resumed.enabled, resumed.paused_at, resumed.paused_by) == (True, None, None)
    assert resumed.config_version == 3


def test_an_account_can_begin_paused() -> None:
    sam = User.objects.create_user("sam")
    account = stored(accounts.create_account("nebula", "neb", sam, enabled=False))
    assert (account.enabled, account.paused_by) == (False, sam)
    assert account.paused_at is not None


def test_a_test_asks_the_provider_with_the_key_and_says_how_it_went(account: Account) -> None:
    with one_answer(404, UNKNOWN_TASK) as provider:
        accounts.edit_account(account, None, base_url=provider.url, api_key=KEY)
        said = accounts.test_account(account)
    assert said.startswith("LemonData answered in ")
    assert said.endswith(" ms and took the key.")
    assert provider.keys == [f"Bearer {KEY}"]
    kept = stored(account)
    assert kept.last_answer_at is not None
    assert kept.last_latency_s is not None
    assert kept.last_latency_s > 0


def test_a_working_test_lets_a_stopped_account_go_on(account: Account) -> None:
    with one_answer(404, UNKNOWN_TASK) as provider:
        accounts.edit_account(account, None, base_url=provider.url, api_key=KEY)
        make_sick(account)
        accounts.test_account(account)
    assert (stored(account).health, stored(account).config_version) == (Health.OK, 3)


def test_a_failing_test_says_why(account: Account) -> None:
    with one_answer(401, {"error": {"code": "invalid_api_key", "message": "bad key"}}) as provider:
        accounts.edit_account(account, None, base_url=provider.url, api_key=KEY)
        with pytest.raises(ProviderError) as refused:
            accounts.test_account(account)
    assert refused.value.kind is ErrorKind.UNAUTHORIZED
    assert KEY not in str(refused.value)
    assert stored(account).last_answer_at is None


def test_a_server_that_is_not_there_is_said_in_words(account: Account) -> None:
    with one_answer(200, {}) as provider:
        url = provider.url
    accounts.edit_account(account, None, base_url=url, api_key=KEY)
    with pytest.raises(ProviderError) as refused:
        accounts.test_account(account)
    assert "LemonData" in str(refused.value)


def test_a_key_from_another_installation_is_said_in_words(account: Account) -> None:
    other_key = override_settings(SECRET_KEY="another secret key of at least 32 characters")
    with other_key, pytest.raises(ProviderError) as refused:
        accounts.test_account(account)
    assert "Enter it again" in str(refused.value)


def test_only_an_account_without_tasks_is_deleted(account: Account) -> None:
    task = track(account, Adoption("ldtask_" + "0" * 32), None).task
    with pytest.raises(accounts.AccountInUse):
        accounts.delete_account(account, None)
    stop_tracking([task.id], None)
    with pytest.raises(accounts.AccountInUse) as refused:
        accounts.delete_account(account, None)
    assert "Pause it instead" in str(refused.value)
    task.delete()
    accounts.delete_account(account, None)
    assert not Account.objects.exists()
