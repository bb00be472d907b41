"""What the database refused, in the words of the model: a constraint's name or message turned into field names."""

import re
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models
from django.db.models import F, ProtectedError, RestrictedError
from django.utils.translation import gettext as _

_CODE_OF_SQLSTATE = {
    "23505": "unique",
    "23503": "in_use",
    "23514": "contradiction",
    "23502": "null",
    "23P01": "overlap",
}
_SQLITE = re.compile(
    r"^(UNIQUE|CHECK|NOT NULL|FOREIGN KEY) constraint failed(?:: (?:index '(?P<name>.+)'|(?P<what>.+)))?$"
)
_CODE_OF_SQLITE = {"UNIQUE": "unique", "FOREIGN KEY": "in_use", "CHECK": "contradiction", "NOT NULL": "null"}
_KEY = re.compile(r"^Key \((?P<columns>.*?)\)=\(")


@dataclass(frozen=True)
class Violation:
    """`fields` may be empty where the database does not say enough."""

    code: str
    fields: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        if self.code == "unique" and self.fields:
            return _("Another one with this %(fields)s exists already.") % {"fields": ", ".join(self.fields)}
        return {
            "unique": _("Another one like this exists already."),
            "in_use": _("Something else depends on it, or it names what no longer exists."),
            "contradiction": _("The values contradict each other."),
            "overlap": _("It overlaps with another one."),
            "null": _("A value is missing."),
        }.get(self.code, _("The present data does not allow this."))


def violation_of(error: IntegrityError) -> Violation:
    """Both databases: PostgreSQL names constraint, table and columns apart, SQLite has one line of text."""
    if isinstance(error, ProtectedError | RestrictedError):
        return Violation("in_use")
    cause = error.__cause__
    diagnostics = getattr(cause, "diag", None)
    if diagnostics is not None:
        code = _CODE_OF_SQLSTATE.get(getattr(cause, "pgcode", "") or "", "conflict")
        found = _fields_of_constraint(diagnostics.constraint_name or "")
        if not found and (key := _KEY.match(diagnostics.message_detail or "")):
            columns = key["columns"].split(", ")
            found = _fields_of_columns([f"{diagnostics.table_name}.{column}" for column in columns])
        if not found and diagnostics.column_name:
            found = _fields_of_columns([f"{diagnostics.table_name}.{diagnostics.column_name}"])
        return Violation(code, found)
    said = _SQLITE.match(str(error))
    if said is None:
        return Violation("conflict")
    code = _CODE_OF_SQLITE[said[1]]
    if code == "contradiction" or said["name"]:
        return Violation(code, _fields_of_constraint(said["name"] or said["what"] or ""))
    return Violation(code, _fields_of_columns((said["what"] or "").split(", ")))


def _fields_of_constraint(name: str) -> tuple[str, ...]:
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name != name:
                continue
            if isinstance(constraint, models.UniqueConstraint):
                return (*constraint.fields, *(name for one in constraint.expressions for name in _names(one)))
            if isinstance(constraint, models.CheckConstraint):
                named = (
                    constraint.condition.referenced_base_fields if isinstance(constraint.condition, models.Q) else ()
                )
                return tuple(sorted(named))
    return ()


def _names(expression: Any) -> list[str]:
    if isinstance(expression, F):
        return [expression.name]  # type: ignore[attr-defined]  # the stubs forget it
    return [name for part in expression.get_source_expressions() for name in _names(part)]


def _fields_of_columns(columns: list[str]) -> tuple[str, ...]:
    """`table.column` of SQLite's message, or the same put together from PostgreSQL's parts, as field names."""
    tables = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    found = []
    for column in columns:
        table, _dot, name = column.rpartition(".")
        model = tables.get(table)
        fields = model._meta.concrete_fields if model else ()
        found += [field.name for field in fields if field.column == name.strip('"')]
    return tuple(found)
