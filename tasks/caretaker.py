"""The process that tidies up: it applies the retention rules, removes files and reports that were left behind or that
nobody uses, and asks for lists of models that are out of date.

On a thread of its own, since deleting from a bucket takes long and no heartbeat must wait for it.
"""

import asyncio
from contextlib import suppress

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from tasks import publishing
from tasks.batches.beginning import purge_batches
from tasks.database_thread import DatabaseThread
from tasks.inputs.expiry import remove_unused
from tasks.keeping import remove_leftovers
from tasks.model_lists import refresh_wanted
from tasks.poller.duties import cancel, repeat
from tasks.retention import apply_rules
from tasks.timing import MINUTE


async def run_caretaker(stop: asyncio.Event, every_s: float = MINUTE) -> None:
    """Until `stop` is set; what is under way then goes on at the next start."""
    publishing.set_home_loop(asyncio.get_running_loop())
    thread = DatabaseThread("caretaker")

    async def care() -> None:
        await thread.run(remove_leftovers)
        await thread.run(remove_unused, timezone.now())
        while not stop.is_set() and await thread.run(apply_rules, timezone.now()):
            pass
        while not stop.is_set() and await thread.run(purge_batches, timezone.now()):
            pass
        while not stop.is_set() and await thread.run(refresh_wanted, timezone.now()):
            pass

    caring = asyncio.create_task(repeat(every_s, care))
    try:
        await stop.wait()
    finally:
        await cancel([caring])
        with suppress(InterfaceError, OperationalError):
            await thread.close()
