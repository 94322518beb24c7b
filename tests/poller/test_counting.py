"""What the poller counts and logs while it asks."""

import logging

import pytest

from dashboard.masked_lines import fields_of
from tasks.metrics import REGISTRY
from tasks.poller.inquiry import Inquiry
from tests.loopback import Loopback
from tests.poller.conftest import account_at, has_status, polling, tracked, until

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/v1/tasks/t1"
RUNNING = {"id": "t1", "status": "processing"}
DONE = {"id": "t1", "status": "completed", "video_url": "https://cdn.example/v.mp4"}


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def polls(account: str) -> dict[str, float]:
    found = {one: counted("dailies_polls_total", account=account, outcome=one) for one in OUTCOMES}
    return {outcome: n for outcome, n in found.items() if n}


OUTCOMES = ("answered", "invalid", "transient", "fault")


async def test_polls_are_counted_by_account_and_outcome(provider: Loopback) -> None:
    provider.say(PATH, "<html>", RUNNING, DONE)
    before = counted("dailies_changes_applied_total")
    task = await tracked(await account_at(provider, "metered"))
    async with polling():
        await until(lambda: has_status(task, "succeeded"))
    assert polls("metered") == {"invalid": 1, "answered": 2}
    assert counted("dailies_poll_seconds_count", account="metered") == 3
    assert counted("dailies_changes_applied_total") == before + 3


async def test_a_fault_of_ours_is_counted_as_such(
    provider: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Inquiry, "_settle", fail)
    provider.say(PATH, RUNNING)
    await tracked(await account_at(provider, "broken"))
    async with polling():
        await until(lambda: polls("broken").get("fault"))


async def test_lines_tell_task_account_and_outcome(
    provider: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[object, ...]] = []

    class Fields(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            known = fields_of(record)
            if "outcome" in known:
                told.append(
                    (record.getMessage()[:5], *(known[one] for one in ("account", "task", "outcome")))
                )

    caplog.set_level(logging.DEBUG, "tasks")
    logging.getLogger("tasks").addHandler(handler := Fields())
    provider.say(PATH, DONE)
    task = await tracked(await account_at(provider))
    try:
        async with polling():
            await until(lambda: has_status(task, "succeeded"))
    finally:
        logging.getLogger("tasks").removeHandler(handler)
    about = ("lemon", str(task.pk))
    assert told == [("asked", *about, "answered"), ("writt", *about, "succeeded")]
