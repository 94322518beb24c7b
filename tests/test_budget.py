from hypothesis import given
from hypothesis import strategies as st

from tasks.budget import Budget, Budgets
from tasks.budget.division import Share


def test_it_lets_as_many_through_as_allowed_then_waits_for_the_first_to_age() -> None:
    budget = Budget(per_minute=2, at_once=9)
    for _ in range(2):
        assert budget.wait_s(0.0) == 0.0
        budget.begin()
        budget.end(1.0)
    assert budget.wait_s(11.0) == 50.0
    assert budget.wait_s(61.0) == 0.0


def test_a_request_counts_until_a_minute_after_its_answer() -> None:
    """The provider may have counted it at any moment between sending and answer."""
    budget = Budget(per_minute=1, at_once=9)
    budget.begin()
    assert budget.wait_s(1000.0) is None
    budget.end(1000.0)
    assert budget.wait_s(1059.0) == 1.0


def test_a_place_is_taken_once() -> None:
    budget = Budget(per_minute=None, at_once=1)
    assert budget.take(0.0) == 0.0
    assert budget.take(0.0) is None
    assert budget.in_flight == 1


def test_no_more_than_so_many_are_in_flight() -> None:
    budget = Budget(per_minute=None, at_once=1)
    budget.begin()
    assert budget.wait_s(0.0) is None
    budget.end(0.0)
    assert budget.wait_s(0.0) == 0.0


@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 20)), max_size=60),
)
def test_no_window_of_a_minute_ever_holds_more(limit: int, requests: list[tuple[float, float]]) -> None:
    """Whenever within its flight a provider counts each request."""
    budget, now, flights = Budget(limit, 1), 0.0, []
    for pause, duration in requests:
        now += pause
        while wait_s := budget.take(now):
            now += wait_s
        flights.append((now, now + duration))
        now += duration
        budget.end(now)
    for arrived in (0, 1):
        times = sorted(flight[arrived] for flight in flights)
        for first, later in zip(times, times[limit:], strict=False):
            assert later - first >= 60 or later - first > 59.999


def test_evenly_taken_half_may_go_at_once_and_the_rest_one_after_the_other() -> None:
    """A burst would come again every minute, and between two of them nobody would be asked."""
    budget = Budget(per_minute=60, at_once=99)
    for _ in range(30):
        assert budget.take(0.0, evenly=True) == 0.0
        budget.end(0.0)
    assert budget.take(0.0, evenly=True) == 1.0
    assert budget.take(0.25, evenly=True) == 0.75
    assert budget.take(1.0, evenly=True) == 0.0
    assert budget.take(1.5, evenly=True) == 0.5
    assert budget.take(1.5) == 0.0


def test_changed_limits_keep_what_was_spent() -> None:
    budgets = Budgets()
    before = budgets.of(1, 5, 20)
    before.begin()
    before.end(0.0)
    after = budgets.of(1, 1, 20)
    assert after is before
    after.grow(Share(1, 20, 1), 100.0)
    assert after.wait_s(0.0) == 60.0


def test_the_ledger_is_asked_for_more_only_while_there_may_be_more() -> None:
    budgets, calls = Budgets(), []
    budgets.wakers.add(lambda: calls.append(1))
    budget = budgets.of(1, 4, 9)
    for _ in range(3):
        assert budget.take(0.0) is None
    assert len(calls) == 1
    budget.wish(4, 9, 0.0)
    budget.grow(Share(4, 9, 4), 100.0)
    for _ in range(6):
        budget.take(0.0)
    assert budget.in_flight == 4
    assert len(calls) == 1
