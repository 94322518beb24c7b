"""One attempt at the file `/a` of a server on loopback, for tests of how it ends."""

import pytest

from tasks.archive.failures import FetchFailed
from tasks.archive.fetching import Fetched, Fetcher
from tasks.archive.limits import Limits
from tasks.archive.links import Source
from tasks.archive.parts import NOTHING, Part
from tests.archive.memory_sink import MemorySink
from tests.loopback import Loopback

QUICK = Limits(connect_timeout_s=2.0, answer_timeout_s=2.0, stall_s=2.0, complaint_wait_s=0.1)
BODY = bytes(range(256)) * 1000


async def fetch(
    server: Loopback, sink: MemorySink, *, limits: Limits = QUICK, part: Part = NOTHING, key: str = ""
) -> Fetched:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    async with Fetcher(limits) as fetcher:
        return await fetcher.fetch(Source(f"{server.url}/a", server.url, headers), sink, part=part)


async def failure(
    server: Loopback,
    sink: MemorySink | None = None,
    *,
    limits: Limits = QUICK,
    part: Part = NOTHING,
    key: str = "",
) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        await fetch(server, sink or MemorySink(), limits=limits, part=part, key=key)
    return caught.value
