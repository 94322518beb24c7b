"""Batches, windows and quiet hours of chat messages: clocks are passed in."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tasks.models import Account, Channel, Delivery, Notice, Task
from tasks.notifying.gathering import gather_chat
from tasks.notifying.reading import Reader
from tasks.vocabulary import Status
from tests.notifying.conftest import FAST, account_named, chat_to, ends, fresh, person, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(db: None) -> Channel:
    return chat_to("json://127.0.0.1:9/path")


@pytest.fixture
def account(db: None) -> Account:
    return account_named()


NOW = timezone.now()


def read(now: datetime) -> None:
    Reader(60.0, 10.0).read(list(Channel.objects.all()), now, 0.0)


def gather(channel: Channel, now: datetime) -> bool:
    return gather_chat(fresh(channel), now, replace(FAST, collect_s=8.0, calm_s=60.0, cohort_s=1800.0))


def titles() -> list[str]:
    return list(Delivery.objects.order_by("created_at", "id").values_list("subject", flat=True))


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def started(account: Account, count: int, gap_s: float = 1.0, **fields: Any) -> list[Task]:
    """Tasks that one person began, one after the other."""
    return [
        running(
            account, f"Shot {n}", person(), created_at=NOW + timedelta(seconds=n * gap_s - 7200), **fields
        )
        for n in range(count)
    ]


def test_what_ends_within_a_moment_is_one_message(channel: Channel, account: Account) -> None:
    for task in started(account, 3, gap_s=60.0):
        ends(task)
    read(NOW)
    assert not gather(channel, after(5))
    assert gather(channel, after(9))
    assert titles() == ["3 done"]
    assert not gather(channel, after(10))


def test_after_a_message_there_is_calm(channel: Channel, account: Account) -> None:
    for number, task in enumerate(started(account, 40, gap_s=60.0)):
        ends(task)
        read(after(number))
        gather(channel, after(number + 9))
        Delivery.objects.update(due_at=None)  # it has arrived
    gather(channel, after(200))
    assert len(titles()) == 2
    assert titles()[0] == "Done: Shot 0"


def test_tasks_started_together_are_told_when_all_are_done(channel: Channel, account: Account) -> None:
    cohort = started(account, 24)
    for number, task in enumerate(cohort[:-1]):
        ends(task, Status.FAILED if number in {3, 7} else Status.SUCCEEDED)
    read(NOW)
    assert not gather(channel, after(1000))
    ends(cohort[-1])
    read(after(1001))
    assert gather(channel, after(1002))
    assert titles() == ["24 tasks started together: 22 done, 2 failed"]
    payload = Delivery.objects.get().payload
    assert payload.index("Failed: Shot 3") < payload.index("Done: Shot")
    assert "12 more" in payload


def test_a_task_that_never_ends_does_not_hold_the_others_for_good(channel: Channel, account: Account) -> None:
    cohort = started(account, 3)
    for task in cohort[:2]:
        ends(task)
    read(NOW)
    assert not gather(channel, after(1799))
    assert gather(channel, after(1801))
    assert titles() == ["3 tasks started together: 2 done, 1 still under way"]


def test_a_batch_that_waits_holds_up_no_other_task(channel: Channel, account: Account) -> None:
    waiting = started(account, 2)
    alone = running(account, "Alone", person("jonas"))
    ends(waiting[0])
    ends(alone)
    read(NOW)
    assert gather(channel, after(9))
    assert titles() == ["Done: Alone"]
    assert Notice.objects.filter(gathered_at=None).count() == 1


def test_a_channel_for_failures_tells_how_the_whole_batch_ended(account: Account) -> None:
    channel = chat_to("json://127.0.0.1:9/path", tells="wrong")
    cohort = started(account, 3)
    ends(cohort[0], Status.FAILED)
    for task in cohort[1:]:
        ends(task)
    read(NOW)
    assert gather(channel, after(9))
    assert titles() == ["3 tasks started together: 2 done, 1 failed"]


def test_the_night_is_told_in_the_morning(account: Account) -> None:
    channel = chat_to("json://127.0.0.1:9/path", quiet_from=time(22), quiet_to=time(7))
    midnight = datetime(2030, 1, 1, tzinfo=UTC)
    for number, task in enumerate(started(account, 5, gap_s=60.0)):
        ends(task, Status.FAILED if number == 2 else Status.SUCCEEDED)
        read(midnight + timedelta(hours=number))
        assert not gather(channel, midnight + timedelta(hours=number, minutes=30))
    assert not gather(channel, midnight + timedelta(hours=6, minutes=59))
    assert gather(channel, midnight + timedelta(hours=7))
    assert titles() == ["While it was quiet: 4 done, 1 failed"]


def test_a_task_that_is_gone_is_not_told(channel: Channel, account: Account) -> None:
    task = running(account)
    ends(task)
    read(NOW)
    Task.objects.update(deleted_at=NOW)
    assert not gather(channel, after(9))
    assert titles() == []
    assert not Notice.objects.filter(gathered_at=None).exists()
