"""Webhooks end to end: a receiver that fails, stalls or answers late gets everything, and holds up nobody else."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from django.conf import LazySettings

from tasks import lives
from tasks.models import Channel, Delivery, Notice, Poller, Task
from tasks.notifying.channels import pause_channel, redeliver, renew_secret, resume_channel
from tasks.publishing import set_home_loop
from tasks.tracking import stop_tracking
from tasks.vocabulary import Duty, Status
from tests.notifying.conftest import (
    FAST,
    Receiver,
    account_named,
    ends,
    fresh,
    notify,
    notifying,
    person,
    receiving,
    running,
    webhook_to,
)
from tests.poller.conftest import in_database, until

pytestmark = pytest.mark.django_db(transaction=True)

TYPES = ["task.timed_out", "task.succeeded"]


async def task_that_ended(status: Status = Status.SUCCEEDED, **fields: Any) -> Task:
    def make() -> Task:
        account = account_named(f"lemon-{Task.objects.count()}")
        task = running(account, **fields)
        ends(task, status)
        return task

    made: Task = await in_database(make)
    return made


async def channel_to(receiver: Receiver, **terms: Any) -> tuple[Channel, str]:
    made = await in_database(webhook_to, receiver, **terms)
    return made.channel, made.secret


async def test_a_program_is_told_that_a_task_ended_in_words_it_can_check(receiver: Receiver) -> None:
    channel, secret = await channel_to(receiver)
    task = await task_that_ended()

    assert await notify() == 1

    (taken,) = receiver.accepted
    assert taken.is_signed_with(secret)
    assert not taken.is_signed_with("whsec_" + "A" * 44)
    assert taken.headers["content-type"] == "application/json"
    said = taken.json
    assert said["id"] == taken.headers["webhook-id"]
    assert said["type"] == "task.succeeded"
    assert (said["task"]["id"], said["task"]["status"], said["task"]["title"]) == (
        str(task.pk),
        "succeeded",
        "A ridge",
    )
    assert set(said) == {"id", "type", "created_at", "task"}
    row = await Delivery.objects.aget()
    assert (row.http_status, row.answer, row.attempts, row.due_at) == (200, "thanks", 1, None)
    assert row.delivered_at is not None
    assert (await in_database(fresh, channel)).trouble == ""


async def test_it_is_told_once(receiver: Receiver) -> None:
    await channel_to(receiver)
    await task_that_ended()
    for _ in range(3):
        await notify()
    assert len(receiver.sent) == 1


async def test_several_notifiers_tell_everything_once_and_in_order(receiver: Receiver) -> None:
    await channel_to(receiver)
    async with notifying(), notifying(), notifying():
        made = [await task_that_ended(Status.TIMED_OUT, title=f"Shot {n}") for n in range(8)]
        for task in made:
            await in_database(ends, task)
        await until(lambda: len(receiver.accepted) >= 16)
    assert [receiver.of(task) for task in made] == [TYPES] * 8
    assert len({one.headers["webhook-id"] for one in receiver.sent}) == 16
    assert await Poller.objects.acount() == 0


async def test_a_receiver_that_fails_stalls_and_answers_late_gets_each_at_least_once_and_in_order() -> None:
    """The other one gets its own meanwhile, without a single failure of the first one's."""
    moods = ["fails", "stalls", "late", "fails", "takes"]
    stall = asyncio.Event()

    async def moody(_: web.Request, before: int) -> web.StreamResponse:
        mood = moods[before % len(moods)]
        if mood == "fails":
            return web.Response(status=503, text="<b>not now</b>")
        if mood == "stalls":
            await stall.wait()
        if mood == "late":
            await asyncio.sleep(0.06)  # longer than we wait for it below
        return web.Response(text="ok")

    async with receiving(moody) as bad, receiving() as good:
        _, secret = await channel_to(bad)
        await channel_to(good, name="Good")
        made = [await task_that_ended(Status.TIMED_OUT, title=f"Shot {n}") for n in range(4)]
        for task in made:
            await in_database(ends, task)
        async with notifying(answer_s=0.05):
            await until(lambda: len(good.accepted) == 8)
            assert [good.of(task) for task in made] == [TYPES] * 4
            await until(lambda: all(set(bad.of(task)) == set(TYPES) for task in made))
        stall.set()
        for task in made:
            told = bad.of(task)
            assert told == sorted(told, key=TYPES.index), "a later end was told before an earlier one"
        assert all(one.is_signed_with(secret) for one in bad.sent)
        assert len(good.sent) == 8
        bodies = {(one.headers["webhook-id"], one.body) for one in bad.sent}
        assert len(bodies) == 8, "a message sent again is the same message"


async def test_a_stalling_receiver_holds_up_nobody() -> None:
    forever = asyncio.Event()

    async def stalls(_: web.Request, __: int) -> web.StreamResponse:
        await forever.wait()
        return web.Response()

    async with receiving(stalls) as stuck, receiving() as good:
        await channel_to(stuck)
        await channel_to(good, name="Good")
        for number in range(12):
            await task_that_ended(title=f"Shot {number}")
        async with notifying(answer_s=60.0, stop_s=0.01):
            await until(lambda: len(good.accepted) == 12)
            assert len(stuck.sent) == FAST.webhooks_at_once
            assert stuck.accepted == []
        forever.set()
    assert await Delivery.objects.filter(channel__name="Farm", due_at__isnull=False).acount() == 12
    assert await Delivery.objects.exclude(claimed_by=None).acount() == 0


async def test_what_a_dead_process_was_sending_is_sent_again(receiver: Receiver) -> None:
    await channel_to(receiver)
    await task_that_ended()
    await notify(retry_s=())
    dead = await in_database(lives.register, (await Delivery.objects.aget()).created_at, Duty.NOTIFYING)
    lives._ours.discard(dead)
    await Delivery.objects.aupdate(claimed_by=dead, due_at=(await Delivery.objects.aget()).created_at)

    assert await notify() == 1
    assert len(receiver.accepted) == 2
    assert len({one.body for one in receiver.sent}) == 1


async def test_only_what_went_wrong_or_only_one_s_own_where_that_was_asked(receiver: Receiver) -> None:
    mira = await in_database(person)
    async with receiving() as other:
        await channel_to(receiver, tells="wrong")
        await channel_to(other, name="Mine", mine_only=True)
        await task_that_ended()
        failed = await task_that_ended(Status.FAILED)
        lost = await task_that_ended(Status.LOST)
        hers = await task_that_ended(owner=mira)
        await notify()
        assert {one.json["task"]["id"] for one in receiver.accepted} == {str(failed.pk), str(lost.pk)}
        assert [one.json["task"]["id"] for one in other.accepted] == [str(hers.pk)]


async def test_what_happened_before_the_channel_was_made_or_resumed_is_not_told(receiver: Receiver) -> None:
    await task_that_ended()
    channel, _ = await channel_to(receiver)
    mira = await in_database(person)
    await notify()
    await in_database(pause_channel, channel, mira)
    await task_that_ended()
    await notify()
    await in_database(resume_channel, channel, mira)
    await notify()
    assert receiver.sent == []
    last = await task_that_ended(title="The last")
    await notify()
    assert [one.json["task"]["id"] for one in receiver.accepted] == [str(last.pk)]


async def test_nobody_hears_of_what_is_in_the_trash_and_a_disabled_person_of_nothing(
    receiver: Receiver,
) -> None:
    await channel_to(receiver)
    task = await task_that_ended()
    await in_database(stop_tracking, [task.pk], None)
    await notify()
    mira = await in_database(person)
    mira.is_active = False
    await mira.asave()
    await task_that_ended()
    assert await notify() == 0
    assert receiver.sent == []


async def test_a_private_address_is_refused_unless_a_setting_allows_it(
    receiver: Receiver, settings: LazySettings
) -> None:
    settings.NOTIFY_PRIVATE_HOSTS = frozenset()
    channel, _ = await channel_to(receiver)
    await task_that_ended()
    assert await notify(retry_s=()) == 1
    assert receiver.sent == []
    row = await Delivery.objects.aget()
    assert "NOTIFY_PRIVATE_HOSTS" in row.trouble
    assert (await in_database(fresh, channel)).trouble == row.trouble


async def test_redirects_are_not_followed_and_long_answers_not_read() -> None:
    async def redirects(request: web.Request, before: int) -> web.StreamResponse:
        if before == 0:
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        return web.Response(text="x" * 5_000_000, status=500)

    async with receiving(redirects) as receiver:
        await channel_to(receiver)
        await task_that_ended()
        await notify(retry_s=())
        row = await Delivery.objects.aget()
        assert len(receiver.sent) == 1
        assert (row.http_status, row.due_at) == (302, None)
        assert row.given_up_at is not None
        assert "redirects" in row.trouble
        assert await in_database(redeliver, row)
        await notify(retry_s=())
        row = await Delivery.objects.aget()
        assert (row.http_status, len(row.answer)) == (500, 500)


async def test_a_receiver_that_wants_no_more_is_left_alone_until_a_person_says_otherwise() -> None:
    answers = [web.Response(status=410), web.Response()]

    async def gone(_: web.Request, __: int) -> web.StreamResponse:
        return answers.pop(0)

    async with receiving(gone) as receiver:
        channel, _ = await channel_to(receiver)
        await task_that_ended()
        await notify()
        assert (await in_database(fresh, channel)).turned_off_at is not None
        await notify()
        assert len(receiver.sent) == 1
        await in_database(resume_channel, channel, await in_database(person))
        await notify()
        assert len(receiver.accepted) == 1
        assert (await in_database(fresh, channel)).trouble == ""


async def test_days_of_failure_turn_it_off_and_nothing_is_lost() -> None:
    async def fails(_: web.Request, __: int) -> web.StreamResponse:
        return web.Response(status=500)

    async with receiving(fails) as receiver:
        channel, _ = await channel_to(receiver)
        await task_that_ended()
        await notify(turn_off_s=0.0, retry_s=(3600.0,))
        row = await in_database(fresh, channel)
        assert (row.enabled, row.turned_off_at is not None, row.failures) == (True, True, 1)
        assert "HTTP 500" in row.trouble
        assert await Delivery.objects.filter(due_at__isnull=False).acount() == 1
        receiver.answer = None
        await in_database(resume_channel, channel, await in_database(person))
        assert await notify() == 1
        assert len(receiver.accepted) == 1


async def test_after_some_failures_one_message_tries_and_success_frees_the_others() -> None:
    async def fails(_: web.Request, __: int) -> web.StreamResponse:
        return web.Response(status=500)

    async with receiving(fails) as receiver:
        channel, _ = await channel_to(receiver)
        for number in range(4):
            await task_that_ended(title=f"Shot {number}")
        await notify(hold_s=3600.0, longest_hold_s=3600.0, retry_s=(3600.0,))
        row = await in_database(fresh, channel)
        assert (row.failures, row.resumes_at is not None) == (4, True)
        assert await notify() == 0, "held"
        receiver.answer = None
        await Channel.objects.aupdate(resumes_at=None)
        await Delivery.objects.filter(pk=(await Delivery.objects.afirst()).pk).aupdate(due_at=row.created_at)  # type: ignore[union-attr]
        async with notifying():
            await until(lambda: len(receiver.accepted) == 4)
        assert (await in_database(fresh, channel)).failures == 0


async def test_retry_after_is_obeyed() -> None:
    async def busy(_: web.Request, __: int) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "600"})

    async with receiving(busy) as receiver:
        await channel_to(receiver)
        await task_that_ended()
        await notify()
        row = await Delivery.objects.aget()
        assert row.due_at is not None
        assert row.sent_at is not None
        assert (row.due_at - row.sent_at).total_seconds() == 600
        assert len(receiver.sent) == 1


async def test_a_replaced_secret_signs_for_a_day_beside_the_new_one(receiver: Receiver) -> None:
    channel, old = await channel_to(receiver)
    new = await in_database(renew_secret, channel, await in_database(person))
    await task_that_ended()
    await notify()
    (taken,) = receiver.accepted
    assert taken.is_signed_with(old)
    assert taken.is_signed_with(new)
    assert old != new


async def test_without_a_channel_there_is_no_row_and_no_work() -> None:
    await task_that_ended()
    async with notifying() as notifier:
        await asyncio.sleep(0.05)
        assert not notifier._life.is_begun
        assert await Poller.objects.acount() == 0
    assert await Notice.objects.acount() == 0
    assert await notify() == 0


async def test_a_new_channel_wakes_an_idle_notifier(receiver: Receiver) -> None:
    set_home_loop(asyncio.get_running_loop())
    async with notifying(idle_s=3600.0) as notifier:
        await until(lambda: not notifier._busy)
        await asyncio.sleep(0.05)  # until it listens
        await channel_to(receiver)
        task = await task_that_ended()
        await until(lambda: receiver.of(task) == ["task.succeeded"])
