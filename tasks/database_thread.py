"""A thread of its own for the database, with a connection that lasts.

`database_sync_to_async` shares one thread among everybody in the process; poller and hub must not wait for each other.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, connections
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from tasks import outages

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThread:
    """Runs functions one after the other; a connection that broke is replaced at the next call.

    That the database is away is logged here, once.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` in the thread. Its exceptions are raised here."""
        loop, context = (
            asyncio.get_running_loop(),
            copy_context(),
        )  # log lines go on telling what they are about
        return await loop.run_in_executor(
            self._executor, context.run, lambda: _run(function, *args, **kwargs)
        )

    async def close(self) -> None:
        """Close the connection and end the thread; what is queued is finished first."""
        await self.run(connections.close_all)
        self._executor.shutdown(wait=False)


def _run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except (InterfaceError, OperationalError) as error:
        outages.database.begins(error)
        if not connection.in_atomic_block:
            connection.close()
        raise


@receiver(connection_created)
def _is_back(**_: object) -> None:
    """A connection that broke was closed: a new one is the proof."""
    outages.database.ends()
