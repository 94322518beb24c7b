"""Many rows written by one statement, on both databases: they travel as one JSON document, so that
neither Python nor the driver touches every value. The ORM's own ways cost ten times as much.
"""

import json
from collections.abc import Callable, Mapping, Sequence
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
    statement = _statement(model, fields, match, also, conditions)
    written: set[Any] = set()
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        with connection.cursor() as cursor:
            cursor.execute(statement, [_document(rows[start : start + ROWS_A_STATEMENT], fields), *values])
            written |= {model._meta.pk.to_python(one) for (one,) in cursor.fetchall()}
    return written


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
    names, told = tuple(fields), tuple(map(_teller, fields.values()))
    lines = [
        [
            tell(value) if tell and (value := row[name]) is not None else row[name]
            for name, tell in zip(names, told, strict=True)
        ]
        for row in rows
    ]
    return json.dumps(lines, separators=(",", ":"))


def _teller(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """How a value is written for JSON; None: as it is."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.UUIDField):
        return str if connection.features.has_native_uuid_field else _hex
    if isinstance(field, models.DateTimeField):
        return lambda at: str(connection.ops.adapt_datetimefield_value(at))
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, cls=field.encoder)
    return None


def _hex(one: UUID) -> str:
    return one.hex
