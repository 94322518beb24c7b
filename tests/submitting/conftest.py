import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tasks.creating import Wish, create
from tasks.models import Account, Task
from tasks.submitting.submitter import Submitter
from tasks.timing import Timing
from tasks.tracking import Intent
from tasks.transport import AiohttpTransport
from tasks.vocabulary import Kind
from tests.loopback import Loopback, serving
from tests.poller.conftest import FAST, in_database

VIDEOS = "/v1/videos/generations"
QUICK = replace(FAST, create_timeout_s=0.3, stop_timeout_s=1.0)
FOX = {"model": "veo3.1", "prompt": "A red fox in snow"}

Outgoing = Callable[[], int]


@pytest.fixture
async def provider() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback


async def wanted(account: Account, *, kind: Kind = Kind.VIDEO, title: str = "", **params: Any) -> Task:
    """A task to be made; the usual fox unless `params` say otherwise."""
    wish = Wish(kind, params or FOX, Intent(title=title))
    done = await in_database(create, account, wish, None)
    task: Task = done.task
    return task


@asynccontextmanager
async def submitting(timing: Timing = QUICK) -> AsyncIterator[Submitter]:
    """A submitter that runs while the block does, and is stopped as a signal would."""
    stop = asyncio.Event()
    async with AiohttpTransport(connect_timeout_s=timing.connect_timeout_s, force_close=True) as transport:
        submitter = Submitter(timing, transport)
        run = asyncio.create_task(submitter.run(stop))
        try:
            yield submitter
        finally:
            stop.set()
            await run


async def submit(timing: Timing = QUICK) -> int:
    """Send what waits, one time."""
    async with AiohttpTransport(connect_timeout_s=timing.connect_timeout_s, force_close=True) as transport:
        return await Submitter(timing, transport).run_once()
