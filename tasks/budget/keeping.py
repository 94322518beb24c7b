"""Keeps what a process holds of budgets: renewed while it works, enlarged when it is short, given back in the end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from django.db import InterfaceError, OperationalError

from tasks.budget.division import Durations
from tasks.budget.ledger import settle
from tasks.budget.purse import budgets
from tasks.timing import Timing

logger = logging.getLogger(__name__)

Run = Callable[..., Awaitable[Any]]
"""Calls a function where the database may be used."""


@asynccontextmanager
async def keeping_budgets(run: Run, timing: Timing | None = None) -> AsyncIterator[None]:
    """While the block runs, by the durations of `timing` where given.

    The last one of a process to leave gives everything back that is free.
    """
    loop, short = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(short.set)

    if timing:
        budgets.durations = durations_of(timing)
    budgets.wakers.add(wake)
    keeper = loop.create_task(_keep(run, short, budgets.durations.look_s))
    try:
        yield
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        budgets.wakers.discard(wake)
        if not budgets.wakers:
            await _try(run, leaving=True)


def durations_of(timing: Timing) -> Durations:
    return Durations(
        window_s=timing.budget_window_s,
        lease_s=timing.dead_after_s,
        flight_s=timing.dead_flight_s,
        look_s=timing.tell_s,
    )


async def _keep(run: Run, short: asyncio.Event, look_s: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        short.clear()
        await _try(run)
        timer = loop.call_later(look_s, short.set)
        try:
            await short.wait()
        finally:
            timer.cancel()


async def _try(run: Run, *, leaving: bool = False) -> None:
    """What goes wrong costs a process at most its part."""
    try:
        await run(settle, budgets, leaving=leaving)
    except (OperationalError, InterfaceError):
        return  # its thread has said so
    except Exception:
        logger.exception("a fault in Dailies itself; budgets are not renewed")
