"""A database with volume in it. Django must be set up before these are called."""

from __future__ import annotations

OPEN_CLOCKS_PER_INCIDENT = 1.44


def use(name: str) -> None:
    """From here on Django talks to this database."""
    from django.db import connection  # noqa: PLC0415

    from sla.terms import forget  # noqa: PLC0415

    connection.close()
    connection.settings_dict["NAME"] = name
    forget()


def prepare(clocks: int | None) -> None:
    """Tables, and so many open clocks if a number is given; the server's statistics as a database in use has them."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from demo.volume.filling import Volume, fill  # noqa: PLC0415
    from kernel.clock import database_now  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if clocks:
        incidents = int(clocks / OPEN_CLOCKS_PER_INCIDENT)
        fill(Volume(clients=60, projects=120, incidents=incidents, open_share=1.0), seed=1, now=database_now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
