"""What log lines carry, as text and as JSON; and what they never tell."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from dashboard.masked_lines import JsonLines, MaskedLines
from dashboard.tokens import PREFIX
from tasks.database_thread import DatabaseThread
from tasks.log_fields import about
from tasks.vocabulary import Duty

KEY = "sk-live-0123456789abcdef"
OURS = f"{PREFIX}AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
FORMATS: list[logging.Formatter] = [MaskedLines("{levelname} {name}: {message}", style="{"), JsonLines()]

logger = logging.getLogger("tasks.tests")


@pytest.fixture(params=FORMATS, ids=["text", "json"])
def lines(request: Any) -> Iterator[io.StringIO]:
    """What the product's loggers write, in each format."""
    yield from written_as(request.param)


@pytest.fixture
def json_lines() -> Iterator[io.StringIO]:
    yield from written_as(JsonLines())


def written_as(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)


def objects(out: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


async def test_a_line_is_about_what_was_said_where_the_work_began(json_lines: io.StringIO) -> None:
    async def ask(task: str) -> None:
        about(task=task)
        await asyncio.sleep(0)
        logger.warning("no answer", extra={"outcome": "transient"})

    about(duty=Duty.POLLING, account="lemon")
    await asyncio.gather(asyncio.create_task(ask("t1")), asyncio.create_task(ask("t2")))
    logger.warning("the end")
    first, second, last = objects(json_lines)
    said = {"duty": "polling", "account": "lemon", "task": "t1", "outcome": "transient"}
    assert first | said == first
    assert first | {"level": "WARNING", "logger": "tasks.tests", "message": "no answer"} == first
    assert first["at"].endswith("+00:00")
    assert second["task"] == "t2"
    assert "task" not in last


async def test_lines_of_the_database_thread_are_about_it_too(json_lines: io.StringIO) -> None:
    database = DatabaseThread("test-database")
    about(task="t1")
    try:
        await database.run(logger.warning, "still to be deleted")
    finally:
        await database.close()
    assert objects(json_lines)[0]["task"] == "t1"


def test_text_tells_the_same_and_nothing_twice() -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 1, "task %s: gone", ("t1",), None)
    record.task, record.account = "t1", "lemon"
    assert FORMATS[0].format(record) == "WARNING x: task t1: gone [account=lemon]"


@pytest.mark.django_db
def test_a_request_that_fails_tells_which_it_was(json_lines: io.StringIO) -> None:
    Client().get("/nowhere?token=hunter2hunter2")
    (line,) = objects(json_lines)
    wanted = {"duty": "serving", "method": "GET", "path": "/nowhere", "outcome": "404"}
    assert line | wanted == line
    assert "hunter2" not in json_lines.getvalue()


@pytest.mark.parametrize(
    "told",
    [
        f"Authorization: Bearer {KEY}",
        f"{{'Authorization': 'Bearer {KEY}'}}",
        f"https://api.example/v1/tasks?api_key={KEY}",
        f"postgres://me:{KEY}@host/name refused",
        f"the key {KEY} is refused",
        f"token {OURS}",
        f"/s/{OURS}/media/1",
    ],
)
def test_no_key_is_in_any_line(lines: io.StringIO, told: str) -> None:
    logger.error("it says: %s", told, extra={"outcome": told})
    try:
        raise ValueError(told)
    except ValueError:
        logger.exception("a fault")
    written = lines.getvalue()
    assert "a fault" in written
    assert "ValueError" in written
    assert KEY not in written
    assert OURS not in written
