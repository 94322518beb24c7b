"""Which tasks a list, a page of the API or a socket is about: one value, as SQL and as a test of one task."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from tasks.models import Account, Task
from tasks.models.task import TaskQuerySet
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


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Each set is empty for "all". Accounts are slugs; `q` is text of title, prompt, model or remote id."""

    status: frozenset[str] = frozenset()
    account: frozenset[str] = frozenset()
    provider: frozenset[str] = frozenset()
    kind: frozenset[str] = frozenset()
    q: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "TaskFilter":
        """From a query string's comma-separated words; UnknownWord for one outside its vocabulary."""
        return cls(
            status=_words(query, "status", {s.value for s in Status}),
            account=_words(query, "account", None),
            provider=_words(query, "provider", set(PROVIDERS)),
            kind=_words(query, "kind", {k.value for k in Kind}),
            q=_storable(query.get("q", ""))[:MAX_TEXT].strip(),
        )

    @property
    def is_empty(self) -> bool:
        return self == TaskFilter()

    def without(self, name: str) -> "TaskFilter":
        """The same with one field left open."""
        return replace(self, q="") if name == "q" else replace(self, **{name: frozenset[str]()})  # type: ignore[arg-type]

    def query(self) -> str:
        """The query string that reads back as this filter; "" when it is empty."""
        pairs = [(f.name, getattr(self, f.name)) for f in fields(self)]
        return urlencode(
            [(name, v if name == "q" else ",".join(sorted(v))) for name, v in pairs if v], safe=","
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
        if self.q:
            found = found.filter(search__contains=self.q.casefold())
        return found

    def matches(self, task: Task) -> bool:
        """What `tasks()` decides in SQL, for one task whose account is loaded."""
        return (
            task.deleted_at is None
            and (not self.status or task.status in self.status)
            and (not self.account or task.account.slug in self.account)
            and (not self.provider or task.account.provider in self.provider)
            and (not self.kind or task.kind in self.kind)
            and self.q.casefold() in task.search
        )

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


def _storable(text: str) -> str:
    """PostgreSQL refuses a query that holds a null character."""
    return text.replace("\0", "")
