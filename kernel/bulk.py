"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite. For imports, where `bulk_create` is slow.

Constraints hold as ever; `save()` and signals are passed over, as `bulk_create` does.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connection, models
from django.utils import timezone

Convert = Callable[[Any], Any]
Rows = Sequence[models.Model]
M = TypeVar("M", bound=models.Model)

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_ARRAY_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})
_PLAIN = (models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.ForeignKey)


def maker(model: type[M], **same: Any) -> Callable[..., M]:
    """Makes unsaved rows that have the values `same` in common, at a third of the constructor's price.

    Names are those of columns (`client_id`), values are not looked at.
    """
    fields = model._meta.concrete_fields
    places = {field.attname: place for place, field in enumerate(fields)}
    defaults = [field.get_default() for field in fields]
    for name, value in same.items():
        defaults[places[name]] = value
    made_anew = [
        (places[field.attname], field.get_default)
        for field in fields
        if field.has_default() and callable(field.default) and field.attname not in same
    ]

    def make(**own: Any) -> M:
        values = defaults.copy()
        for place, default in made_anew:
            values[place] = default()
        for name, value in own.items():
            values[places[name]] = value
        return model(*values)

    return make


def insert(rows: Rows) -> None:
    """Store new rows of one model. They get their ids, ascending in the order given. Call it inside a transaction."""
    if not rows:
        return
    model = type(rows[0])
    for row, pk in zip(rows, _next_ids(model, len(rows)), strict=True):
        row.pk = pk
        row._state.adding = False
    fields = model._meta.concrete_fields
    _stamp(rows, fields)
    table = _quoted(model._meta.db_table)
    columns = ", ".join(_quoted(field.column) for field in fields)
    values = attrgetter(*(field.attname for field in fields))
    if connection.vendor == "postgresql":
        _copy(f"COPY {table} ({columns}) FROM STDIN", map(values, rows), [_to_text(field) for field in fields])
        return
    places = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({places})",  # noqa: S608 - names of columns
            list(_parameters(map(values, rows), fields)),
        )


def update(rows: Rows, *, fields: Iterable[str]) -> None:
    """Write these columns of stored rows of one model, found by their ids."""
    if not rows:
        return
    model = type(rows[0])
    columns = {name: [_field(model, name).pre_save(row, add=False) for row in rows] for name in fields}
    update_columns(model, [row.pk for row in rows], columns)


def update_columns(model: type[models.Model], ids: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> None:
    """Write the columns of stored rows, each given as the values of all rows in the order of `ids`. On PostgreSQL it is
    one statement, on SQLite one prepared statement."""
    if not ids:
        return
    fields = [_field(model, name) for name in columns]
    names = [_quoted(field.column) for field in fields]
    table = _quoted(model._meta.db_table)
    if connection.vendor == "postgresql":
        sets = ", ".join(f"{name} = fresh.{name}" for name in names)
        arrays = ", ".join(["%s::bigint[]", *(f"%s::{field.db_type(connection)}[]" for field in fields)])
        fresh = f"unnest({arrays}) AS fresh (id, {', '.join(names)})"
        statement = f"UPDATE {table} SET {sets} FROM {fresh} WHERE {table}.id = fresh.id"  # noqa: S608 - names
        literals = [
            _array(values, _to_plain_text(field)) for field, values in zip(fields, columns.values(), strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(statement, [_array(ids, str), *literals])
        return
    sets = ", ".join(f"{name} = %s" for name in names)
    prepared = [
        [field.get_db_prep_save(value, connection) for value in values]
        for field, values in zip(fields, columns.values(), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {sets} WHERE id = %s",  # noqa: S608 - names of columns
            list(zip(*prepared, ids, strict=True)),
        )


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


def _array(values: Iterable[Any], convert: Convert) -> str:
    """PostgreSQL's way to write an array: every element in quotes, so that none can be mistaken."""
    elements = ("NULL" if value is None else f'"{convert(value).translate(_ARRAY_ESCAPES)}"' for value in values)
    return f"{{{','.join(elements)}}}"


def _quoted(name: str | None) -> str:
    assert name is not None
    return connection.ops.quote_name(name)


def _next_ids(model: type[models.Model], count: int) -> Sequence[int]:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            draw = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
            cursor.execute(draw, [_quoted(table), count])
            return [pk for (pk,) in cursor.fetchall()]
        # A writer is alone on SQLite, and the table remembers the highest id it ever gave.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        highest = cursor.fetchone()
        first = (highest[0] if highest else 0) + 1
        return range(first, first + count)


def _stamp(rows: Rows, fields: Iterable[models.Field[Any, Any]]) -> None:
    """created_at and updated_at, which `save()` would have set."""
    now = timezone.now()
    for field in fields:
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            for row in rows:
                setattr(row, field.attname, now)


def _copy(statement: str, rows: Iterable[tuple[Any, ...]], converts: Sequence[Convert]) -> None:
    text = "".join(
        "\t".join(["\\N" if v is None else convert(v) for convert, v in zip(converts, row, strict=True)]) + "\n"
        for row in rows
    )
    # The driver's own method: Django's cursor does not turn its errors into Django's.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(statement, io.StringIO(text))


def _to_text(field: models.Field[Any, Any]) -> Convert:
    """A value that is not None, as COPY's text format has it."""
    convert = _to_plain_text(field)
    if isinstance(field, models.CharField | models.TextField | models.JSONField):
        return lambda value: convert(value).translate(_ESCAPES)
    return convert


def _to_plain_text(field: models.Field[Any, Any]) -> Convert:
    """A value that is not None, in words PostgreSQL understands."""
    match field:
        case models.DateTimeField():
            return datetime.isoformat
        case models.JSONField():
            return lambda value: json.dumps(value, cls=field.encoder)
        case _:
            return str


def _parameters(rows: Iterable[tuple[Any, ...]], fields: Sequence[models.Field[Any, Any]]) -> Iterator[list[Any]]:
    """Rows as SQLite's driver takes them."""
    converts = [(place, _to_parameter(field)) for place, field in enumerate(fields) if not isinstance(field, _PLAIN)]
    for row in rows:
        parameters = list(row)
        for place, convert in converts:
            if parameters[place] is not None:
                parameters[place] = convert(parameters[place])
        yield parameters


def _to_parameter(field: models.Field[Any, Any]) -> Convert:
    """A value that is not None; whatever is not usual goes through Django's own conversion."""
    match field:
        case models.DateTimeField():
            return _utc_text
        case models.JSONField():
            return lambda value: json.dumps(value, cls=field.encoder)
        case _:
            return lambda value: field.get_db_prep_save(value, connection)


def _utc_text(at: datetime) -> str:
    """As Django stores it on SQLite: in UTC, without saying so."""
    return str(at if at.tzinfo is UTC else at.astimezone(UTC)).removesuffix("+00:00")
