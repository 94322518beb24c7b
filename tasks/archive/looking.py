"""A look into a stored result: its measures, and a poster. What fails here is no failure of the result."""

from functools import partial
from pathlib import Path

from django.utils import timezone

from tasks.archive.copies import path_in_folder, put_poster, take_out
from tasks.archive.failures import LocalTrouble
from tasks.archive.inspection import INSPECTED, Facts, inspect
from tasks.archive.means import Means
from tasks.archive.settling import Hold, settle_inspected, settle_uninspected
from tasks.archive.storage import media_storage, poster_name
from tasks.models import Result
from tasks.vocabulary import Kind


async def look_into(hold: Hold, means: Means) -> None:
    """Write down what is found. `hold.result` is stored, and locked by who calls this."""
    result = hold.result
    try:
        path = await means.on_storage(partial(_at_hand, result, means))
    except LocalTrouble:
        await means.database.run(settle_uninspected, hold, means.timing.trouble_s, timezone.now())
        return
    facts = await inspect(path, _kind_of(result.content_type))
    trouble = await _keep_poster(result, facts, means)
    now = timezone.now()
    problem = trouble or facts.reason
    settled = await means.database.run(
        settle_inspected, hold, facts, has_poster=bool(facts.poster) and not trouble, problem=problem, now=now
    )
    if not settled and not await means.database.run(_has_poster, result):  # it was deleted meanwhile
        await means.on_storage(partial(media_storage().delete, poster_name(result.pk)))
    await means.on_disk(partial(means.incoming.discard, result.pk))


def _at_hand(result: Result, means: Means) -> Path:
    """The file on this machine, fetched out of a bucket where it must be."""
    if (path := path_in_folder(result.pk)) is not None:
        return path
    whole, copy = means.incoming.whole(result.pk), means.incoming.copy(result.pk)
    if not whole.exists():
        take_out(result.pk, copy)
        return copy
    return whole


def _kind_of(content_type: str) -> Kind:
    """By what it is, whatever the provider called it."""
    family = content_type.partition("/")[0]
    return Kind(family) if family in INSPECTED else Kind.OTHER


async def _keep_poster(result: Result, facts: Facts, means: Means) -> str:
    """Why there is none; "" when it is kept, or when nobody expects one."""
    if facts.poster is None:
        return ""
    try:
        await means.on_storage(partial(put_poster, facts.poster, result.pk))
    except LocalTrouble as trouble:
        return str(trouble)
    return ""


def _has_poster(result: Result) -> bool:
    return Result.objects.filter(pk=result.pk, has_poster=True).exists()
