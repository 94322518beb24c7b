"""What every command does first: the data folder, the tables, the secret key."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from tasks.installation import WrongSecretKey, check_secret_key

CONNECT_TIMEOUT_S = 10
ADVISORY_LOCK = 0x6461696C696573
"""PostgreSQL's advisory locks are numbers: "dailies" in ASCII."""


class CannotStart(Exception):
    """Why this installation cannot be used, as a sentence that says what to do."""


def prepare() -> None:
    """Make folder and tables where they are missing, and check the secret key. CannotStart when it cannot be done.

    Processes that start together wait for one another; a database that is up to date costs a few queries.
    """
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        _knock()
        with _one_process_at_a_time():
            _migrate()
            check_secret_key()
    except OSError as error:
        raise CannotStart(f"DATA_DIR: {settings.DATA_DIR} cannot be used: {error.strerror}.") from error
    except DatabaseError as error:
        raise CannotStart(f"DATABASE_URL: the database cannot be used: {first_line(error)}") from error
    except WrongSecretKey as error:
        raise CannotStart(str(error)) from error


def _knock() -> None:
    """One connection beside the pool, which would try for ten seconds and then not tell what is wrong."""
    if connection.vendor != "postgresql":
        return
    import psycopg  # a start on SQLite does without it

    parameters = {"connect_timeout": CONNECT_TIMEOUT_S} | connection.get_connection_params()
    try:
        psycopg.connect(**parameters).close()
    except psycopg.Error as error:
        raise CannotStart(f"DATABASE_URL: the database cannot be used: {first_line(error)}") from error


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system lets go of it when the process ends, however it ends."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _one_process_at_a_time() -> Iterator[None]:
    if connection.vendor == "sqlite":
        with file_lock(settings.DATA_DIR / "start.lock"):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def first_line(error: Exception) -> str:
    """What an error says, without the hints and details below it."""
    return (str(error).strip().splitlines() or ["it gave no reason"])[0]
