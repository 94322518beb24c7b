"""Requests to check now, rechecks of tasks that were given up, and the trash, while questions are on their way."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from django.utils import timezone

from tasks.models import Task
from tasks.timing import Timing
from tasks.tracking import check_now, restore, stop_tracking
from tests.loopback import Loopback, reply
from tests.poller.conftest import (
    account_at,
    events,
    fresh,
    has_status,
    in_database,
    polling,
    tracked,
    until,
)

pytestmark = pytest.mark.django_db(transaction=True)

RUNNING = {"id": "t1", "status": "processing", "progress": 45}
DONE = {"id": "t1", "status": "completed", "video_url": "https://cdn.example/v.mp4"}
GONE = {"error": {"code": "async_task_not_found", "message": "Task not found or no longer available."}}
PATH = "/v1/tasks/t1"
HOURS: dict[str, Any] = {"timed_out_recheck_s": (7200.0,), "lost_recheck_s": (7200.0,)}


async def gave_up(task: Task, status: str) -> None:
    """As it stands once it was lost or timed out, with its next recheck due."""
    now = timezone.now()
    await Task.objects.filter(pk=task.pk).aupdate(
        status=status, raw_status="processing", progress=45, deadline_at=now, status_at=now, started_at=now
    )


async def _is_free(task: Task) -> bool:
    return (await fresh(task)).claimed_by_id is None


async def _asked_for(task: Task, **columns: Any) -> None:
    """Somebody asked to check now just before the row came to stand like this."""
    now = timezone.now()
    await Task.objects.filter(pk=task.pk).aupdate(check_requested_at=now, **columns)


async def test_a_check_asked_for_while_its_task_was_given_back_is_made(provider: Loopback) -> None:
    provider.say(PATH, DONE)
    task = await tracked(await account_at(provider))
    await gave_up(task, "timed_out")
    await _asked_for(task, next_poll_at=timezone.now() + timedelta(hours=2))
    async with polling(**HOURS):
        await until(lambda: has_status(task, "succeeded"))
    assert (await fresh(task)).check_requested_at is None


async def test_a_check_after_the_last_recheck_is_made(provider: Loopback) -> None:
    provider.say(PATH, DONE)
    task = await tracked(await account_at(provider))
    await gave_up(task, "lost")
    await Task.objects.filter(pk=task.pk).aupdate(next_poll_at=None)
    async with polling(**HOURS):
        await in_database(check_now, await fresh(task), None)
        await until(lambda: has_status(task, "succeeded"))


async def test_a_check_of_a_lost_task_during_its_recheck_asks_once_more(provider: Loopback) -> None:
    entered, let_go = asyncio.Event(), asyncio.Event()

    async def say_gone_late(_: web.Request) -> web.StreamResponse:
        entered.set()
        await let_go.wait()
        provider.say(PATH, DONE)
        return reply(GONE, 404)

    provider.answers[PATH] = say_gone_late
    task = await tracked(await account_at(provider))
    await gave_up(task, "lost")
    async with polling(**HOURS, request_timeout_s=5.0):
        await entered.wait()
        await in_database(check_now, await fresh(task), None)
        await until(lambda: _has_no_request(task))
        let_go.set()
        await until(lambda: has_status(task, "succeeded"))


async def _has_no_request(task: Task) -> bool:
    return (await fresh(task)).check_requested_at is None


async def test_a_request_left_on_a_final_task_is_cleared_and_asks_nothing(provider: Loopback) -> None:
    task = await tracked(await account_at(provider))
    await _asked_for(task, status="succeeded", next_poll_at=None)
    async with polling():
        await until(lambda: _has_no_request(task))
        await asyncio.sleep(0.05)
    assert not provider.asked
    assert (await fresh(task)).next_poll_at is None


@pytest.mark.parametrize("status", ["lost", "timed_out"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Bad Gateway", 502),
        ({"error": {"code": "rate_limit_exceeded", "message": "slow", "retry_after": 0.01}}, 429),
    ],
)
async def test_a_recheck_that_goes_unanswered_is_still_owed(
    provider: Loopback, status: str, body: object, code: int
) -> None:
    provider.say(PATH, body, status=code)
    task = await tracked(await account_at(provider))
    await gave_up(task, status)
    async with polling(**HOURS):
        await until(lambda: provider.times(PATH) >= 2)
        provider.say(PATH, DONE)
        await until(lambda: has_status(task, "succeeded"))


async def test_a_provider_that_stays_away_ends_a_recheck(provider: Loopback) -> None:
    provider.say(PATH, "Bad Gateway", status=502)
    task = await tracked(await account_at(provider))
    await gave_up(task, "timed_out")
    async with polling(**HOURS):
        await until(lambda: provider.times(PATH) >= 5)
        await until(lambda: _is_free(task))
        await asyncio.sleep(0.1)
    assert provider.times(PATH) == 5
    assert (await fresh(task)).next_poll_at is not None


async def test_a_provider_of_many_words_does_not_fill_the_history(provider: Loopback, timing: Timing) -> None:
    async def complain(_: web.Request) -> web.StreamResponse:
        return reply({"error": {"message": f"request {len(provider.asked)} failed"}}, 500)

    provider.answers[PATH] = complain
    task = await tracked(await account_at(provider))
    async with polling(transient_gap_s=0.001, longest_transient_gap_s=0.001, facts_s=0.02):
        await until(lambda: provider.times(PATH) >= 70)
        provider.say(PATH, DONE)
        await until(lambda: has_status(task, "succeeded"))
    assert [kind for kind, _ in await events(task)].count("problem") == 50


async def test_an_answer_from_before_the_trash_counts_once_after_the_restore(provider: Loopback) -> None:
    entered, let_go = asyncio.Event(), asyncio.Event()

    async def answer_late(_: web.Request) -> web.StreamResponse:
        entered.set()
        await let_go.wait()
        return reply(DONE)

    provider.answers[PATH] = answer_late
    task = await tracked(await account_at(provider))
    async with polling(request_timeout_s=5.0):
        await entered.wait()
        await in_database(stop_tracking, [task.id], None)
        await in_database(restore, [task.id], None)
        await until(lambda: provider.times(PATH) == 2)
        let_go.set()
        await until(lambda: has_status(task, "succeeded"))
        await asyncio.sleep(0.05)
    after = await fresh(task)
    assert [one for one in await events(task) if one == ("status", "succeeded")] == [("status", "succeeded")]
    assert await after.results.acount() == 1
    assert after.claimed_by_id is None


async def test_a_resumed_account_asks_at_once_what_was_put_off(provider: Loopback) -> None:
    from tasks.accounts import pause_account, resume_account

    provider.say(PATH, {"error": {"message": "not yours", "code": "access_denied"}}, status=403)
    account = await account_at(provider)
    task = await tracked(account)
    async with polling():
        await until(lambda: _asked_about(task))
        await in_database(pause_account, account, None)
        await until(lambda: _is_free(task))
        provider.say(PATH, DONE)
        await in_database(resume_account, account, None)
        await until(lambda: has_status(task, "succeeded"))


async def _asked_about(task: Task) -> bool:
    return any(kind == "problem" for kind, _ in await events(task))


async def test_two_pollers_on_one_database_share_the_tasks(provider: Loopback) -> None:
    account = await account_at(provider)
    several = [await tracked(account, f"t{n}") for n in range(20)]
    for n in range(20):
        provider.say(f"/v1/tasks/t{n}", RUNNING, RUNNING, DONE)
    async with polling(), polling():
        await until(lambda: _all_succeeded(several))
    for one in several:
        assert [kind for kind, _ in await events(one)].count("status") == 2
        assert (await fresh(one)).poll_count == 3


async def _all_succeeded(several: list[Task]) -> bool:
    return await Task.objects.filter(status="succeeded").acount() == len(several)


async def test_a_word_of_a_later_version_holds_up_no_other_task(provider: Loopback) -> None:
    account = await account_at(provider)
    odd, plain = await tracked(account, "odd"), await tracked(account)
    await Task.objects.filter(pk=odd.pk).aupdate(kind="hologram")
    provider.say(PATH, DONE)
    async with polling():
        await until(lambda: has_status(plain, "succeeded"))
