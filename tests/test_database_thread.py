import threading
import time
from collections.abc import AsyncIterator

import pytest
from django.db import OperationalError, connection, transaction

from tasks.database_thread import DatabaseThread
from tasks.models import Account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def database() -> AsyncIterator[DatabaseThread]:
    thread = DatabaseThread("test-database")
    yield thread
    await thread.close()


async def test_it_works_in_one_thread_of_its_own(database: DatabaseThread) -> None:
    names = {(await database.run(threading.current_thread)).name for _ in range(3)}
    assert len(names) == 1
    assert names.pop().startswith("test-database")


async def test_its_connection_lasts(database: DatabaseThread) -> None:
    def identity() -> int:
        connection.ensure_connection()
        return id(connection.connection)

    assert await database.run(identity) == await database.run(identity)


async def test_what_it_raises_is_raised_here(database: DatabaseThread) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(fail)


async def test_a_broken_connection_is_replaced_at_the_next_call(database: DatabaseThread) -> None:
    def cut() -> None:
        """As when the server was restarted."""
        connection.ensure_connection()
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        await database.run(cut)
    assert await database.run(lambda: connection.connection is None)
    assert await database.run(Account.objects.count) == 0


async def test_an_error_within_a_transaction_leaves_none_open(database: DatabaseThread) -> None:
    def fail() -> None:
        with transaction.atomic():
            Account.objects.create(slug="a", provider="nebula", base_url="https://a.example")
            raise OperationalError

    with pytest.raises(OperationalError):
        await database.run(fail)
    assert not await database.run(lambda: connection.in_atomic_block)
    assert await database.run(Account.objects.count) == 0


async def test_closing_finishes_what_is_queued() -> None:
    import asyncio

    database, done = DatabaseThread("test-database"), []

    def work(number: int) -> None:
        time.sleep(0.01)
        done.append(number)

    queued = [asyncio.create_task(database.run(work, number)) for number in range(3)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*queued)
    assert done == [0, 1, 2]
