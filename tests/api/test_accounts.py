from datetime import timedelta
from uuid import uuid4

from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tasks.models import Account, AccountUse
from tests.api.conftest import Program, body_of


def use(account: Account, requests: int, age_s: float) -> None:
    at = timezone.now() - timedelta(seconds=age_s)
    AccountUse.objects.create(account=account, holder=uuid4(), requests_last_minute=requests, at=at)


def test_accounts_tell_what_all_pollers_sent_in_the_last_minute(program: Program, account: Account) -> None:
    other = Account.objects.create(
        slug="a-neb", provider="nebula", base_url="https://nebula.example", requests_per_minute=60
    )
    use(account, 3, 1)
    use(account, 4, 50)
    use(account, 100, 61)
    items = body_of(program.get("accounts"))["items"]
    shown = [(item["slug"], item["requests_per_minute"], item["requests_last_minute"]) for item in items]
    assert shown == [(other.slug, 60, 0), (account.slug, None, 7)]


def test_accounts_cost_three_queries_however_many_there_are(
    program: Program, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    program.get("accounts")
    for n in range(10):
        use(Account.objects.create(slug=f"a{n}", provider="nebula", base_url="https://nebula.example"), n, 1)
    with django_assert_max_num_queries(3):
        assert len(body_of(program.get("accounts"))["items"]) == 10


def test_no_key_is_in_any_answer(program: Program, account: Account) -> None:
    account.set_api_key("sk-very-secret-key-1234")
    account.save(update_fields=["api_key_encrypted", "api_key_hint"])
    answer = program.get("accounts").content.decode()
    assert "1234" not in answer
    assert account.api_key_encrypted not in answer
