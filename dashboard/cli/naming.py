"""Tasks that exist at a provider, as people and programs name them: what `dailies track` is given."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dashboard.cli.failures import Exit, Failure
from dashboard.cli.names import plain
from tasks.sheets import Json, Row, UnknownColumn, read, row, rows_of

_SHOWN_MAX = 80


@dataclass(frozen=True, slots=True)
class Named:
    """One task to track, and how it is shown."""

    row: Row

    @property
    def place(self) -> str:
        return self.row.place

    @property
    def body(self) -> Json:
        return self.row.body

    @property
    def problem(self) -> str:
        return self.row.problem

    @property
    def shown(self) -> str:
        return plain(self.row.text)[:_SHOWN_MAX]


def named_in_arguments(texts: Iterable[str]) -> Iterator[Named]:
    return (Named(row(f"argument {number}", text, read(text))) for number, text in enumerate(texts, start=1))


def named_in_text(text: str) -> Iterator[Named]:
    """Those in a text: one JSON value, JSON lines, CSV with a header, or one id or address a line."""
    try:
        yield from map(Named, rows_of(text))
    except UnknownColumn as error:
        raise Failure(plain(error), Exit.USAGE) from error
