import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tasks.models import Account, Task
from tasks.poller.engine import Engine
from tasks.providers.contract import Adoption
from tasks.timing import Timing
from tasks.tracking import track
from tasks.transport import AiohttpTransport
from tasks.vocabulary import Kind
from tests.loopback import Loopback, serving

FAST = Timing(
    heartbeat_s=0.05,
    dead_after_s=0.5,
    look_s=0.05,
    collect_s=0.005,
    facts_s=0.05,
    tell_s=0.05,
    request_timeout_s=2.0,
    connect_timeout_s=2.0,
    stop_timeout_s=3.0,
    first_gap_s=((Kind.IMAGE, 0.02),),
    usual_first_gap_s=0.03,
    transient_gap_s=0.02,
    longest_transient_gap_s=0.05,
    probe_s=0.1,
    missing_over_s=0.05,
    lost_recheck_s=(0.1, 0.3),
    timed_out_recheck_s=(0.1, 0.3),
    claim_ahead_s=0.05,
)
PATIENCE_S = 20.0


@pytest.fixture
def timing() -> Timing:
    return FAST


@pytest.fixture
async def provider() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback


def in_database(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return sync_to_async(function)(*args, **kwargs)


def make_account(url: str, slug: str = "lemon", provider: str = "lemondata", **fields: Any) -> Account:
    account = Account(slug=slug, provider=provider, base_url=url, **fields)
    account.set_api_key("sk-test-0123456789abcdef")
    account.save()
    return account


async def account_at(
    loopback: Loopback, slug: str = "lemon", provider: str = "lemondata", **fields: Any
) -> Account:
    made: Account = await in_database(make_account, loopback.url, slug, provider, **fields)
    return made


async def tracked(account: Account, remote_id: str = "t1", **adoption: Any) -> Task:
    done = await in_database(track, account, Adoption(remote_id, kind=Kind.VIDEO, **adoption), None)
    task: Task = done.task
    return task


async def fresh(task: Task) -> Task:
    found: Task = await Task.objects.select_related("account").aget(pk=task.pk)
    return found


async def events(task: Task) -> list[tuple[str, str]]:
    return [(one.type, one.to_status or one.message) async for one in task.events.all()]


async def until(condition: Callable[[], Any]) -> None:
    """Wait until it is true; a test that waits in vain fails by itself."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            value = condition()
            if asyncio.iscoroutine(value):
                value = await value
            if value:
                return
            await asyncio.sleep(0.01)


async def has_status(task: Task, status: str) -> bool:
    return (await fresh(task)).status == status


@asynccontextmanager
async def polling(timing: Timing = FAST, **changes: Any) -> AsyncIterator[Engine]:
    """A poller that runs while the block does, and is stopped as a signal would."""
    timing = replace(timing, **changes)
    stop = asyncio.Event()
    async with AiohttpTransport(connect_timeout_s=timing.connect_timeout_s) as transport:
        engine = Engine(timing, transport, Random(7))
        run = asyncio.create_task(engine.run(stop))
        try:
            yield engine
        finally:
            stop.set()
            await run
