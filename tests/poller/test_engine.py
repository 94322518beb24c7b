"""The poller against a real server on a loopback port, on the real database."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from tasks import lives
from tasks.models import Account, Poller, RawAnswer, Task
from tasks.publishing import set_home_loop, wake_pollers
from tasks.tracking import check_now, restore, stop_tracking
from tests.loopback import Loopback
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

PENDING = {"id": "t1", "status": "pending"}
RUNNING = {"id": "t1", "status": "processing", "progress": 45, "model": "veo3.1"}
DONE = {"id": "t1", "status": "completed", "video_url": "https://cdn.example/v.mp4"}
FAILED = {"id": "t1", "status": "failed", "error": "Content policy violation"}
PATH = "/v1/tasks/t1"


async def test_it_follows_a_task_to_its_end(provider: Loopback) -> None:
    provider.say(PATH, PENDING, RUNNING, DONE)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: has_status(task, "succeeded"))
    after = await fresh(task)
    assert (after.progress, after.model, after.raw_status) == (100, "veo3.1", "completed")
    assert after.next_poll_at is None
    assert after.claimed_by_id is None
    assert after.finished_at is not None
    assert [e for e in await events(task) if e[0] == "status"] == [
        ("status", "running"),
        ("status", "succeeded"),
    ]
    assert [r.remote_url async for r in after.results.all()] == ["https://cdn.example/v.mp4"]
    assert "cdn.example" in (await RawAnswer.objects.aget(task=task)).text


async def test_it_stops_asking_when_a_task_is_final(provider: Loopback) -> None:
    provider.say(PATH, DONE)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: has_status(task, "succeeded"))
        await asyncio.sleep(0.1)
    assert provider.times(PATH) == 1
    assert (await fresh(task)).poll_count == 1


async def test_it_explains_a_failure(provider: Loopback) -> None:
    provider.say(PATH, FAILED)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: has_status(task, "failed"))
    after = await fresh(task)
    assert (after.error_reason, after.error_message) == ("moderation", "Content policy violation")


async def test_it_keeps_asking_after_an_unknown_word_and_shows_it(provider: Loopback) -> None:
    provider.say(PATH, RUNNING, {"id": "t1", "status": "dreaming"}, {"id": "t1", "status": "dreaming"}, DONE)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: _raw_status_is(task, "dreaming"))
        assert (await fresh(task)).status == "running"
        await until(lambda: has_status(task, "succeeded"))


async def _raw_status_is(task: Task, word: str) -> bool:
    return (await fresh(task)).raw_status == word


async def test_it_asks_the_poll_url_byte_for_byte_with_the_key(provider: Loopback) -> None:
    url = "/v1/tasks/t1?sig=a%2Fb%3D%3D&e=1%3A2"
    provider.say(PATH, DONE)
    task = await tracked(await account_at(provider), poll_url=url)
    async with polling():
        await until(lambda: has_status(task, "succeeded"))
    assert provider.asked[0].path == url
    assert provider.asked[0].headers["authorization"] == "Bearer sk-test-0123456789abcdef"


async def test_it_follows_no_redirect(provider: Loopback) -> None:
    provider.say(PATH, "moved", status=302, headers={"location": f"{provider.url}/elsewhere"})
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: _has_problem(task))
    assert provider.times("/elsewhere") == 0
    assert (await fresh(task)).status == "queued"


async def _has_problem(task: Task) -> bool:
    return any(kind == "problem" for kind, _ in await events(task))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html><title>Login</title></html>", 200),
        ('{"id": "t1", "status": "compl', 200),
        ([1, 2, 3], 200),
        ("Internal Server Error", 500),
        ("", 200),
        ({"error": {"message": "no money", "code": "insufficient_balance"}}, 402),
    ],
)
async def test_it_survives_what_is_no_answer(provider: Loopback, body: object, status: int) -> None:
    provider.say(PATH, body, status=status)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: provider.times(PATH) >= 3)
        provider.say(PATH, DONE)
        await until(lambda: has_status(task, "succeeded"))
    problems = [message for kind, message in await events(task) if kind == "problem"]
    assert len(problems) == 1
    assert "LemonData" in problems[0]


async def test_a_bare_404_is_believed_after_three_times(provider: Loopback) -> None:
    provider.say(PATH, "Not Found", status=404)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: has_status(task, "lost"))
    assert provider.times(PATH) >= 3


async def test_a_lost_task_comes_back_with_a_later_answer(provider: Loopback) -> None:
    gone = {"error": {"code": "async_task_not_found", "message": "Task not found or no longer available."}}
    provider.say(PATH, gone, gone, DONE)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: has_status(task, "succeeded"))
    kinds = [kind for kind, _ in await events(task)]
    assert kinds.count("check") == 1
    assert "recovered" in kinds
    assert ("status", "lost") in await events(task)


async def test_it_gives_up_at_the_deadline_and_recovers_a_late_success(provider: Loopback) -> None:
    provider.say(PATH, RUNNING)
    task = await tracked(await account_at(provider))
    await Task.objects.filter(pk=task.pk).aupdate(deadline_at=timezone.now() + timedelta(seconds=0.1))
    async with polling():
        await until(lambda: has_status(task, "timed_out"))
        provider.say(PATH, DONE)
        await until(lambda: has_status(task, "succeeded"))
    assert ("recovered", "It had finished after all") in await events(task)


async def test_a_refused_key_stops_the_account_until_it_works_again(provider: Loopback) -> None:
    refused = {"error": {"message": "Invalid API key", "code": "invalid_api_key"}}
    probe = "/v1/tasks/dailies-connection-test"
    account = await account_at(provider, concurrency=1)
    several = [await tracked(account, f"t{n}") for n in range(5)]
    for n in range(5):
        provider.say(f"/v1/tasks/t{n}", refused, status=401)
    provider.say(probe, refused, status=401)
    async with polling():
        await until(lambda: provider.times(probe) >= 2)
        assert sum(provider.times(f"/v1/tasks/t{n}") for n in range(5)) == 1
        assert (await Account.objects.aget()).health == "unauthorized"
        for n in range(5):
            provider.say(f"/v1/tasks/t{n}", DONE)
        provider.say(probe, {"error": {"code": "async_task_not_found", "message": "?"}}, status=404)
        await until(lambda: _all_are(several, "succeeded"))
    assert (await Account.objects.aget()).health == "ok"
    assert sum([await _has_problem(one) for one in several]) == 1


async def _all_are(several: list[Task], status: str) -> bool:
    return await Task.objects.filter(pk__in=[one.pk for one in several], status=status).acount() == len(
        several
    )


async def test_one_forbidden_task_is_put_off_alone(provider: Loopback) -> None:
    account = await account_at(provider)
    hidden, shown = await tracked(account, "t1"), await tracked(account, "t2")
    provider.say(PATH, {"error": {"message": "not your task", "code": "access_denied"}}, status=403)
    provider.say("/v1/tasks/t2", RUNNING)
    async with polling():
        await until(lambda: provider.times("/v1/tasks/t2") >= 5)
        provider.say("/v1/tasks/t2", DONE)
        await until(lambda: has_status(shown, "succeeded"))
    assert provider.times(PATH) == 1
    assert await _has_problem(hidden)
    assert (await Account.objects.aget()).health == "ok"


async def test_three_forbidden_tasks_in_a_row_stop_the_account(provider: Loopback) -> None:
    account = await account_at(provider, concurrency=1)
    for n in range(3):
        await tracked(account, f"t{n}")
        provider.say(f"/v1/tasks/t{n}", {"error": {"message": "denied", "code": "access_denied"}}, status=403)
    async with polling():
        await until(lambda: _health_is("unauthorized"))


async def _health_is(health: str) -> bool:
    return (await Account.objects.aget()).health == health


async def test_a_rate_limit_pauses_the_whole_account(provider: Loopback) -> None:
    account = await account_at(provider, concurrency=1)
    several = [await tracked(account, f"t{n}") for n in range(3)]
    slow = {"error": {"code": "rate_limit_exceeded", "message": "slow down", "retry_after": 0.3}}
    for n in range(3):
        provider.say(f"/v1/tasks/t{n}", slow, status=429)
    async with polling():
        await until(lambda: len(provider.asked) == 1)
        for n in range(3):
            provider.say(f"/v1/tasks/t{n}", DONE)
        await until(lambda: _health_is("limited"))
        await until(lambda: _all_are(several, "succeeded"))
    assert provider.asked[1].at_s - provider.asked[0].at_s >= 0.3
    assert not any([await _has_problem(one) for one in several])


async def test_it_never_sends_more_than_the_account_may_in_a_minute(provider: Loopback) -> None:
    account = await account_at(provider, requests_per_minute=4)
    for n in range(12):
        await tracked(account, f"t{n}")
        provider.say(f"/v1/tasks/t{n}", RUNNING)
    async with polling(budget_window_s=4.0):
        await until(lambda: len(provider.asked) == 4)
        await asyncio.sleep(0.1)
    assert len(provider.asked) == 4


async def test_a_silent_provider_holds_up_nobody_else(provider: Loopback) -> None:
    silence = asyncio.Event()

    async def say_nothing(_: object) -> None:
        await silence.wait()

    provider.answers["/v1/tasks/slow"] = say_nothing  # type: ignore[assignment]
    provider.say(PATH, DONE)
    await tracked(await account_at(provider, "slow", concurrency=1), "slow")
    quick = await tracked(await account_at(provider, "quick"))
    async with polling():
        await until(lambda: has_status(quick, "succeeded"))
        silence.set()


async def test_a_new_task_is_noticed_without_waiting_for_the_next_look(provider: Loopback) -> None:
    provider.say(PATH, DONE)
    account = await account_at(provider)

    async def noticed(task: Task) -> bool:
        await in_database(wake_pollers)  # the first may come before the poller listens
        return await has_status(task, "succeeded")

    async with polling(look_s=3600.0, claim_ahead_s=60.0):
        set_home_loop(asyncio.get_running_loop())
        await until(Poller.objects.aexists)
        task = await tracked(account)
        await until(lambda: noticed(task))
    set_home_loop(None)


async def test_check_now_comes_before_the_next_turn(provider: Loopback) -> None:
    provider.say(PATH, RUNNING)
    task = await tracked(await account_at(provider, poll_interval_s=3600.0))
    async with polling(claim_ahead_s=7200.0):
        await until(lambda: has_status(task, "running"))
        provider.say(PATH, DONE)
        await in_database(check_now, task, None)
        await until(lambda: has_status(task, "succeeded"))


async def test_a_task_in_the_trash_is_not_asked_about_until_restored(provider: Loopback) -> None:
    provider.say(PATH, RUNNING)
    task = await tracked(await account_at(provider))
    async with polling() as engine:
        await until(lambda: has_status(task, "running"))
        await in_database(stop_tracking, [task.id], None)
        await until(lambda: not engine.held)
        before = provider.times(PATH)
        await asyncio.sleep(0.1)
        assert provider.times(PATH) == before
        provider.say(PATH, DONE)
        await in_database(restore, [task.id], None)
        await until(lambda: has_status(task, "succeeded"))


async def test_a_paused_account_is_left_alone_until_resumed(provider: Loopback) -> None:
    provider.say(PATH, RUNNING)
    account = await account_at(provider)
    task = await tracked(account)
    async with polling():
        await until(lambda: has_status(task, "running"))
        await Account.objects.filter(pk=account.pk).aupdate(enabled=False, config_version=2)
        await until(lambda: _is_free(task))
        before = provider.times(PATH)
        await asyncio.sleep(0.1)
        assert provider.times(PATH) == before
        provider.say(PATH, DONE)
        await Account.objects.filter(pk=account.pk).aupdate(enabled=True, config_version=3)
        await until(lambda: has_status(task, "succeeded"))


async def _is_free(task: Task) -> bool:
    return (await fresh(task)).claimed_by_id is None


async def test_stopping_frees_claims_and_writes_what_is_in_flight(provider: Loopback) -> None:
    release = asyncio.Event()
    provider.say_after(PATH, release, DONE)
    task = await tracked(await account_at(provider))
    async with polling(request_timeout_s=5.0):
        await until(lambda: provider.times(PATH) == 1)
        asyncio.get_running_loop().call_later(0.05, release.set)
    after = await fresh(task)
    assert after.status == "succeeded"
    assert after.claimed_by_id is None
    assert not await Poller.objects.aexists()


async def test_the_tasks_of_a_dead_poller_move(provider: Loopback) -> None:
    provider.say(PATH, DONE)
    task = await tracked(await account_at(provider))
    old = timezone.now() - timedelta(minutes=5)
    dead = await Poller.objects.acreate(host="elsewhere", pid=1, started_at=old, heartbeat_at=old)
    await Task.objects.filter(pk=task.pk).aupdate(claimed_by=dead)
    async with polling():
        await until(lambda: has_status(task, "succeeded"))
    assert not await Poller.objects.filter(pk=dead.pk).aexists()


async def test_a_poller_that_was_declared_dead_applies_nothing(provider: Loopback) -> None:
    release = asyncio.Event()
    provider.say_after(PATH, release, DONE)
    task = await tracked(await account_at(provider))
    async with polling(heartbeat_s=3600.0, request_timeout_s=5.0):
        await until(lambda: provider.times(PATH) == 1)
        poller = await Poller.objects.aget()
        other = await in_database(lives.register, timezone.now())
        await Task.objects.filter(pk=task.pk).aupdate(claimed_by=other)
        await poller.adelete()
        release.set()
        await asyncio.sleep(0.1)
    assert (await fresh(task)).status == "queued"
    await in_database(lives.leave, other)


async def test_a_persons_edit_and_an_answer_both_count(provider: Loopback) -> None:
    provider.say(PATH, RUNNING)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: has_status(task, "running"))
        before = await fresh(task)
        await Task.objects.filter(pk=task.pk).aupdate(title="Ours", version=before.version + 1)
        provider.say(PATH, DONE)
        await until(lambda: has_status(task, "succeeded"))
    after = await fresh(task)
    assert after.title == "Ours"
    assert after.version == before.version + 2


async def test_it_writes_how_often_it_asked_though_nothing_changed(provider: Loopback) -> None:
    provider.say(PATH, RUNNING)
    task = await tracked(await account_at(provider))
    async with polling():
        await until(lambda: provider.times(PATH) >= 5)
        await until(lambda: _asked_at_least(task, 5))
    after = await fresh(task)
    assert after.version == 2
    assert after.next_poll_at is not None


async def _asked_at_least(task: Task, times: int) -> bool:
    return (await fresh(task)).poll_count >= times


async def test_a_fault_of_our_own_stops_only_that_task(
    provider: Loopback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from types import SimpleNamespace

    from tasks.providers import PROVIDERS, lemondata

    def parse(answer: object, ref: object) -> object:
        if getattr(ref, "remote_id", "") == "bad":
            raise ZeroDivisionError
        return lemondata.parse_task(answer, ref)  # type: ignore[arg-type]

    names = {name: getattr(lemondata, name) for name in dir(lemondata) if not name.startswith("_")}
    monkeypatch.setitem(PROVIDERS, "lemondata", SimpleNamespace(**names | {"parse_task": parse}))
    account = await account_at(provider)
    bad, good = await tracked(account, "bad"), await tracked(account, "t1")
    provider.say("/v1/tasks/bad", RUNNING)
    provider.say(PATH, DONE)
    async with polling():
        await until(lambda: has_status(good, "succeeded"))
        await until(lambda: str(bad.id) in caplog.text)
    assert provider.times("/v1/tasks/bad") == 1
