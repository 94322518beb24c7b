"""The archiver: keeps our own copies of what tasks made, before the providers' links die."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from django.conf import settings

from tasks import publishing
from tasks.archive.engine import Engine
from tasks.archive.fetching import Fetcher
from tasks.archive.incoming import Incoming
from tasks.archive.lanes import Lanes
from tasks.archive.limits import Limits
from tasks.archive.means import Means
from tasks.archive.room import Room
from tasks.archive.timing import ArchiveTiming
from tasks.asking import Asker
from tasks.database_thread import DatabaseThread
from tasks.log_fields import about
from tasks.timing import Timing
from tasks.transport import AiohttpTransport
from tasks.vocabulary import Duty

DISK_THREADS = 8
STORAGE_THREADS = 3

Places = frozenset[tuple[str, int]]


async def run_archiver(stop: asyncio.Event, timing: ArchiveTiming = ArchiveTiming()) -> None:  # noqa: B008  a frozen value
    """Keep until `stop` is set; what is under way then is gone on with at the next start."""
    about(duty=Duty.ARCHIVING)
    publishing.set_home_loop(asyncio.get_running_loop())
    async with archiver(timing) as engine:
        await engine.run(stop)


async def archive_once(timing: ArchiveTiming = ArchiveTiming()) -> int:  # noqa: B008  a frozen value
    """Keep everything that is due; how many results were stored."""
    about(duty=Duty.ARCHIVING)
    publishing.set_home_loop(asyncio.get_running_loop())
    async with archiver(timing) as engine:
        return await engine.run_once()


@asynccontextmanager
async def archiver(
    timing: ArchiveTiming, *, limits: Limits | None = None, allowed: Places = frozenset()
) -> AsyncIterator[Engine]:
    """An engine with all it needs. `allowed` are private places that may be asked all the same, for tests."""
    limits = limits or Limits(largest_bytes=settings.MEDIA_MAX_FILE)
    disk = ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="archive-disk")
    storage = ThreadPoolExecutor(STORAGE_THREADS, thread_name_prefix="archive-storage")
    connect_s = limits.connect_timeout_s
    try:
        async with (
            Fetcher(limits, allowed=allowed) as fetcher,
            AiohttpTransport(connect_timeout_s=connect_s, resend=True) as transport,
        ):
            lanes = Lanes(timing.at_once, timing.at_once_per_account)
            root = settings.INCOMING_ROOT
            means = Means(
                database=DatabaseThread("archive-database"),
                disk=disk,
                storage=storage,
                fetcher=fetcher,
                asker=Asker(transport, Timing()),
                incoming=Incoming(root),
                room=Room(root, settings.MEDIA_QUOTA, timing.least_free_bytes),
                timing=timing,
                limits=limits,
                aside=lanes.aside,
            )
            yield Engine(means, lanes)
    finally:
        for threads in (disk, storage):
            threads.shutdown(wait=False, cancel_futures=True)
