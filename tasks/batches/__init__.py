"""Batches: one act done to many tasks in the background, in pieces, and reported on."""

import asyncio

from tasks import publishing
from tasks.batches.worker import Worker
from tasks.log_fields import about
from tasks.timing import Timing
from tasks.vocabulary import Duty

__all__ = ["batch_once", "run_batches"]


async def run_batches(stop: asyncio.Event, timing: Timing = Timing()) -> None:  # noqa: B008  a frozen value
    """Work batches off until `stop` is set; returns after the pieces under way."""
    about(duty=Duty.BATCHING)
    publishing.set_home_loop(asyncio.get_running_loop())
    await Worker(timing).run(stop)


async def batch_once(timing: Timing = Timing()) -> int:  # noqa: B008
    """Work off what is due, to its end or until a budget is full; how many batches were worked on."""
    about(duty=Duty.BATCHING)
    publishing.set_home_loop(asyncio.get_running_loop())
    return await Worker(timing).run_once()
