"""Databases that a measurement makes, fills and drops; nothing here touches one that was there before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]


def server_url() -> str:
    """The PostgreSQL server to measure on (DATABASE_URL); ends the script, politely, where none is named."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        print("left out: needs PostgreSQL, name a server by DATABASE_URL=postgres://USER@HOST/any")
        raise SystemExit(0)
    return url


def beside(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def scratch_database(url: str, name: str, *, copy_of: str = "") -> Iterator[str]:
    """A new database on the server of `url`, dropped at the end; its address. `copy_of` names one to copy."""
    execute(url, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{copy_of}"' if copy_of else ""))
    try:
        yield beside(url, name)
    finally:
        execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def execute(url: str, statement: str) -> None:
    import psycopg2  # noqa: PLC0415 - only where PostgreSQL is measured

    connection = psycopg2.connect(beside(url, "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()
