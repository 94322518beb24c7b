"""The audit log as people look at it: filtered, newest first, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import QuerySet

from dashboard.paging import after
from tasks.models import AuditEntry
from tasks.vocabulary import Deed

NOBODY = "-"
"""In the person filter: what Dailies did by itself, or somebody on the command line."""
SEARCH_MAX = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UnknownFilter(ValueError):
    """A filter or cursor that means nothing here. Its text is for people."""


@dataclass(frozen=True, slots=True)
class Place:
    """Just after an entry, in the order newest first."""

    at: datetime
    id: int

    @classmethod
    def read(cls, text: str) -> "Place":
        try:
            micros, identifier = text.split("-")
            return cls(_EPOCH + int(micros) * _MICROSECOND, int(identifier))
        except (ValueError, OverflowError) as error:
            raise UnknownFilter("This cursor is not one of ours.") from error

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.id}"


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries: empty fields filter nothing. `person` is a username."""

    deed: str = ""
    person: str = ""
    q: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "AuditFilter":
        found = cls(query.get("deed", ""), query.get("person", ""), query.get("q", "").strip())
        if found.deed and found.deed not in set(Deed):
            raise UnknownFilter(f"“{found.deed[:40]}” is no deed that the log knows.")
        if len(found.q) > SEARCH_MAX or "\x00" in found.q + found.person:
            raise UnknownFilter(f"The text must have at most {SEARCH_MAX} characters.")
        return found

    @property
    def is_open(self) -> bool:
        """Whether it filters nothing."""
        return self == AuditFilter()

    def query(self, **more: object) -> str:
        """As it stands in an address."""
        pairs = {"deed": self.deed, "person": self.person, "q": self.q} | more
        return urlencode({name: value for name, value in pairs.items() if value})

    def entries(self) -> "QuerySet[AuditEntry]":
        rows = AuditEntry.objects.order_by("-at", "-id")
        if self.deed:
            rows = rows.filter(deed=self.deed)
        if self.person == NOBODY:
            rows = rows.filter(actor=None, actor_name="")
        elif self.person:
            rows = rows.filter(actor__in=list(User.objects.filter(username=self.person)))
        return rows.filter(search__contains=self.q.casefold()) if self.q else rows


def page_after(
    rows: "QuerySet[AuditEntry]", place: Place | None, limit: int
) -> tuple[list[AuditEntry], Place | None]:
    """At most `limit` entries, and the place after them when there are more."""
    if place:
        rows = after(rows, "at", place.at, place.id)
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], Place(last.at, last.pk)
