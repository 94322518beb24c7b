"""Which tasks a list, a page of the API or a socket is about: one value, as SQL and as a test of one task."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from django.db.models import Q

from tasks.desk import MAX_TAGS
from tasks.models import Account, Task
from tasks.models.task import TaskQuerySet, folded
from tasks.providers import PROVIDERS
from tasks.vocabulary import Kind, Status

MAX_TEXT = 500
"""Characters of the text filter that count: databases limit a pattern's length."""


@dataclass
class UnknownWord(ValueError):
    """A filter value that is not in its vocabulary."""

    field: str
    word: str

    def __str__(self) -> str:
        return f"“{self.word}” is not a known {self.field}."


class TooManyWords(UnknownWord):
    """More tags than a database compares at a time; `word` is one of them."""

    def __str__(self) -> str:
        return f"Name {MAX_TAGS} tags at most."


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What is empty lets all through; of several words any will do. Accounts are slugs, owners usernames."""

    status: frozenset[str] = frozenset()
    account: frozenset[str] = frozenset()
    provider: frozenset[str] = frozenset()
    kind: frozenset[str] = frozenset()
    owner: frozenset[str] = frozenset()
    tag: frozenset[str] = frozenset()
    """Case-folded."""
    starred: str = ""
    """`1` for favourites alone."""
    archived: str = ""
    """`no` without, `yes` only what was put aside."""
    q: str = ""
    """Text of title, prompt, model or remote id."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "TaskFilter":
        """From a query string's comma-separated words; UnknownWord for one outside its vocabulary."""
        return cls(
            status=_words(query, "status", {s.value for s in Status}),
            account=_words(query, "account", None),
            provider=_words(query, "provider", set(PROVIDERS)),
            kind=_words(query, "kind", {k.value for k in Kind}),
            owner=_words(query, "owner", None),
            tag=_tags(query),
            starred=_word(query, "starred", {"1"}),
            archived=_word(query, "archived", {"no", "yes"}),
            q=_storable(query.get("q", ""))[:MAX_TEXT].strip(),
        )

    @property
    def is_empty(self) -> bool:
        return self == TaskFilter()

    def without(self, name: str) -> "TaskFilter":
        """The same with one field left open."""
        return replace(self, **{name: type(getattr(self, name))()})

    def query(self) -> str:
        """The query string that reads back as this filter; "" when it is empty."""
        pairs = [(f.name, getattr(self, f.name)) for f in fields(self)]
        return urlencode(
            [(name, v if isinstance(v, str) else ",".join(sorted(v))) for name, v in pairs if v], safe=","
        )

    def tasks(self, accounts: Iterable[Account] | None = None) -> TaskQuerySet:
        """The tracked tasks it lets through, in no order yet. `accounts`: all of them, when they are loaded."""
        found = Task.objects.tracked()
        if self.status:
            found = found.filter(status__in=sorted(self.status))
        if self.account or self.provider:
            found = found.filter(account__in=self._account_ids(accounts))
        if self.kind:
            found = found.filter(kind__in=sorted(self.kind))
        if self.owner:
            found = found.filter(created_by__username__in=sorted(self.owner))
        if self.tag:
            found = found.filter(self._has_tag())
        if self.starred:
            found = found.filter(starred=True)
        if self.archived:
            found = found.filter(archived_at__isnull=self.archived == "no")
        if self.q:
            found = found.filter(search__contains=self.q.casefold())
        return found

    def matches(self, task: Task) -> bool:
        """What `tasks()` decides in SQL, for one task whose account and owner are loaded."""
        return (
            task.deleted_at is None
            and (not self.status or task.status in self.status)
            and (not self.account or task.account.slug in self.account)
            and (not self.provider or task.account.provider in self.provider)
            and (not self.kind or task.kind in self.kind)
            and (not self.owner or (task.created_by is not None and task.created_by.username in self.owner))
            and (not self.tag or any(f"\n{tag}\n" in task.tag_words for tag in self.tag))
            and (not self.starred or task.starred)
            and (not self.archived or (task.archived_at is None) == (self.archived == "no"))
            and self.q.casefold() in task.search
        )

    def _has_tag(self) -> Q:
        found = Q()
        for tag in sorted(self.tag):
            found |= Q(tag_words__contains=f"\n{tag}\n")
        return found

    def _account_ids(self, accounts: Iterable[Account] | None) -> list[int]:
        """Accounts are few: their ids first, so that the index on (account, created_at) is used."""
        return [
            account.pk
            for account in (Account.objects.all() if accounts is None else accounts)
            if (not self.account or account.slug in self.account)
            and (not self.provider or account.provider in self.provider)
        ]


def _words(query: Mapping[str, str], name: str, known: set[str] | None) -> frozenset[str]:
    words = frozenset(word for raw in _storable(query.get(name, "")).split(",") if (word := raw.strip()))
    for word in sorted(words):
        if known is not None and word not in known:
            raise UnknownWord(name, word)
    return words


def _tags(query: Mapping[str, str]) -> frozenset[str]:
    tags = frozenset(map(folded, _words(query, "tag", None)))
    if len(tags) > MAX_TAGS:
        raise TooManyWords("tag", min(tags))
    return tags


def _word(query: Mapping[str, str], name: str, known: set[str]) -> str:
    word = _storable(query.get(name, "")).strip()
    if word and word not in known:
        raise UnknownWord(name, word)
    return word


def _storable(text: str) -> str:
    """PostgreSQL refuses a query that holds a null character."""
    return text.replace("\0", "")
