"""What processes hold of an account, in the database."""

import os
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tasks.accounts import test_account as try_account
from tasks.budget import Budget, Budgets
from tasks.budget.division import Durations
from tasks.budget.ledger import settle
from tasks.identity import host_identity
from tasks.models import Account, AccountUse
from tasks.providers.contract import ProviderError
from tests.poller.conftest import make_account

pytestmark = pytest.mark.django_db(transaction=True)


def budget_in(process: Budgets, account: Account) -> Budget:
    return process.of(account.pk, account.requests_per_minute, account.concurrency)


def send_all(process: Budgets, account: Account) -> int:
    """As many as it may send now."""
    budget, sent = budget_in(process, account), 0
    for _ in range(12):
        while budget.take(time.monotonic()) == 0.0:
            budget.end(time.monotonic())
            sent += 1
        settle(process)
    return sent


def held(account: Account) -> tuple[int, int]:
    rows = list(account.uses.all())
    return sum(one.requests for one in rows), sum(one.places for one in rows)


def test_one_process_alone_may_send_everything_and_not_more() -> None:
    account = make_account("http://a.test", requests_per_minute=60)
    assert send_all(Budgets(), account) == 60
    assert held(account)[0] == 60


def test_two_processes_have_together_what_there_is() -> None:
    account = make_account("http://a.test", requests_per_minute=10, concurrency=4)
    one, other = Budgets(), Budgets()
    for process in (one, other, one, other):
        budget_in(process, account).take(time.monotonic())
        settle(process)
        requests, places = held(account)
        assert requests <= 10
        assert places <= 4
    assert send_all(one, account) + send_all(other, account) <= 10
    assert held(account)[0] == 10


def test_what_an_earlier_life_of_this_process_sent_still_counts() -> None:
    account = make_account("http://a.test", requests_per_minute=10)
    now = timezone.now()
    AccountUse.objects.create(
        account=account,
        holder=uuid4(),
        host=host_identity(),
        pid=os.getpid(),
        requests=7,
        places=20,
        spent=[[now.timestamp() - 40, 2], [now.timestamp() - 5, 4]],
        until=now + timedelta(seconds=30),
        at=now,
    )
    process = Budgets()
    process.durations = Durations(look_s=0.0)
    assert send_all(process, account) == 0  # it may still have had all places a moment ago
    AccountUse.objects.filter(places=20).update(until=now - timedelta(seconds=11))
    assert send_all(process, account) == 3


def test_what_the_dead_held_is_forgotten_after_a_minute() -> None:
    account = make_account("http://a.test", requests_per_minute=10)
    past = timezone.now() - timedelta(seconds=61)
    AccountUse.objects.create(account=account, holder=uuid4(), requests=10, places=20, until=past, at=past)
    assert send_all(Budgets(), account) == 10
    assert account.uses.count() == 1


def test_one_that_leaves_gives_back_all_but_what_is_spent() -> None:
    account = make_account("http://a.test", requests_per_minute=60)
    process = Budgets()
    budget = budget_in(process, account)
    budget.take(time.monotonic())
    settle(process)
    assert budget.take(time.monotonic()) == 0.0
    budget.end(time.monotonic())
    settle(process, leaving=True)
    assert held(account) == (1, 0)
    assert budget.take(time.monotonic()) is None
    assert send_all(Budgets(), account) == 59


def test_a_test_of_the_connection_takes_one_request_and_gives_the_rest_back() -> None:
    account = make_account("http://127.0.0.1:9", requests_per_minute=2)
    for _ in range(2):
        with pytest.raises(ProviderError, match="gave no answer"):
            try_account(account)
    assert held(account) == (2, 0)
    with pytest.raises(ProviderError, match="All requests this account may send are in use"):
        try_account(account)


def test_without_a_limit_only_places_are_divided() -> None:
    account = make_account("http://a.test", concurrency=3)
    one, other = Budgets(), Budgets()
    for process in (one, other) * 6:
        budget_in(process, account).take(time.monotonic())
        settle(process)
    assert budget_in(one, account).in_flight + budget_in(other, account).in_flight == 3


def test_a_deleted_account_is_forgotten() -> None:
    account, process = make_account("http://a.test"), Budgets()
    budget_in(process, account).take(time.monotonic())
    account.delete()
    settle(process)
    assert process.all() == {}


def test_a_higher_limit_is_used_and_a_lower_one_kept() -> None:
    account, process = make_account("http://a.test", requests_per_minute=10), Budgets()
    assert send_all(process, account) == 10
    account.requests_per_minute = 20
    account.save()
    assert send_all(process, account) == 10
    account.requests_per_minute = 5
    account.save()
    budget_in(process, account).take(time.monotonic())
    assert send_all(process, account) == 0
