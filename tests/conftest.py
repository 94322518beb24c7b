from collections.abc import Iterator

import pytest
from asgiref.sync import SyncToAsync
from django.db import connection, connections
from pytest_django import DjangoDbBlocker

from dashboard.usual import usual_times
from tasks import outages
from tasks.budget import budgets
from tests.processes import data_dir, postgres_url, prepared_dir, redis_url, told_provider, told_server

__all__ = ["data_dir", "postgres_url", "prepared_dir", "redis_url", "told_provider", "told_server"]


@pytest.hookimpl(tryfirst=True)  # before pytest looks at marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`only_on("postgresql")`: a test of something that the other database does not have, or that once is enough for.

    Whatever has a data folder of its own has a database of its own too.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "prepared_dir" in item.fixturenames:
            item.add_marker("apart")

    def fits(item: pytest.Item) -> bool:
        mark = item.get_closest_marker("only_on")
        return mark is None or mark.args == (connection.vendor,)

    others = [item for item in items if not fits(item)]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if fits(item)]


@pytest.fixture(autouse=True)
def no_connection_left_behind() -> Iterator[None]:
    """`sync_to_async` keeps a thread and its connection for the whole run, and PostgreSQL drops no database in use."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For the same reason: threads that a test left may still have one open when the last test has ended."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def no_old_budgets() -> Iterator[None]:
    """Account ids begin anew in every test, so what an earlier one spent must not count."""
    yield
    budgets.forget()


@pytest.fixture(autouse=True)
def nothing_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier test broke would be told no more."""
    monkeypatch.setattr(outages, "database", outages.Outage("the database"))
    monkeypatch.setattr(outages, "layer", outages.Outage("the channel layer"))


@pytest.fixture(autouse=True)
def nothing_is_usual_yet() -> Iterator[None]:
    """Account and model names begin anew in every test."""
    yield
    usual_times.forget()
