"""A fresh link for a result whose own no longer works: the provider is asked about its task once more."""

from dataclasses import dataclass
from datetime import datetime

from tasks.archive.expiry import expires_at
from tasks.archive.following import Toll
from tasks.archive.sources import ref_of
from tasks.asking import Asker, Connection
from tasks.models import Result
from tasks.providers.addresses import AddressRefused
from tasks.providers.contract import Answer, ErrorKind, File, ProviderError, TaskRef

NO_HOPE = frozenset({ErrorKind.NOT_FOUND, ErrorKind.MISSING, ErrorKind.FORBIDDEN})
"""Answers after which no fresh link is to be had."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """Where the file is to be had now."""

    url: str
    inline: bool
    expires_at: datetime | None


async def renew(
    result: Result, connection: Connection, asker: Asker, toll: Toll, now: datetime
) -> Renewed | None:
    """The present link of a result; None when the provider has no other.

    ProviderError when it gives no answer to that now. `result` comes with its task and account.
    """
    ref = ref_of(result)
    if ref is None or result.inline:
        return None
    try:
        answer = await _ask(ref, connection, asker, toll)
        files = connection.provider.parse_task(answer, ref).files
    except AddressRefused:
        return None
    except ProviderError as error:
        if error.kind in NO_HOPE:
            return None
        raise
    file = files[result.position] if result.position < len(files) else None
    return _renewed(file, result, now) if file else None


async def _ask(ref: TaskRef, connection: Connection, asker: Asker, toll: Toll) -> Answer:
    request = connection.build(connection.provider.poll_request(ref))
    await toll.begin()
    try:
        return await asker.ask(request, connection.provider.NAME)
    finally:
        toll.end()


def _renewed(file: File, result: Result, now: datetime) -> Renewed | None:
    same = file.url == result.remote_url and file.inline == result.inline
    if file.expired or same:
        return None
    made_at = result.task.finished_at or now
    return Renewed(file.url, file.inline, expires_at(file.url, result.task.account.provider, made_at))
