"""What all attempts of an archiver share."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from tasks.archive.fetching import Fetcher
from tasks.archive.incoming import Incoming
from tasks.archive.limits import Limits
from tasks.archive.room import Room
from tasks.archive.timing import ArchiveTiming
from tasks.asking import Asker
from tasks.database_thread import DatabaseThread

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Means:
    """`disk` runs what blocks on files under way, `storage` what blocks on the media storage."""

    database: DatabaseThread
    disk: Executor
    storage: Executor
    fetcher: Fetcher
    asker: Asker
    incoming: Incoming
    room: Room
    timing: ArchiveTiming
    limits: Limits
    aside: Callable[[], AbstractContextManager[None]]
    """Entered while an attempt only waits for its turn at the provider."""
    slowed: dict[int, float] = field(default_factory=dict)
    """Until when an account's server asked not to be asked, in the loop's seconds."""

    async def on_disk(self, function: Callable[[], T]) -> T:
        """Call it in a thread for files."""
        return await asyncio.get_running_loop().run_in_executor(self.disk, function)

    async def on_storage(self, function: Callable[[], T]) -> T:
        """Call it in a thread for the media storage, which may be far away."""
        return await asyncio.get_running_loop().run_in_executor(self.storage, function)
