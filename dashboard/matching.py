"""All that match: a form's field `match` carries the list's filter, in the place of tasks named one by one."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.urls import reverse

from dashboard.filters import TaskFilter, UnknownWord
from tasks.models import Task
from tasks.models.task import TaskQuerySet

FIELD = "match"
TRASH = "trash"
"""What the field holds for everything in the trash."""
EVERYTHING = "all"
"""What it holds for a filter that lets all through: an empty field would look like none."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which tasks are meant: what `query` finds whenever it is looked for."""

    query: str

    @classmethod
    def read(cls, query: str) -> "Match":
        """UnknownWord for a filter that was not made by us."""
        return cls(query if query in {TRASH, EVERYTHING} else match_of(TaskFilter.read(_words(query))))

    @property
    def tasks(self) -> TaskQuerySet:
        if self.query == TRASH:
            return Task.objects.trash()
        return TaskFilter.read(_words("" if self.query == EVERYTHING else self.query)).tasks()

    @property
    def is_trash(self) -> bool:
        return self.query == TRASH

    @property
    def url(self) -> str:
        """The list that shows them."""
        if self.is_trash:
            return reverse("trash")
        query = "" if self.query == EVERYTHING else self.query
        words = _words(query)
        if "archived" not in words:
            query = "&".join(part for part in (query, "archived=all") if part)
        return f"{reverse('tasks')}?{query}"


def match_of(found: TaskFilter) -> str:
    """What the field holds for this filter."""
    return found.query() or EVERYTHING


def matching(request: HttpRequest) -> Match | None:
    """What the form, else the address, says of all that match; None when tasks are named one by one."""
    query = request.POST.get(FIELD, "") or request.GET.get(FIELD, "")
    if not query:
        return None
    try:
        return Match.read(query)
    except UnknownWord as error:
        raise BadRequest("not a filter of ours") from error


def _words(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))
