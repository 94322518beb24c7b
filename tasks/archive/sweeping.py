"""Removes what nobody needs from the folder of files under way: parts of results that were given up or deleted."""

from functools import partial
from uuid import UUID

from django.db.models import Q

from tasks.archive.means import Means
from tasks.models import Result
from tasks.vocabulary import Archive


async def sweep(means: Means, busy: set[UUID]) -> None:
    """All leftovers without a result that still waits for them. `busy` are being worked on in this process."""
    found = await means.on_disk(means.incoming.leftovers) - busy
    for result_id in found - await means.database.run(_needed, found):
        await means.on_disk(partial(means.incoming.sweep, result_id))


def _needed(ids: set[UUID]) -> set[UUID]:
    waits = Q(archive=Archive.PENDING) | Q(archive=Archive.STORED, inspected_at=None)
    return set(Result.objects.filter(waits, pk__in=ids).values_list("pk", flat=True))
