"""One download of one result into the folder of files under way, continued from where an earlier one was cut."""

from functools import partial
from uuid import UUID

from tasks.archive.base64_stream import BadPayload, Base64Stream
from tasks.archive.failures import FetchFailed, not_inside
from tasks.archive.following import Toll
from tasks.archive.links import Source
from tasks.archive.means import Means
from tasks.archive.parts import NOTHING
from tasks.archive.room import disk_full, stored_bytes
from tasks.archive.sink import DecodingSink, FileSink


async def download(source: Source, result_id: UUID, means: Means, toll: Toll) -> None:
    """When it returns, the whole file lies in the folder. FetchFailed with what is there else, or LocalTrouble."""
    with means.room.promised(result_id):
        await _admit(means, result_id, 0, None)
        sink = FileSink(
            means.incoming, result_id, source.url, disk=means.disk, admit=partial(_admit, means, result_id)
        )
        try:
            await _fetch(source, result_id, sink, means, toll)
            await sink.finish()
        except OSError as error:
            raise disk_full(error) from error
        finally:
            await sink.close()


async def _fetch(source: Source, result_id: UUID, sink: FileSink, means: Means, toll: Toll) -> None:
    if source.inside is None:
        part = await means.on_disk(lambda: means.incoming.found_part(result_id, source.url))
        await means.fetcher.fetch(source, sink, part=part, toll=toll)
        return
    stream = Base64Stream(index=source.inside)
    decoding = DecodingSink(sink, stream, means.limits.largest_bytes)
    try:
        await means.fetcher.fetch(source, decoding, toll=toll)
        stream.finish()
    except BadPayload as error:
        raise not_inside(str(error)) from error
    except FetchFailed as failed:
        failed.part = NOTHING  # what it counted is the answer, and the next one begins anew
        raise


async def _admit(means: Means, result_id: UUID, there_bytes: int, whole_bytes: int | None) -> None:
    used_bytes = 0
    if means.room.quota_bytes is not None:
        used_bytes = await means.database.run(stored_bytes)
    whole = max(there_bytes, whole_bytes or 0)
    await means.on_disk(
        lambda: means.room.claim(
            result_id, more_bytes=whole - there_bytes, whole_bytes=whole, used_bytes=used_bytes
        )
    )
