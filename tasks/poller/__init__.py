"""The poller: asks providers about tasks, fast and politely, and writes what changed."""

import asyncio
from random import Random

from tasks import publishing
from tasks.log_fields import about
from tasks.poller.engine import Engine
from tasks.timing import Timing
from tasks.transport import AiohttpTransport
from tasks.vocabulary import Duty

__all__ = ["poll_once", "run_poller"]


async def run_poller(stop: asyncio.Event, timing: Timing = Timing()) -> None:  # noqa: B008  a frozen value
    """Poll until `stop` is set; returns once what was in flight is written and all claims are free."""
    about(duty=Duty.POLLING)
    publishing.set_home_loop(asyncio.get_running_loop())
    async with AiohttpTransport(connect_timeout_s=timing.connect_timeout_s) as transport:
        await Engine(timing, transport, Random()).run(stop)  # noqa: S311  jitter, not a secret


async def poll_once(timing: Timing = Timing()) -> int:  # noqa: B008  a frozen value
    """Ask every task that is due one time; how many."""
    about(duty=Duty.POLLING)
    publishing.set_home_loop(asyncio.get_running_loop())
    async with AiohttpTransport(connect_timeout_s=timing.connect_timeout_s) as transport:
        return await Engine(timing, transport, Random(), once=True).run_once()  # noqa: S311
