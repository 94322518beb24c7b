"""Workers that are stopped, killed or declared dead, two at once, and providers that want to be asked slowly."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks import lives
from tasks.batches import pieces
from tasks.batches.acts import ACTS
from tasks.batches.beginning import purge_batches
from tasks.models import Account, Batch, BatchItem, Poller, Submission, Task
from tasks.vocabulary import BatchAct, Duty
from tests.batches.conftest import begun, has_ended, in_database, report_of, work_off, worked_off, working
from tests.batches.test_acts import made_here, reasons
from tests.loopback import Loopback
from tests.pages.tasks import make
from tests.poller.conftest import account_at, fresh, until

pytestmark = pytest.mark.django_db(transaction=True)


def worker() -> Any:
    return lives.register(timezone.now(), Duty.BATCHING)


def test_a_worker_that_dies_between_two_pieces_is_succeeded(
    account: Account, mira: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACTS, BatchAct.AGAIN, type(ACTS[BatchAct.AGAIN])(ACTS[BatchAct.AGAIN].do, size=1))
    for name in ("One", "Two", "Three"):
        made_here(account, name)
    batch = begun(BatchAct.AGAIN, mira)
    dead = worker()
    assert [one.pk for one in pieces.claim(dead, timezone.now(), asking=False)] == [batch.pk]
    assert pieces.work(batch.pk, dead)
    assert worked_off() == 0, "it is still claimed"
    lives.leave(dead)
    assert not pieces.work(batch.pk, dead), "what it holds no longer it does not touch"
    assert worked_off() == 1
    calls = Submission.objects.filter(retry_of__isnull=False)
    assert calls.count() == calls.values("retry_of").distinct().count() == 3
    batch.refresh_from_db()
    assert (batch.done, batch.total) == (3, 3)


def test_a_piece_that_is_cut_off_leaves_no_half(
    account: Account, mira: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_here(account, "One")
    batch = begun(BatchAct.AGAIN, mira)
    one = worker()
    pieces.claim(one, timezone.now(), asking=False)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(pieces, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            pieces.work(batch.pk, one)
    assert not Submission.objects.filter(retry_of__isnull=False).exists()
    lives.leave(one)
    worked_off()
    assert Submission.objects.filter(retry_of__isnull=False).count() == 1


async def test_two_workers_share_and_make_nothing_twice() -> None:
    def prepare() -> Batch:
        account = Account.objects.create(slug="a", provider="lemondata", base_url="https://api.example")
        for number in range(45):
            made_here(account, f"Shot {number}")
        return begun(BatchAct.AGAIN, User.objects.create_user("mira"))

    batch = await in_database(prepare)
    async with working(), working():
        await until(lambda: has_ended(batch))
    assert (await report_of(batch)).done == 45
    assert await Submission.objects.filter(retry_of__isnull=False).acount() == 45
    assert await Poller.objects.acount() == 0


async def test_a_stopped_worker_gives_back_what_it_holds() -> None:
    def prepare() -> Batch:
        account = Account.objects.create(slug="a", provider="lemondata", base_url="https://api.example")
        make(account)
        return begun(BatchAct.CANCEL, User.objects.create_user("mira"))

    batch = await in_database(prepare)
    await in_database(Batch.objects.update, due_at=timezone.now() + timedelta(hours=1))
    async with working():
        await asyncio.sleep(0.05)
    assert (await report_of(batch)).claimed_by_id is None
    assert not await has_ended(batch)


async def test_each_provider_is_asked_to_cancel_and_says_why_not(provider: Loopback) -> None:
    account = await account_at(provider)

    def prepare() -> tuple[Batch, list[Task]]:
        tasks = [make(account, remote_id=f"t{n}") for n in range(3)]
        make(account, status="succeeded")
        return begun(BatchAct.CANCEL, User.objects.create_user("mira")), tasks

    batch, tasks = await in_database(prepare)
    gone = {"id": "t0", "status": "failed", "cancelled": True, "cancellation_status": "cancelled"}
    provider.say("/v1/tasks/t0", gone)
    provider.say("/v1/tasks/t1", {"error": {"code": "task_not_cancellable", "message": "no"}}, status=409)
    provider.say("/v1/tasks/t2", gone | {"id": "t2"})
    assert await work_off() == 1
    assert [(await fresh(task)).status for task in tasks] == ["canceled", "running", "canceled"]
    assert (await report_of(batch)).done == 2
    assert sorted(await in_database(reasons, batch)) == [
        "It has ended already: there is nothing to cancel.",
        "LemonData has begun with it or has ended it: it can no longer be canceled.",
    ]


async def test_too_many_requests_are_waited_for(provider: Loopback) -> None:
    account = await account_at(provider)

    def prepare() -> Batch:
        make(account, remote_id="t0")
        return begun(BatchAct.CANCEL, User.objects.create_user("mira"))

    batch = await in_database(prepare)
    provider.say(
        "/v1/tasks/t0", {"error": {"message": "slow down"}}, status=429, headers={"retry-after": "7"}
    )
    assert await work_off() == 0
    waiting = await report_of(batch)
    assert waiting.note == "Waits for room in the requests of lemon."
    assert waiting.due_at > timezone.now() + timedelta(seconds=5)
    assert (await BatchItem.objects.aget()).state == "waiting"
    provider.say("/v1/tasks/t0", {"id": "t0", "status": "failed", "cancelled": True})
    await in_database(Batch.objects.update, due_at=timezone.now())
    assert await work_off() == 1
    assert (await report_of(batch)).done == 1


def test_a_call_whose_answer_nobody_wrote_down_is_made_once_more(account: Account, mira: User) -> None:
    task = make(account)
    batch = begun(BatchAct.CANCEL, mira)
    BatchItem.objects.update(state="begun")
    Task.objects.filter(pk=task.pk).update(status="canceled")  # as the first call had it
    worked_off()
    batch.refresh_from_db()
    assert (batch.done, batch.not_done) == (1, 0)


def test_reports_are_deleted_after_thirty_days(account: Account, mira: User) -> None:
    make(account)
    begun(BatchAct.STAR, mira)
    worked_off()
    now = timezone.now()
    while purge_batches(now + timedelta(days=29)):
        pass
    assert Batch.objects.exists()
    while purge_batches(now + timedelta(days=31)):
        pass
    assert not Batch.objects.exists()
    assert not BatchItem.objects.exists()
