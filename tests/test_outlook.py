"""What pages say of a running task's end: only what this installation's own history says."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.outlook import Outlook, between, estimate, left, outlook, says
from dashboard.rendering import View, render_task
from dashboard.usual import ENOUGH, Usual, summed_up, usual_times
from tasks.models import Account, Task

VIEWS: tuple[View, ...] = ("rows", "cards", "task")
USUAL = Usual(120.0, 180.0, 240.0)


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(slug="nebula", provider="nebula", base_url="https://api.example/v1")


def make(account: Account, ran_s: float, **fields: Any) -> Task:
    """A task that began so long ago."""
    now = timezone.now()
    begun_at = now - timedelta(seconds=ran_s)
    values = {
        "status": "running",
        "kind": "video",
        "model": "kling",
        "poll_count": 3,
        "created_at": begun_at,
        "started_at": begun_at,
        "changed_at": now,
        "deadline_at": now + timedelta(hours=1),
        "remote_id": f"t{Task.objects.count()}",
    }
    task = Task.objects.create(account=account, **(values | fields))
    return Task.objects.with_owner().get(pk=task.pk)


def succeeded(account: Account, *seconds: float, **fields: Any) -> None:
    for one in seconds:
        begun_at = timezone.now() - timedelta(hours=1)
        make(account, 3600, status="succeeded", finished_at=begun_at + timedelta(seconds=one), **fields)


def seen(task: Task) -> Outlook | None:
    usual_times.renew([task])
    return outlook(task, timezone.now())


def drawn(task: Task, view: View) -> str:
    usual_times.renew([task])
    return render_task(task, view)


# The words


@pytest.mark.parametrize(
    ("ran_s", "percent", "told_s", "words"),
    [
        (60, None, 0, "usually 2–4 min"),
        (60, 40, 60, "about 2 min left"),
        (75, 40, 60, "about 80 s left"),
        (200, 40, 60, "usually 2–4 min"),
        (60, 2, 60, "usually 2–4 min"),
        (60, 100, 60, "usually 2–4 min"),
        (400, None, 0, "taking longer than usual"),
        (400, 90, 390, "taking longer than usual"),
        (800, 90, 390, "maybe stuck"),
    ],
)
def test_it_says_what_is_known(ran_s: float, percent: int | None, told_s: float, words: str) -> None:
    assert says(USUAL, ran_s, percent, told_s) == words


def test_a_percentage_far_from_what_is_usual_is_not_believed() -> None:
    """MoneyPrinterTurbo says 50 % after a tenth of the time."""
    assert says(USUAL, 20, 50, 18) == "usually 2–4 min"
    assert says(USUAL, 150, 10, 150) == "usually 2–4 min"


@pytest.mark.parametrize(
    ("low_s", "high_s", "words"),
    [
        (2, 7, "2–7 s"),
        (21, 42, "20–40 s"),
        (60, 61, "about 60 s"),
        (110, 250, "2–4 min"),
        (170, 190, "about 3 min"),
        (3600, 7200, "1–2 h"),
    ],
)
def test_a_span_is_said_no_more_exactly_than_it_is_known(low_s: float, high_s: float, words: str) -> None:
    assert between(low_s, high_s) == words


def test_what_is_left_is_rounded() -> None:
    assert [left(one) for one in (1, 14, 44, 95, 3000, 9000)] == [
        "10 s",
        "10 s",
        "40 s",
        "2 min",
        "50 min",
        "3 h",
    ]


def test_the_estimated_bar_rises_and_never_arrives() -> None:
    shown = [estimate(n / 10) for n in range(100)]
    assert shown == sorted(shown)
    assert (shown[0], shown[10]) == (0, 80)
    assert shown[-1] <= 97


# What is usual


def test_few_or_widely_different_times_are_not_usual() -> None:
    assert summed_up([100.0] * (ENOUGH - 1)) is None
    assert summed_up([10.0, 10.0, 100.0, 500.0, 500.0]) is None
    assert summed_up([100.0, 110.0, 120.0, 130.0, 140.0]) == Usual(110.0, 120.0, 140.0)


def test_only_successes_of_the_same_model_at_the_same_provider_count(account: Account) -> None:
    succeeded(account, 100, 100, 100, 100)
    succeeded(account, 100, model="other")
    succeeded(account, 100, kind="audio")
    make(account, 3600, status="failed", finished_at=timezone.now())
    assert seen(make(account, 10)) is None
    usual_times.forget()
    succeeded(account, 100)
    assert seen(make(account, 10)) is not None


def test_another_account_of_the_provider_knows_it_too(account: Account) -> None:
    succeeded(account, *[100] * ENOUGH)
    second = Account.objects.create(slug="second", provider="nebula", base_url="https://b.example/v1")
    elsewhere = Account.objects.create(slug="lemon", provider="lemondata", base_url="https://c.example/v1")
    assert seen(make(second, 10)) is not None
    assert seen(make(elsewhere, 10)) is None


def test_the_database_is_read_now_and_then(
    account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    succeeded(account, *[100] * ENOUGH)
    task = make(account, 10)
    with django_assert_num_queries(2):
        for _ in range(50):
            assert seen(task)


@pytest.mark.parametrize("status", ["queued", "submitting", "succeeded", "failed", "lost"])
def test_a_task_that_does_not_run_has_no_outlook(
    account: Account, status: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    task = make(account, 10, status=status)
    with django_assert_num_queries(0):
        assert outlook(task, timezone.now()) is None


# On the pages


@pytest.mark.parametrize("view", VIEWS)
def test_without_progress_the_bar_is_an_estimate_and_says_so(account: Account, view: View) -> None:
    succeeded(account, *[100, 110, 120, 130, 140])
    html = drawn(make(account, 60), view)
    assert '<progress data-begun="' in html
    assert 'class="about" value="40" max="100" aria-label="About 40 %, estimated from earlier tasks"' in html
    assert "usually about 2 min" in html
    assert ("≈ 40 %" in html) == (view == "rows")


@pytest.mark.parametrize("view", VIEWS)
def test_reported_progress_stays_as_reported(account: Account, view: View) -> None:
    succeeded(account, *[100, 110, 120, 130, 140])
    html = drawn(make(account, 60, progress=50), view)
    assert 'value="50" max="100" aria-label="50 %, reported by the provider"' in html
    assert "about 60 s left" in html
    assert "≈" not in html


@pytest.mark.parametrize("view", VIEWS)
def test_longer_than_usual_is_amber_and_stuck_offers_a_check(account: Account, view: View) -> None:
    succeeded(account, *[100] * ENOUGH)
    slow, stuck = drawn(make(account, 250), view), drawn(make(account, 450), view)
    assert 'class="about slow"' in slow
    assert "taking longer than usual</span>" in slow
    assert "maybe stuck</span>" in stuck
    if view != "cards":
        assert "data-stuck hidden" in slow
        assert "data-stuck>" in stuck


@pytest.mark.parametrize("view", VIEWS)
def test_without_history_nothing_is_claimed(account: Account, view: View) -> None:
    html = drawn(make(account, 60), view)
    assert "usually" not in html
    assert 'aria-label="Running, progress not reported"' in html
