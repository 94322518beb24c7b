import threading
from collections.abc import Callable
from random import Random

import pytest
from django.db import connection, transaction
from django.db.models import F

from tasks.models import Account
from tasks.transactions import lock_in_order, write_transaction

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 6
TIMES = 25


@pytest.fixture
def account() -> Account:
    return Account.objects.create(slug="a", provider="nebula", base_url="https://a.example")


def in_threads(work: Callable[[], None], number: int = THREADS) -> list[BaseException]:
    """Run it in several threads at once; what they raised."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  the test shows whatever it is
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return errors


def test_many_threads_write_and_none_is_locked_out(account: Account) -> None:
    def work() -> None:
        for _ in range(TIMES):
            with write_transaction():
                Account.objects.filter(pk=account.pk).update(config_version=F("config_version") + 1)

    assert in_threads(work) == []
    account.refresh_from_db()
    assert account.config_version == 1 + THREADS * TIMES


def test_what_fails_is_undone_and_lets_the_next_in(account: Account) -> None:
    with pytest.raises(ZeroDivisionError):
        _rename_and_fail(account, "half")
    errors = in_threads(lambda: _rename(account, "whole"), 1)
    account.refresh_from_db()
    assert (errors, account.name) == ([], "whole")


def _rename(account: Account, name: str) -> None:
    with write_transaction():
        Account.objects.filter(pk=account.pk).update(name=name)


def _rename_and_fail(account: Account, name: str) -> None:
    with write_transaction():
        _rename(account, name)
        raise ZeroDivisionError


def test_one_within_another_is_one_transaction(account: Account) -> None:
    with pytest.raises(ZeroDivisionError):
        _rename_and_fail(account, "inner")
    account.refresh_from_db()
    assert account.name == ""
    assert not transaction.get_connection().in_atomic_block


def test_who_writes_the_same_rows_in_another_order_never_waits_for_ever() -> None:
    for name in "abcd":
        Account.objects.create(slug=name, provider="nebula", base_url="https://a.example")
    ids = list(Account.objects.values_list("pk", flat=True))

    def work() -> None:
        chance = Random(threading.get_ident())
        for _ in range(TIMES):
            with write_transaction():
                lock_in_order(Account.objects.filter(pk__in=ids))
                for pk in chance.sample(ids, len(ids)):
                    Account.objects.filter(pk=pk).update(concurrency=F("concurrency") + 1)

    assert in_threads(work) == []
    before = Account._meta.get_field("concurrency").get_default()
    assert set(Account.objects.values_list("concurrency", flat=True)) == {before + THREADS * TIMES}
