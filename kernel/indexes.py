"""Indexes that only one of the databases has."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class AddTrigramIndex(Operation):
    """Pieces of a text (`icontains`) are found by index on PostgreSQL; elsewhere, and where its extension pg_trgm is
    not installed on the server, they are found by reading every row. Belongs into a migration."""

    reversible = True

    def __init__(self, model_name: str, field: str, name: str) -> None:
        self.model_name = model_name
        self.field = field
        self.name = name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Django need not know of it."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, _before: ProjectState, after: ProjectState
    ) -> None:
        if not _can_have(schema_editor):
            return
        model: Any = after.apps.get_model(app_label, self.model_name)
        table = schema_editor.quote_name(model._meta.db_table)
        column = schema_editor.quote_name(model._meta.get_field(self.field).column)
        name = schema_editor.quote_name(self.name)
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        # The expression that `icontains` compares.
        schema_editor.execute(f"CREATE INDEX {name} ON {table} USING gin (UPPER({column}::text) gin_trgm_ops)")

    def database_backwards(
        self, _app_label: str, schema_editor: BaseDatabaseSchemaEditor, _before: ProjectState, _after: ProjectState
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(self.name)}")

    def describe(self) -> str:
        return f"Index {self.name} for pieces of {self.model_name}.{self.field}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (type(self).__name__, [], {"model_name": self.model_name, "field": self.field, "name": self.name})


def _can_have(schema_editor: BaseDatabaseSchemaEditor) -> bool:
    if schema_editor.connection.vendor != "postgresql":
        return False
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        return cursor.fetchone() is not None
