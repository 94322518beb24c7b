"""A "too many requests" lowers what is sent, and time raises it again."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.budget import budgets
from tasks.budget.learning import Slowed, allowed, slowed
from tasks.budget.ledger import settle
from tests.poller.conftest import make_account


def test_it_is_lowered_by_a_quarter_and_grows_by_a_twentieth_a_minute() -> None:
    learned = slowed(60, 60, 0.0)
    assert [allowed(60, learned, minutes * 60.0) for minutes in (0, 1, 2, 4, 5, 99)] == [
        45,
        48,
        51,
        57,
        60,
        60,
    ]


def test_refused_again_it_is_lowered_from_where_it_is() -> None:
    again = slowed(allowed(60, slowed(60, 60, 0.0), 60.0), 48, 60.0)
    assert allowed(60, again, 60.0) == 36


def test_without_a_limit_the_rate_that_was_too_high_tells_one_for_a_while() -> None:
    learned = slowed(None, 100, 0.0)
    assert [allowed(None, learned, minutes * 60.0) for minutes in (0, 5, 24, 25)] == [75, 100, 195, None]


@given(st.none() | st.integers(1, 500), st.integers(0, 900), st.floats(0, 1e5))
def test_it_never_stops_an_account_nor_allows_more_than_a_person(
    limit: int | None, sent: int, after_s: float
) -> None:
    rate = allowed(limit, slowed(limit, sent, 0.0), after_s)
    assert rate is None or rate >= 1
    if limit is not None:
        assert rate is not None
        assert rate <= limit


def test_nothing_learned_is_the_limit() -> None:
    assert allowed(60, None, 0.0) == 60
    assert allowed(60, Slowed(60, 40, 0.0), 1e6) == 60


@pytest.mark.django_db(transaction=True)
def test_of_requests_sent_together_one_refusal_counts() -> None:
    account = make_account("http://a.test", requests_per_minute=100)
    budget = budgets.of(account.pk, 100, 20)
    for _ in range(80):
        budget.begin()
        budget.end(time.monotonic())
    sent_s = time.monotonic()
    budget.refused(sent_s)
    settle(budgets)
    account.refresh_from_db()
    assert (account.slowed_from, account.slowed_to) == (80, 60)
    budget.refused(sent_s)
    settle(budgets)
    account.refresh_from_db()
    assert account.slowed_to == 60
    budget.refused(time.monotonic())
    settle(budgets)
    account.refresh_from_db()
    assert account.slowed_to == 45
    assert budgets.of(account.pk, 100, 20).per_minute == 45
