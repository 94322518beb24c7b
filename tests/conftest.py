from collections.abc import Iterator

import pytest
from asgiref.sync import SyncToAsync
from django.db import connections

from dashboard.usual import usual_times
from tests.processes import data_dir, postgres_url, prepared_dir, redis_url, told_provider, told_server

__all__ = ["data_dir", "postgres_url", "prepared_dir", "redis_url", "told_provider", "told_server"]


@pytest.fixture(autouse=True)
def no_connection_left_behind() -> Iterator[None]:
    """`sync_to_async` keeps a thread and its connection for the whole run, and PostgreSQL drops no database in use."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(autouse=True)
def nothing_is_usual_yet() -> Iterator[None]:
    """Account and model names begin anew in every test."""
    yield
    usual_times.forget()
