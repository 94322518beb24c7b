"""What is away is told in one line, however often and by however many it is noticed."""

import logging

import pytest
from django.db import OperationalError, connection

from tasks.database_thread import DatabaseThread
from tasks.outages import LayerTrouble, Outage


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "tasks.outages"]


def test_it_is_told_once_when_it_begins_and_once_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    away = Outage("the cellar")
    away.ends()
    for _ in range(3):
        away.begins(ConnectionError("no\n  answer"))
    away.ends()
    away.ends()
    assert told(caplog) == ["the cellar is away, we go on when it is back: no answer", "the cellar is back"]


def test_an_error_without_words_is_named(caplog: pytest.LogCaptureFixture) -> None:
    Outage("the cellar").begins(TimeoutError())
    assert told(caplog) == ["the cellar is away, we go on when it is back: TimeoutError"]


def test_the_layer_s_library_leaves_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    library = logging.getLogger("channels_redis.pubsub")
    for _ in range(2):
        try:
            raise ConnectionError("refused")
        except ConnectionError:
            library.exception("Unexpected exception in receive task")
    assert told(caplog) == ["the channel layer is away, we go on when it is back: refused"]
    top = logging.getLogger("channels_redis")
    assert any(isinstance(one, LayerTrouble) for one in top.handlers)
    assert not top.propagate


@pytest.mark.django_db(transaction=True)
async def test_the_database_is_told_of_by_its_thread(caplog: pytest.LogCaptureFixture) -> None:
    def cut() -> None:
        raise OperationalError("server closed the connection")

    def look() -> None:
        connection.close()
        connection.ensure_connection()

    thread = DatabaseThread("test-database")
    for _ in range(3):
        with pytest.raises(OperationalError):
            await thread.run(cut)
        await thread.run(len, "nothing that needs it")
    await thread.run(look)
    await thread.close()
    away = "the database is away, we go on when it is back: server closed the connection"
    assert told(caplog) == [away, "the database is back"]
