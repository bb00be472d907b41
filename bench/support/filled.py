"""A database with volume in it. Django must be set up before these are called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

OPEN_CLOCKS_PER_INCIDENT = 1.44


def use(name: str) -> None:
    """From here on Django talks to this database."""
    from django.db import connection  # noqa: PLC0415

    from sla.terms import forget  # noqa: PLC0415

    connection.close()
    connection.settings_dict["NAME"] = name
    forget()


def prepare(clocks: int | None) -> None:
    """Tables, and so many open clocks if a number is given."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if clocks:
        fill_with(int(clocks / OPEN_CLOCKS_PER_INCIDENT), open_share=1.0)
    else:
        analyse()


def fill_with(incidents: int, *, open_share: float) -> None:
    """Made-up incidents of made-up clients."""
    from demo.volume.filling import Volume, fill  # noqa: PLC0415
    from kernel.clock import database_now  # noqa: PLC0415

    volume = Volume(clients=60, projects=120, incidents=incidents, open_share=open_share)
    fill(volume, seed=1, now=database_now())
    analyse()


def fill_with_work(tasks: int, *, projects: int) -> None:
    """Made-up work in so many projects of made-up clients."""
    from demo.volume.filling import Volume, fill  # noqa: PLC0415
    from kernel.clock import database_now  # noqa: PLC0415

    volume = Volume(clients=60, projects=projects, incidents=tasks // 10, open_share=0.1, tasks=tasks)
    fill(volume, seed=1, now=database_now())
    analyse()


def analyse() -> None:
    """The server's statistics as a database in use has them."""
    with unhurried() as cursor:
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def unhurried() -> Iterator[CursorWrapper]:
    """A cursor for statements that take longer than the product allows its own."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        yield cursor
        cursor.execute("RESET statement_timeout")


def multiply_incidents(wanted: int) -> None:
    """Copies of the incidents with their clocks, a second apart, until there are so many; events are not copied: for
    measuring lists, which do not read them."""
    from django.db.models import Max  # noqa: PLC0415

    from incidents.models import Incident  # noqa: PLC0415
    from sla.models import Clock  # noqa: PLC0415

    have, offset = Incident.objects.count(), Incident.objects.aggregate(last=Max("pk"))["last"]
    moved = {"opened_at", "next_due_at", "started_at", "running_since", "due_at", "wake_at"}
    with unhurried() as cursor:
        for number in range(1, -(-wanted // have)):
            values = {column: f"{column} + interval '{number} second'" for column in moved}
            values |= {
                "id": f"id + {number * offset}",
                "subject_id": f"subject_id + {number * offset}",
                "external_ref": f"external_ref || '-{number}'",
            }
            for model in (Incident, Clock):
                columns = [str(field.column) for field in model._meta.concrete_fields]
                if model is Clock:
                    columns.remove("id")
                selected = ", ".join(values.get(column, column) for column in columns)
                table = model._meta.db_table
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {selected} FROM {table} "  # noqa: S608 - names
                    f"WHERE {'subject_id' if model is Clock else 'id'} <= %s",
                    [offset],
                )
    analyse()
