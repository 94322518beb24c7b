"""Many calls out of one text: a table as CSV, or a prompt on each line. All is checked before any is made. Pure."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO

from tasks.providers.forms import BadParams, Field, FieldType, Form, Params, clean

ROWS_MAX = 200
TEXT_MAX = 1_000_000
"""Characters of a table."""
TITLE, TAGS = "title", "tags"
"""Columns of ours, unless the provider has a parameter of that name."""
DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Row:
    """One call. `title` and `tags` are None where its line says nothing of them."""

    line: int
    params: dict[str, object]
    title: str | None = None
    tags: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line, as a sentence."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Table:
    """What a text holds: rows to be made, and all that is wrong with it."""

    rows: list[Row]
    problems: list[Problem]


class _NoTable(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_lines(form: Form, prompts: str, shared: Params) -> Table:
    """A call for each line that is not empty, with that line as its prompt."""
    numbered = [(number, line.strip()) for number, line in enumerate(prompts.splitlines(), 1)]
    rows = [Row(number, {form.prompt: line}) for number, line in numbered if line]
    return _checked(form, rows, shared, [])


def read_table(form: Form, text: str, shared: Params) -> Table:
    """A call for each row, over the shared parameters. The first row names them: `prompt,model,duration`."""
    if len(text) > TEXT_MAX:
        return Table([], [Problem(1, f"A table has {TEXT_MAX:,} characters at most.")])
    try:
        numbered = list(_numbered(text.removeprefix("\ufeff")))
    except _NoTable as error:
        return Table([], [Problem(error.line, f"This is no CSV: {error}.")])
    if len(numbered) < 2:
        return Table([], [Problem(1, "A table needs a row of names and rows below it.")])
    columns, problems = _columns(form, *numbered[0])
    rows: list[Row] = []
    for line, cells in numbered[1:] if columns else ():
        _read_row(form, columns, line, cells, rows, problems)
    return _checked(form, rows, shared, problems)


def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, each with the line it begins on."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise _NoTable(line, str(error)) from error


def _delimiter(text: str) -> str:
    """Spreadsheets of half the world write semicolons."""
    head = next((line for line in StringIO(text) if line.strip()), "")
    return max(DELIMITERS, key=head.count)


def _columns(form: Form, line: int, names: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """The parameter of each column, "" for one without a name."""
    known = {name.casefold(): name for name in (TITLE, TAGS)}
    known |= {one.label.casefold(): one.name for one in reversed(form.fields)}
    known |= {one.name.casefold(): one.name for one in form.fields}
    problems, found = [], []
    for name in names:
        column = known.get(name.casefold(), "")
        if name and not column:
            near = get_close_matches(name.casefold(), known, 1)
            hint = f" Did you mean “{known[near[0]]}”?" if near else ""
            problems.append(Problem(line, f"There is no parameter “{name}”.{hint}"))
        elif column and column in found:
            problems.append(Problem(line, f"“{name}” is there twice."))
        found.append(column)
    return ([] if problems else found), problems


def _read_row(
    form: Form,
    columns: Sequence[str],
    line: int,
    cells: Sequence[str],
    rows: list[Row],
    problems: list[Problem],
) -> None:
    named = [*columns, *[""] * (len(cells) - len(columns))]
    if any(cell and not column for cell, column in zip(cells, named, strict=False)):
        problems.append(Problem(line, "There are more cells than names in the first row."))
        return
    told = {column: cell for column, cell in zip(columns, cells, strict=False) if cell}
    ours = {name: told.pop(name) for name in (TITLE, TAGS) if name in told and name not in form.by_name}
    try:
        params = {name: _value(form.by_name[name], cell) for name, cell in told.items()}
    except BadParams as error:
        problems.append(Problem(line, str(error)))
        return
    rows.append(Row(line, params, ours.get(TITLE), ours.get(TAGS)))


def _value(field: Field, cell: str) -> object:
    if field.type is FieldType.OBJECT:
        try:
            return json.loads(cell)
        except (ValueError, RecursionError) as error:
            raise BadParams(field.name, f"{field.label} is no valid JSON.") from error
    if field.many:
        return [one.strip() for line in cell.splitlines() for one in line.split("|") if one.strip()]
    return cell


def _checked(form: Form, rows: list[Row], shared: Params, problems: list[Problem]) -> Table:
    if len(rows) > ROWS_MAX:
        return Table(
            [], [Problem(rows[ROWS_MAX].line, f"At most {ROWS_MAX} go out at once; there are {len(rows)}.")]
        )
    kept: list[Row] = []
    for row in rows:
        try:
            kept.append(Row(row.line, clean(form, {**shared, **row.params}), row.title, row.tags))
        except BadParams as error:
            problems.append(Problem(row.line, str(error)))
    return Table(kept, sorted(problems, key=lambda one: one.line))
