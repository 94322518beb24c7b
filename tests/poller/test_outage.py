"""Real servers on a loopback port that fail in every way, go away, and come back, before the real poller."""

import asyncio
import json
from dataclasses import replace

import pytest

from tasks.models import Account, Task
from tasks.poller import poll_once
from tasks.publishing import set_home_loop
from tests.bad_servers import TALKS, BadServer, bad_server, good
from tests.loopback import Loopback
from tests.poller.conftest import FAST, events, fresh, has_status, in_database, make_account, polling, until
from tests.poller.conftest import tracked as track

pytestmark = pytest.mark.django_db(transaction=True)

DONE = good(json.dumps({"status": "completed", "video_url": "https://cdn.example/v.mp4"}).encode())
OUT_OF_REACH = {
    "reset": "it reset the connection",
    "closed": "it closed the connection without an answer",
    "stalled headers": "it did not answer in time",
    "stalled body": "it did not answer in time",
    "cut body": "its answer broke off",
    "garbage": "it did not speak HTTP",
}


async def several(url: str, count: int = 5) -> list[Task]:
    account = await in_database(make_account, url)
    return [await track(account, f"t{n}") for n in range(count)]


async def health_is(health: str) -> bool:
    return (await Account.objects.aget()).health == health


async def all_succeeded() -> bool:
    return not await Task.objects.exclude(status="succeeded").aexists()


@pytest.mark.parametrize(("talk", "told"), OUT_OF_REACH.items())
async def test_a_provider_that_fails_is_named_and_taken_back(talk: str, told: str) -> None:
    async with bad_server(TALKS[talk]) as server:
        tasks = await several(server.url)
        async with polling(request_timeout_s=0.1 if "stalled" in talk else 5.0):
            await until(lambda: health_is("unreachable"))
            assert told in (await Account.objects.aget()).health_message
            assert (await fresh(tasks[0])).status == "queued"
            server.talk = DONE
            await until(all_succeeded)
            await until(lambda: health_is("ok"))
    problems = [message for task in tasks for kind, message in await events(task) if kind == "problem"]
    assert problems
    assert all(told in message for message in problems)


async def test_a_provider_that_is_gone_and_comes_back_is_followed() -> None:
    server = BadServer(DONE)
    await server.start()
    await server.stop()
    tasks = await several(server.url, 30)
    async with polling():
        await until(lambda: health_is("unreachable"))
        assert "refused the connection" in (await Account.objects.aget()).health_message
        assert (await Account.objects.aget()).resumes_at is not None
        await server.start()
        await until(all_succeeded)
        await until(lambda: health_is("ok"))
    assert server.asked == len(tasks)
    await server.stop()


async def test_a_connection_closed_unanswered_is_asked_again_at_once_and_counted() -> None:
    """As when a server ends a kept connection just while we ask over it: no trouble to speak of."""
    async with bad_server(TALKS["closed"]) as server:
        task, *_ = await several(server.url, 1)
        await Account.objects.aupdate(requests_per_minute=1)
        async with polling():
            await until(lambda: server.asked == 1)
            server.talk = DONE
            await asyncio.sleep(0.1)
            assert server.asked == 1
            await Account.objects.aupdate(requests_per_minute=60, config_version=2)
            await until(lambda: has_status(task, "succeeded"))
        assert not any(kind == "problem" for kind, _ in await events(task))


async def test_an_open_circuit_asks_with_one_request_at_a_time() -> None:
    async with bad_server(TALKS["stalled headers"]) as server:
        await several(server.url, 30)
        await Account.objects.aupdate(health="unreachable")
        async with polling(request_timeout_s=60.0, stop_timeout_s=0.1):
            await until(lambda: server.asked == 1)
            assert await Task.objects.filter(claimed_by__isnull=False).acount() == 30
        assert server.asked == 1


async def test_asking_once_does_not_knock_for_every_task() -> None:
    async with bad_server(TALKS["garbage"]) as server:
        await several(server.url, 30)
        await Account.objects.aupdate(concurrency=1)
        assert await poll_once(replace(FAST, transient_gap_s=30.0)) == 3
        set_home_loop(None)
        assert server.asked == 3
    assert await health_is("unreachable")


async def test_one_account_out_of_reach_holds_up_no_other(provider: Loopback) -> None:
    provider.say(
        "/v1/tasks/t1", {"id": "t1", "status": "completed", "video_url": "https://cdn.example/v.mp4"}
    )
    async with bad_server(TALKS["stalled headers"]) as server:
        await several(server.url, 40)
        other = await in_database(make_account, provider.url, "other")
        task = await track(other, "t1")
        async with polling(request_timeout_s=30.0, stop_timeout_s=0.1):
            await until(lambda: server.asked == 20)
            late = await track(other, "t2")
            provider.say("/v1/tasks/t2", {"id": "t2", "status": "failed", "error": "no"})
            await until(lambda: has_status(task, "succeeded"))
            await until(lambda: has_status(late, "failed"))
