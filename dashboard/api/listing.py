"""`GET tasks`: the query, checked word by word, and the page it asks for."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Schema
from pydantic import BeforeValidator, Field

from dashboard.api.refusals import invalid
from dashboard.api.texts import Text
from dashboard.filters import MAX_TEXT, TaskFilter, UnknownWord
from dashboard.paging import BadCursor, Cursor, Page, page_of
from tasks.models import Account
from tasks.providers import PROVIDERS
from tasks.vocabulary import Kind, Status

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_WORD_LISTS = frozenset({"status", "account", "provider", "kind"})


def _listed(words: object) -> str:
    return f"Comma-separated: {', '.join(f'`{word}`' for word in words)}."  # type: ignore[attr-defined]


class TaskQuery(Schema):
    """Empty values count as absent."""

    status: str = Field("", description=_listed(Status))
    account: str = Field("", description="Comma-separated slugs.")
    provider: str = Field("", description=_listed(PROVIDERS))
    kind: str = Field("", description=_listed(Kind))
    q: Text = Field(
        "", max_length=MAX_TEXT, description="Case-insensitive part of title, prompt, model or remote id."
    )
    cursor: str = Field("", description="`next` of the page before.")
    limit: Annotated[int, BeforeValidator(lambda text: text or DEFAULT_LIMIT)] = Field(
        DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Tasks on a page."
    )


def check_parameters(request: HttpRequest, known: frozenset[str] = frozenset()) -> None:
    """Refused for a parameter the call does not have, or one given twice: a filter that is not applied misleads."""
    for name, values in request.GET.lists():
        if name not in known:
            raise invalid(name, "This call has no parameter of this name.")
        if len(values) > 1:
            hint = "Separate its words by commas." if name in _WORD_LISTS else "Give it once."
            raise invalid(name, f"This parameter is given more than once. {hint}")


def read_page(request: HttpRequest, query: TaskQuery) -> Page:
    """The tasks asked for; Refused for a word, an account or a cursor that does not exist."""
    check_parameters(request, frozenset(TaskQuery.model_fields))
    found = _read_filter(query)
    try:
        cursor = Cursor.read(query.cursor) if query.cursor else None
    except BadCursor as error:
        raise invalid("cursor", str(error)) from error
    return page_of(found.tasks().with_owner(), cursor, query.limit)


def _read_filter(query: TaskQuery) -> TaskFilter:
    try:
        found = TaskFilter.read(query.model_dump(exclude={"cursor", "limit"}))
    except UnknownWord as error:
        raise invalid(error.field, str(error)) from error
    if found.account:
        known = Account.objects.filter(slug__in=found.account).values_list("slug", flat=True)
        if unknown := sorted(found.account - set(known)):
            raise invalid("account", str(UnknownWord("account", unknown[0])))
    return found
