"""Many rows written by one statement, on both databases: they travel as one JSON document, so that
neither Python nor the driver touches every value. The ORM's own ways cost ten times as much.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from django.db import connection, models

ROWS_A_STATEMENT = 2_000

Row = Mapping[str, Any]
Fields = Mapping[str, "models.Field[Any, Any]"]


def update_rows(
    model: type[models.Model], rows: Sequence[Row], *, match: Sequence[str], where: Row, also: str = ""
) -> set[Any]:
    """Write each row's fields where those of `match` are as it says; the keys of the rows that were written.

    All rows name the same fields, the primary key first in `match`. `where` holds fields and what they must be in
    every row, None for NULL; `also` is SQL of a further assignment, on the table as `t`.
    """
    if not rows:
        return set()
    fields = {name: _field(model, name) for name in rows[0]}
    conditions, values = _conditions(model, where)
    if connection.vendor == "sqlite" and len(match) == 1 and not also and rows[0].keys().isdisjoint(where):
        return _write_each(model, rows, fields, match[0], conditions, values)
    statement = _statement(model, fields, match, also, conditions)
    written: set[Any] = set()
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        with connection.cursor() as cursor:
            cursor.execute(statement, [_document(rows[start : start + ROWS_A_STATEMENT], fields), *values])
            written |= {model._meta.pk.to_python(one) for (one,) in cursor.fetchall()}
    return written


def _write_each(
    model: type[models.Model],
    rows: Sequence[Row],
    fields: Fields,
    key: str,
    conditions: list[str],
    values: list[Any],
) -> set[Any]:
    """SQLite runs one statement again and again in a fifth of the time that it takes to read rows out of a document."""
    names = [name for name in fields if name != key]
    changes = ", ".join(f"{fields[name].column} = %s" for name in names)
    table, column = model._meta.db_table, fields[key].column
    same = " AND ".join([f"t.{column} = %s", *conditions])
    told = _values(rows, {name: fields[name] for name in [*names, key]})
    statement = f"UPDATE {table} AS t SET {changes} WHERE {same}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, [[*row, *values] for row in told])
        if cursor.rowcount == len(rows):
            return {row[key] for row in rows}
        held = " AND ".join([f"t.{column} IN (SELECT value FROM json_each(%s))", *conditions])  # noqa: S608
        keys = json.dumps([row[-1] for row in told])
        cursor.execute(f"SELECT t.{column} FROM {table} AS t WHERE {held}", [keys, *values])  # noqa: S608
        return {model._meta.pk.to_python(one) for (one,) in cursor.fetchall()}


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"{name} is no column of {model.__name__}")
    return field


def _conditions(model: type[models.Model], where: Row) -> tuple[list[str], list[Any]]:
    found, values = [], []
    for name, value in where.items():
        field = _field(model, name)
        if value is None:
            found.append(f"t.{field.column} IS NULL")
        else:
            found.append(f"{_off_index()}t.{field.column} = %s")
            values.append(field.get_db_prep_value(value, connection))
    return found, values


def _statement(
    model: type[models.Model], fields: Fields, match: Sequence[str], also: str, conditions: list[str]
) -> str:
    is_postgres = connection.vendor == "postgresql"
    read = _read_postgres if is_postgres else _read_sqlite
    values = [f"{read(place, field)} AS v_{name}" for place, (name, field) in enumerate(fields.items())]
    source = "json_array_elements(CAST(%s AS json)) AS given(value)" if is_postgres else "json_each(%s)"
    changes = [f"{field.column} = v_{name}" for name, field in fields.items() if name not in match]
    key, *others = match
    same = [f"t.{fields[key].column} = v_{key}"]
    same += [f"{_off_index()}t.{fields[name].column} = v_{name}" for name in others]
    return (
        f"WITH v AS (SELECT {', '.join(values)} FROM {source}) UPDATE {model._meta.db_table} AS t"  # noqa: S608
        f" SET {', '.join([*changes, also] if also else changes)} FROM v"
        f" WHERE {' AND '.join([*same, *conditions])} RETURNING {'t.' * is_postgres}{fields[key].column}"
    )


def _off_index() -> str:
    """SQLite would begin with an index of this column, not with the key: a sign before it keeps it from that."""
    return "+" if connection.vendor == "sqlite" else ""


def _read_postgres(place: int, field: "models.Field[Any, Any]") -> str:
    kind = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return f"CAST(value->>{place} AS {kind})"


def _read_sqlite(place: int, field: "models.Field[Any, Any]") -> str:
    return f"json_extract(value, '$[{place}]')"


def _document(rows: Sequence[Row], fields: Fields) -> str:
    return json.dumps(_values(rows, fields), separators=(",", ":"))


def _values(rows: Sequence[Row], fields: Fields) -> list[list[Any]]:
    """As JSON and SQLite take them, in the order of `fields`."""
    tellers = [(name, _teller(field)) for name, field in fields.items()]
    return [
        [tell(value) if tell and (value := row[name]) is not None else row[name] for name, tell in tellers]
        for row in rows
    ]


def _teller(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """How a value is written for JSON; None: as it is."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.UUIDField):
        return str if connection.features.has_native_uuid_field else _hex
    if isinstance(field, models.DateTimeField):
        return _moment_teller()
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, cls=field.encoder)
    return None


def _moment_teller() -> Callable[[Any], str]:
    adapt = connection.ops.adapt_datetimefield_value
    if connection.vendor != "sqlite" or connection.timezone is not UTC:
        return lambda at: str(adapt(at))
    # What Django writes as well, in a quarter of the time: most of ours are in UTC.
    return lambda at: str(at.replace(tzinfo=None) if at.tzinfo is UTC else adapt(at))


def _hex(one: UUID) -> str:
    return one.hex
