"""Give one CI run a PostgreSQL database and a Redis database of its own, and take the former away again.

`create SERVER REDIS` prints DATABASE_URL=... and REDIS_URL=... for a shell to read; `drop SERVER DATABASE_URL`
removes the database and the test databases made beside it. SERVER is a URL whose user may create databases.
"""

import shlex
import sys
import uuid
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis
from psycopg2 import sql

REDIS_DATABASES = range(15, 0, -1)


def create(server: str, redis_server: str) -> None:
    """Print the two addresses."""
    name = f"tamhub_ci_{uuid.uuid4().hex[:8]}"
    _execute(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    print(f"DATABASE_URL={shlex.quote(_with_path(server, name))}")
    print(f"REDIS_URL={shlex.quote(_empty_redis(redis_server))}")


def drop(server: str, database_url: str) -> None:
    """Remove the run's database, and what a killed pytest may have left beside it."""
    name = urlsplit(database_url).path.lstrip("/")
    with psycopg2.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname = %s OR starts_with(datname, %s)", [name, f"test_{name}"]
        )
        found = [row[0] for row in cursor.fetchall()]
    for database in found:
        _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


def _execute(server: str, statement: sql.Composable) -> None:
    connection = psycopg2.connect(server)
    connection.autocommit = True  # databases are not made in a transaction
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def _empty_redis(server: str) -> str:
    """The last empty database of the server, unless the address names one already."""
    if urlsplit(server).path.strip("/"):
        return server
    for number in REDIS_DATABASES:
        url = _with_path(server, str(number))
        with redis.Redis.from_url(url) as client:
            if client.dbsize() == 0:
                return url
    sys.exit("No empty database on the Redis server: name one in REDIS_URL.")


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["create", server, redis_server]:
            create(server, redis_server)
        case ["drop", server, database_url]:
            drop(server, database_url)
        case _:
            sys.exit(__doc__)
