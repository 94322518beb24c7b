"""What a poller does again and again, whatever happens."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)


async def repeat(
    seconds: float, duty: Callable[[], Awaitable[None]], wake: asyncio.Event | None = None
) -> None:
    """Do it now and then, or when woken, until cancelled. Neither a database that is away nor a fault ends it."""
    loop, wake = asyncio.get_running_loop(), wake or asyncio.Event()
    while True:
        wake.clear()
        await attempt(duty)
        timer = loop.call_later(seconds, wake.set)
        try:
            await wake.wait()
        finally:
            timer.cancel()


async def attempt(duty: Callable[[], Awaitable[None]]) -> bool:
    """Do it once; what goes wrong is logged. False: the database is away, as its thread has said."""
    try:
        await duty()
    except (OperationalError, InterfaceError):
        return False
    except Exception:
        logger.exception("a fault in Dailies itself; the poller goes on")
    return True


async def cancel(tasks: list["asyncio.Task[None]"]) -> None:
    """End them and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
