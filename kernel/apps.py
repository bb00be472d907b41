from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import pre_migrate


class KernelConfig(AppConfig):
    name = "kernel"

    def ready(self) -> None:
        pre_migrate.connect(_take_your_time, dispatch_uid="kernel.migrate_without_hurry")


def _take_your_time(*, using: str, **_: Any) -> None:
    """A migration may take longer than a request may: an index over millions of rows does."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
