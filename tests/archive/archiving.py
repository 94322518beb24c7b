"""An archiver under test: quick, on loopback, and stopped as a signal would."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from tasks.archive.archiver import Places, archiver
from tasks.archive.engine import Engine
from tasks.archive.limits import Limits
from tasks.archive.storage import media_storage, result_name
from tasks.archive.timing import ArchiveTiming
from tasks.lifecycle import Change, record
from tasks.models import Account, Event, Result, Task
from tasks.providers.contract import Adoption, File
from tasks.tracking import track
from tasks.vocabulary import Archive, EventType, Kind
from tests.loopback import Loopback
from tests.poller.conftest import in_database, make_account, until

FAST = ArchiveTiming(
    heartbeat_s=0.05,
    dead_after_s=5.0,
    look_s=0.02,
    sweep_s=0.05,
    retry_s=(0.02, 0.02, 0.02),
    wrong_tries=2,
    progress_gap_s=0.01,
    soonest_s=0.01,
    busy_s=0.05,
    trouble_s=0.05,
    unauthorized_s=0.05,
    budget_look_s=0.02,
    least_free_bytes=0,
)
QUICK = Limits(
    largest_bytes=2_000_000,
    connect_timeout_s=5.0,
    answer_timeout_s=5.0,
    stall_s=5.0,
    complaint_wait_s=0.1,
)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 1000
"""It begins as a video does, and goes on as none."""


@asynccontextmanager
async def archiving(
    timing: ArchiveTiming = FAST, *, limits: Limits = QUICK, allowed: Places = frozenset(), **changes: Any
) -> AsyncIterator[Engine]:
    stop = asyncio.Event()
    async with archiver(replace(timing, **changes), limits=limits, allowed=allowed) as engine:
        run = asyncio.create_task(engine.run(stop))
        try:
            yield engine
        finally:
            stop.set()
            await run


async def account_of(server: Loopback, provider: str = "lemondata", **fields: Any) -> Account:
    slug = fields.pop("slug", provider)
    made: Account = await in_database(make_account, server.url, slug, provider, **fields)
    return made


async def made(account: Account, *files: File, remote_id: str = "t1") -> list[Result]:
    """The results of a task that made these files, due at once."""
    return await in_database(_made, account, files, remote_id)  # type: ignore[no-any-return]


def _made(account: Account, files: tuple[File, ...], remote_id: str) -> list[Result]:
    task = track(account, Adoption(remote_id, kind=Kind.VIDEO), None).task
    record(task.pk, Change(files=files), task.created_at)
    Task.objects.filter(pk=task.pk).update(next_poll_at=None, status="succeeded")
    return list(task.results.select_related("task__account"))


def video(url: str, **fields: Any) -> File:
    return File(**{"url": url, "kind": Kind.VIDEO, **fields})


async def fresh(result: Result) -> Result:
    return await Result.objects.select_related("task").aget(pk=result.pk)


async def settled(*results: Result) -> list[Result]:
    """As they are once none of them waits for its first attempts any more."""
    pending = Result.objects.filter(pk__in=[one.pk for one in results], archive=Archive.PENDING)

    async def none_pending() -> bool:
        return not await pending.aexists()

    await until(none_pending)
    return [await fresh(one) for one in results]


async def has_problem(result: Result, words: str) -> bool:
    return words in (await fresh(result)).problem


def file_in(name: str) -> bytes:
    """Of the media storage."""
    with media_storage().open(name) as file:
        return bytes(file.read())


def is_kept(result: Result, body: bytes) -> bool:
    """Whether row and file say that it is stored, and what."""
    whole = result.archive == Archive.STORED and file_in(result_name(result.pk)) == body
    return whole and (result.bytes, result.sha256) == (len(body), hashlib.sha256(body).hexdigest())


async def told(result: Result, kind: EventType) -> list[str]:
    return [one.message async for one in Event.objects.filter(task=result.task_id, type=kind)]
