"""One round for cron: what is due is asked one time, and counted."""

from collections.abc import Iterator

import pytest

from tasks.models import Account
from tasks.poller import poll_once
from tasks.publishing import set_home_loop
from tasks.vocabulary import Health
from tests.loopback import Loopback
from tests.poller.conftest import FAST, account_at, fresh, tracked

pytestmark = pytest.mark.django_db(transaction=True)

RUNNING = {"id": "t1", "status": "processing"}
PROBE = "/v1/tasks/dailies-connection-test"
UNKNOWN = {"error": {"code": "async_task_not_found", "message": "unknown"}}


@pytest.fixture(autouse=True)
def no_home_loop() -> Iterator[None]:
    yield
    set_home_loop(None)


async def test_only_what_was_asked_is_counted(provider: Loopback) -> None:
    for n in range(3):
        await tracked(await account_at(provider, f"a{n}"), f"t{n}")
    provider.say("/v1/tasks/t0", RUNNING)
    provider.say("/v1/tasks/t1", "<html>")
    await Account.objects.filter(slug="a2").aupdate(enabled=False)
    assert await poll_once(FAST) == 2
    assert provider.times("/v1/tasks/t2") == 0


async def test_a_refused_key_is_tried_once_and_its_tasks_are_not_counted(provider: Loopback) -> None:
    account = await account_at(provider, health=Health.UNAUTHORIZED)
    for n in range(3):
        await tracked(account, f"t{n}")
    provider.say(PROBE, {}, status=401)
    assert await poll_once(FAST) == 0
    assert len(provider.asked) == 1


async def test_a_key_that_works_again_is_found_out(provider: Loopback) -> None:
    account = await account_at(provider, health=Health.UNAUTHORIZED)
    task = await tracked(account)
    provider.say(PROBE, UNKNOWN, status=404)
    provider.say("/v1/tasks/t1", RUNNING)
    assert await poll_once(FAST) == 1
    assert (await fresh(task)).status == "running"
    assert (await fresh(task)).account.health == Health.OK
