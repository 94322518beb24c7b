"""A thread of its own for the database, with a connection that lasts.

`database_sync_to_async` shares one thread among everybody in the process; poller and hub must not wait for each other.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from tasks import outages

P = ParamSpec("P")
T = TypeVar("T")


CACHE_KIB = 32 * 1024
"""Of a SQLite file. The usual 2 MB hold a thousand tasks, and what is not held is read anew at each write."""

_thread = threading.local()


class DatabaseThread:
    """Runs functions one after the other; a connection that broke is replaced at the next call.

    `wide`: it writes all the time, so on SQLite its connection keeps more of the file in memory than others do.

    That the database is away is logged here, once.
    """

    def __init__(self, name: str, *, wide: bool = False) -> None:
        self._executor = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix=name, initializer=_widen if wide else None
        )

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


def _widen() -> None:
    _thread.is_wide = True


@receiver(connection_created)
def _is_back(connection: BaseDatabaseWrapper, **_: object) -> None:
    """A connection that broke was closed: a new one is the proof."""
    outages.database.ends()
    if connection.vendor == "sqlite" and getattr(_thread, "is_wide", False):
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
