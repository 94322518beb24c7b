"""What goes wrong between poller and database: nothing is asked twice, and no task is forgotten."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.utils import timezone

from tasks import applying, lives
from tasks.accounts import delete_account
from tasks.budget import budgets
from tasks.models import Account, Poller, Task
from tasks.poller import claims
from tests.loopback import Loopback
from tests.poller.conftest import account_at, fresh, has_status, in_database, polling, tracked, until

pytestmark = pytest.mark.django_db(transaction=True)

RUNNING = {"id": "t1", "status": "processing", "progress": 45}
DONE = {"id": "t1", "status": "completed", "video_url": "https://cdn.example/v.mp4"}
PATH = "/v1/tasks/t1"


def failing_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """As when the database goes away at just that moment."""
    left = [OperationalError("server closed the connection unexpectedly")]

    def call(*args: Any) -> Any:
        if left:
            raise left.pop()
        return function(*args)

    return call


async def test_a_claim_whose_rows_could_not_be_read_is_taken_up_later(
    provider: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.say(PATH, DONE)
    task = await tracked(await account_at(provider))
    monkeypatch.setattr(claims, "held", failing_once(claims.held))
    async with polling():
        await until(lambda: has_status(task, "succeeded"))


async def test_a_pause_cut_short_by_the_database_leaves_no_task_behind(
    provider: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.say(PATH, RUNNING)
    account = await account_at(provider)
    task = await tracked(account)
    async with polling():
        await until(lambda: has_status(task, "running"))
        monkeypatch.setattr(claims, "release_account", failing_once(claims.release_account))
        await Account.objects.filter(pk=account.pk).aupdate(enabled=False, config_version=2)
        await until(lambda: _is_free(task))
        provider.say(PATH, DONE)
        await Account.objects.filter(pk=account.pk).aupdate(enabled=True, config_version=3)
        await until(lambda: has_status(task, "succeeded"))


async def _is_free(task: Task) -> bool:
    return (await fresh(task)).claimed_by_id is None


async def test_a_poller_declared_dead_claims_nothing_until_it_has_started_anew(provider: Loopback) -> None:
    provider.say(PATH, RUNNING)
    task = await tracked(await account_at(provider))
    async with polling(heartbeat_s=0.2):
        await until(lambda: has_status(task, "running"))
        first = await Poller.objects.aget()
        await in_database(bury, first.pk)
        provider.say(PATH, DONE)
        await until(lambda: has_status(task, "succeeded"))
        assert not await Poller.objects.filter(pk=first.pk).aexists()


def bury(poller_id: UUID) -> None:
    """As another poller does that missed its heartbeat."""
    Task.objects.filter(claimed_by=poller_id).update(claimed_by=None)
    Poller.objects.filter(pk=poller_id).delete()


async def test_a_deleted_account_is_forgotten_though_it_was_just_asked(provider: Loopback) -> None:
    gone = await account_at(provider, "gone")
    task = await tracked(await account_at(provider))
    provider.say(PATH, RUNNING)
    async with polling():
        await until(lambda: has_status(task, "running"))
        budget = budgets.of(gone.pk, None, 20)  # a person tests the connection, and then deletes it
        budget.begin()
        await in_database(delete_account, gone, None)
        budget.end(asyncio.get_running_loop().time())
        await asyncio.sleep(0.1)
        provider.say(PATH, DONE)
        await until(lambda: has_status(task, "succeeded"))


async def test_a_fault_in_one_duty_ends_no_poller(
    provider: Loopback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(lives, "beat", broken)
    provider.say(PATH, DONE)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: "ZeroDivisionError" in caplog.text)
        await until(lambda: has_status(task, "succeeded"))


async def test_a_change_that_cannot_be_written_harms_no_other(
    provider: Loopback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    account = await account_at(provider)
    bad, good = await tracked(account, "bad"), await tracked(account, "t1")
    real = applying.record_all

    def record_all(edits: list[applying.Edit]) -> None:
        if any(edit.task_id == bad.pk for edit in edits):
            raise KeyError("a fault of our own")
        real(edits)

    monkeypatch.setattr(applying, "record_all", record_all)
    provider.say("/v1/tasks/bad", DONE | {"id": "bad"})
    provider.say(PATH, DONE)
    async with polling():
        await until(lambda: has_status(good, "succeeded"))
        await until(lambda: str(bad.pk) in caplog.text)


async def test_a_release_with_no_news_goes_through_beside_a_persons_edit(provider: Loopback) -> None:
    """A recheck that brings nothing gives the task back, also when its version rose meanwhile."""
    release = asyncio.Event()
    entered = asyncio.Event()

    async def answer_late(_: object) -> object:
        from tests.loopback import reply

        entered.set()
        await release.wait()
        return reply(RUNNING)

    provider.answers[PATH] = answer_late  # type: ignore[assignment]
    task = await tracked(await account_at(provider))
    now = timezone.now()
    await Task.objects.filter(pk=task.pk).aupdate(
        status="timed_out",
        deadline_at=now,
        status_at=now,
        raw_status="processing",
        progress=45,
        started_at=now,
    )
    async with polling(timed_out_recheck_s=(3600.0,), request_timeout_s=5.0):
        await entered.wait()
        await Task.objects.filter(pk=task.pk).aupdate(title="Ours", version=task.version + 1)
        release.set()
        await until(lambda: _is_free(task))
    assert (await fresh(task)).next_poll_at is not None
