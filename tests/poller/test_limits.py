"""Accounts that are asked to slow down, refuse us, or are edited while questions are on their way."""

import asyncio

import pytest
from aiohttp import web

from tasks.accounts import edit_account
from tasks.budget import budgets
from tasks.models import Account, Task
from tasks.poller import poll_once
from tasks.publishing import set_home_loop
from tests.loopback import Loopback, reply
from tests.poller.conftest import FAST, account_at, fresh, has_status, in_database, polling, tracked, until

PROBE = "/v1/tasks/dailies-connection-test"
pytestmark = pytest.mark.django_db(transaction=True)

RUNNING = {"id": "t1", "status": "processing", "progress": 45}
DONE = {"id": "t1", "status": "completed", "video_url": "https://cdn.example/v.mp4"}
SLOW = {"error": {"code": "rate_limit_exceeded", "message": "slow down", "retry_after": 0.3}}
REFUSED = {"error": {"message": "Invalid API key", "code": "invalid_api_key"}}
PATH = "/v1/tasks/t1"


async def _health() -> str:
    return (await Account.objects.aget()).health


async def _health_is(health: str) -> bool:
    return await _health() == health


class Held:
    """A provider's answer that a test lets go when it wants."""

    def __init__(self, body: object, status: int = 200) -> None:
        self.entered, self.let_go = asyncio.Event(), asyncio.Event()
        self._body, self._status = body, status

    async def __call__(self, _: web.Request) -> web.StreamResponse:
        self.entered.set()
        await self.let_go.wait()
        return reply(self._body, self._status)


async def test_the_same_rate_limit_twice_is_obeyed_twice(provider: Loopback) -> None:
    provider.say(PATH, SLOW, status=429)
    await tracked(await account_at(provider))
    async with polling():
        await until(lambda: provider.times(PATH) >= 3)
        assert await _health_is("limited")
    gaps = [b.at_s - a.at_s for a, b in zip(provider.asked, provider.asked[1:], strict=False)]
    assert min(gaps) >= 0.29


async def test_a_poller_that_is_told_to_slow_down_writes_down_that_it_does(provider: Loopback) -> None:
    provider.say(PATH, SLOW["error"] | {"retry_after": 60}, status=429)
    await tracked(await account_at(provider, requests_per_minute=20))

    async def is_slowed() -> bool:
        return await Account.objects.filter(slowed_to=10).aexists()

    async with polling():
        await until(is_slowed)


async def test_asking_once_does_not_stay_for_an_account_that_is_held_for_long(provider: Loopback) -> None:
    account = await account_at(provider, concurrency=1)
    for n in range(3):
        await tracked(account, f"t{n}")
        provider.say(f"/v1/tasks/t{n}", SLOW["error"] | {"retry_after": 3600}, status=429)
    async with asyncio.timeout(10):
        assert await poll_once(FAST) == 1
    set_home_loop(None)
    assert len(provider.asked) == 1
    assert await _health_is("limited")
    assert not await Task.objects.filter(claimed_by__isnull=False).aexists()


async def test_a_retry_after_of_nothing_is_no_invitation_to_hammer(provider: Loopback) -> None:
    provider.say(PATH, SLOW["error"] | {"retry_after": 0}, status=429, headers={"Retry-After": "0"})
    await tracked(await account_at(provider))
    async with polling(transient_gap_s=5.0, longest_transient_gap_s=60.0):
        await until(lambda: provider.times(PATH) == 1)
        await asyncio.sleep(0.1)
    assert provider.times(PATH) == 1


async def test_an_answer_on_its_way_does_not_lift_a_rate_limit(provider: Loopback) -> None:
    good = Held(RUNNING | {"id": "t2"})
    provider.answers["/v1/tasks/t2"] = good
    provider.say(PATH, SLOW["error"] | {"retry_after": 60}, status=429)
    account = await account_at(provider)
    other = await tracked(account, "t2")
    async with polling(request_timeout_s=5.0):
        await good.entered.wait()
        await tracked(account)
        await until(lambda: _health_is("limited"))
        good.let_go.set()
        await until(lambda: has_status(other, "running"))
        await asyncio.sleep(0.05)
        assert await _health_is("limited")


async def test_an_answer_on_its_way_does_not_hide_a_refused_key(provider: Loopback) -> None:
    good = Held(RUNNING | {"id": "t2"})
    provider.answers["/v1/tasks/t2"] = good
    provider.say(PATH, REFUSED, status=401)
    account = await account_at(provider)
    other = await tracked(account, "t2")
    async with polling(request_timeout_s=5.0, probe_s=60.0):
        await good.entered.wait()
        await tracked(account)
        await until(lambda: _health_is("unauthorized"))
        good.let_go.set()
        await until(lambda: has_status(other, "running"))
        await asyncio.sleep(0.05)
        assert await _health_is("unauthorized")


async def test_what_was_asked_before_an_edit_says_nothing_of_the_account_after_it(provider: Loopback) -> None:
    old = Held(REFUSED, 401)
    provider.answers[PATH] = old
    account = await account_at(provider)
    task = await tracked(account)
    async with polling(request_timeout_s=5.0):
        await old.entered.wait()
        await in_database(edit_account, account, None, api_key="sk-a-new-key-0123456789")
        await asyncio.sleep(0.15)  # the poller has looked
        provider.say(PATH, RUNNING)
        old.let_go.set()
        await until(lambda: has_status(task, "running"))
        await asyncio.sleep(0.05)
        assert await _health_is("ok")


async def test_an_edit_asks_what_was_put_off_soon(provider: Loopback) -> None:
    provider.say(PATH, {"error": {"message": "not yours", "code": "access_denied"}}, status=403)
    account = await account_at(provider)
    task = await tracked(account)
    async with polling():
        await until(lambda: provider.times(PATH) == 1)
        provider.say(PATH, DONE)
        await in_database(edit_account, account, None, api_key="sk-a-new-key-0123456789")
        await until(lambda: has_status(task, "succeeded"))


async def test_a_test_of_the_connection_does_not_stall_the_line(provider: Loopback) -> None:
    """Its request counts among those at once, and nobody tells the line when it has ended."""
    provider.say(PATH, DONE)
    account = await account_at(provider, concurrency=1)
    budget = budgets.of(account.pk, None, 1)
    budget.begin()
    task = await tracked(account)
    async with polling():
        await until(lambda: _is_claimed(task))
        await asyncio.sleep(0.05)
        assert not provider.asked
        budget.end(asyncio.get_running_loop().time())
        await until(lambda: has_status(task, "succeeded"))


async def _is_claimed(task: object) -> bool:
    return (await fresh(task)).claimed_by_id is not None  # type: ignore[arg-type]


async def test_a_new_key_is_tried_with_one_request(provider: Loopback) -> None:
    refused = {"error": {"message": "Invalid API key", "code": "invalid_api_key"}}
    account = await account_at(provider)
    for n in range(9):
        await tracked(account, f"t{n}")
        provider.say(f"/v1/tasks/t{n}", refused, status=401)
    provider.say(PROBE, refused, status=401)
    async with polling(probe_s=3600.0):
        await until(lambda: _health_is("unauthorized"))
        await asyncio.sleep(0.1)  # what was on its way
        before = len(provider.asked)
        await in_database(edit_account, account, None, api_key="sk-another-0123456789")
        await until(lambda: provider.times(PROBE) == 1)
        await until(lambda: _health_is("unauthorized"))
    assert len(provider.asked) == before + 1
