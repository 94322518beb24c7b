"""Files that tasks begin from, as the form shows them: with name, measures and poster."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from dashboard.own_links import OWN_LINKS
from dashboard.results import measures
from tasks.models import Input, Result
from tasks.providers.references import Reference, Source
from tasks.vocabulary import Archive, Kind


@dataclass(frozen=True, slots=True)
class GivenFile:
    """`reference` is what the parameters hold; `poster_url` is "" where there is no picture."""

    reference: str
    name: str
    detail: str
    kind: str
    url: str = ""
    poster_url: str = ""

    @property
    def icon(self) -> str:
        return f"k-{self.kind}"

    @property
    def is_here(self) -> bool:
        return bool(self.url)


def given_files(references: Iterable[Reference]) -> list[GivenFile]:
    """Each of them, in this order; one that is gone says so."""
    wanted = list(references)
    inputs = Input.objects.present().in_bulk([one.id for one in wanted if one.source is Source.INPUT])
    ids = [one.id for one in wanted if one.source is Source.RESULT]
    stored = Result.objects.reachable().filter(archive=Archive.STORED).select_related("task")
    results = stored.in_bulk(ids) if ids else {}
    found = {Reference(Source.INPUT, pk): of_input(row) for pk, row in inputs.items()}
    found |= {Reference(Source.RESULT, pk): of_result(row) for pk, row in results.items()}
    return [found.get(one) or _gone(one) for one in wanted]


def of_input(row: Input) -> GivenFile:
    poster = reverse("input-poster", args=[row.pk]) if row.has_poster else ""
    reference = str(Reference(Source.INPUT, row.pk))
    detail = " · ".join(measures(row))
    return GivenFile(reference, str(row), detail, row.kind, reverse("input", args=[row.pk]), poster)


def of_result(row: Result) -> GivenFile:
    """Loaded with its task."""
    poster = OWN_LINKS.poster(row) if row.has_poster else ""
    reference = str(Reference(Source.RESULT, row.pk))
    detail = " · ".join(measures(row))
    return GivenFile(reference, row.task.shown_title, detail, row.kind, OWN_LINKS.file(row), poster)


def _gone(one: Reference) -> GivenFile:
    return GivenFile(str(one), "No longer here", "It was deleted.", Kind.OTHER.value)
