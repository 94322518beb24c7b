"""`GET tasks`: the query, checked word by word, and the page it asks for."""

from collections.abc import Iterable
from typing import Annotated

from django.contrib.auth.models import User
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
_WORD_LISTS = frozenset({"status", "account", "provider", "kind", "owner", "tag"})


def _listed(words: object) -> str:
    return f"Comma-separated: {', '.join(f'`{word}`' for word in words)}."  # type: ignore[attr-defined]


class TaskQuery(Schema):
    """Empty values count as absent."""

    status: str = Field("", description=_listed(Status))
    account: str = Field("", description="Comma-separated slugs.")
    provider: str = Field("", description=_listed(PROVIDERS))
    kind: str = Field("", description=_listed(Kind))
    owner: Text = Field("", description="Comma-separated usernames of those who track them.")
    tag: Text = Field("", description="Comma-separated; any of them will do, in any case.")
    starred: str = Field("", description="`1`: the team's favourites alone.")
    archived: str = Field(
        "", description="`no` without, `yes` only what was put aside on the pages; both when absent."
    )
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
    _check_known("account", found.account, Account.objects.filter(slug__in=found.account).values_list("slug"))
    _check_known("owner", found.owner, User.objects.filter(username__in=found.owner).values_list("username"))
    return found


def _check_known(field: str, words: frozenset[str], known: Iterable[tuple[str]]) -> None:
    """Refused for a word that names nobody; `known` is not asked when there is none."""
    if words and (unknown := sorted(words - {name for (name,) in known})):
        raise invalid(field, str(UnknownWord(field, unknown[0])))
