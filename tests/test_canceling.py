"""Ending a task at its provider, against a real server on a loopback port."""

import asyncio

import pytest

from tasks.canceling import CannotEnd, cancel, delete_remote
from tasks.models import Task
from tasks.vocabulary import EventType, Status
from tests.loopback import serving
from tests.poller.conftest import account_at, events, fresh, in_database, tracked

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = "/v1/tasks/t1"
GONE = {"id": "t1", "status": "failed", "cancelled": True, "cancellation_status": "cancelled"}


async def why_not(task: Task) -> str:
    with pytest.raises(CannotEnd) as caught:
        await in_database(cancel, await fresh(task), None)
    return str(caught.value)


async def test_a_queued_task_is_canceled_at_its_provider() -> None:
    async with serving() as provider:
        task = await tracked(await account_at(provider))
        provider.say(PLACE, GONE)
        await in_database(cancel, await fresh(task), None)
    row = await fresh(task)
    assert (row.status, row.next_poll_at) == (Status.CANCELED, None)
    assert (EventType.CHECK, "Asked the provider to cancel it") in await events(task)


async def test_a_running_task_that_is_to_be_canceled_goes_on_until_it_is() -> None:
    async with serving() as provider:
        task = await tracked(await account_at(provider))
        provider.say(PLACE, {"id": "t1", "status": "processing", "cancellation_status": "requested"})
        await in_database(cancel, await fresh(task), None)
    assert (await fresh(task)).status == Status.RUNNING


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (400, {"error": {"code": "unsupported_task_cancel", "message": "x"}}, "only some models"),
        (409, {"error": {"code": "task_not_cancellable", "message": "x"}}, "can no longer be canceled"),
        (403, {"error": {"message": "not your task"}}, "this key may not end this task"),
        (404, {"error": {"code": "async_task_not_found"}}, "does not know this task"),
        (404, "Not Found", "does not know this task"),
        (500, "oops", "has trouble of its own"),
    ],
)
async def test_a_refusal_is_told_in_plain_words(status: int, body: object, says: str) -> None:
    async with serving() as provider:
        task = await tracked(await account_at(provider))
        provider.say(PLACE, body, status=status)
        said = await why_not(task)
    assert says in said
    assert "ask again" not in said
    assert (await fresh(task)).status == Status.QUEUED


async def test_where_it_cannot_be_canceled_that_is_said() -> None:
    async with serving() as provider:
        task = await tracked(await account_at(provider, "neb", "nebula"))
        said = await why_not(task)
    assert said.startswith("Nebula cannot cancel tasks.")
    assert provider.asked == []


async def test_what_has_ended_cannot_be_canceled() -> None:
    async with serving() as provider:
        task = await tracked(await account_at(provider))
        await Task.objects.filter(pk=task.pk).aupdate(status=Status.SUCCEEDED)
        assert "ended already" in await why_not(task)


async def test_a_printed_task_is_deleted_with_its_files() -> None:
    async with serving() as provider:
        task = await tracked(await account_at(provider, "mpt", "moneyprinter"))
        provider.say("/api/v1/tasks/t1", {"status": 200, "message": "success", "data": None})
        await asyncio.to_thread(delete_remote, await fresh(task))
    assert provider.times("/api/v1/tasks/t1") == 1


@pytest.mark.parametrize(("status", "says"), [(409, "still busy"), (500, "deleted nothing")])
async def test_a_busy_server_deletes_nothing(status: int, says: str) -> None:
    async with serving() as provider:
        task = await tracked(await account_at(provider, "mpt", "moneyprinter"))
        provider.say(
            "/api/v1/tasks/t1", {"status": status, "message": "task is still running"}, status=status
        )
        with pytest.raises(CannotEnd, match=says):
            await in_database(delete_remote, await fresh(task))


async def test_what_is_gone_already_counts_as_deleted() -> None:
    async with serving() as provider:
        task = await tracked(await account_at(provider, "mpt", "moneyprinter"))
        await in_database(delete_remote, await fresh(task))
