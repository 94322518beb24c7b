"""The files that references stand for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tasks.archive.storage import input_name, result_name
from tasks.models import Input, Result
from tasks.providers.references import Reference, Source
from tasks.vocabulary import Archive, Kind


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is here, whole. `storage_name`: where its bytes lie in the media storage."""

    reference: Reference
    name: str
    kind: Kind
    content_type: str
    size_bytes: int
    sha256: str
    stored_at: datetime
    storage_name: str


def find(references: Iterable[Reference]) -> dict[Reference, Found]:
    """Those of them that can be had, in two queries at most."""
    wanted = set(references)
    inputs = {one.id for one in wanted if one.source is Source.INPUT}
    results = {one.id for one in wanted if one.source is Source.RESULT}
    found = [_of_input(row) for row in Input.objects.present().filter(pk__in=inputs)] if inputs else []
    if results:
        stored = Result.objects.reachable().filter(pk__in=results, archive=Archive.STORED)
        found += [_of_result(row) for row in stored.select_related("task")]
    return {one.reference: one for one in found}


def _of_input(row: Input) -> Found:
    return Found(
        Reference(Source.INPUT, row.pk),
        str(row),
        Kind(row.kind),
        row.content_type,
        row.bytes,
        row.sha256,
        row.stored_at or row.created_at,
        input_name(row.pk),
    )


def _of_result(row: Result) -> Found:
    return Found(
        Reference(Source.RESULT, row.pk),
        row.task.shown_title,
        Kind(row.kind),
        row.content_type,
        row.bytes or 0,
        row.sha256,
        row.stored_at or row.created_at,
        result_name(row.pk),
    )
