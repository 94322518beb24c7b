"""Create calls under every fault: never two for one wish, never one forgotten."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from tasks import lives
from tasks.models import Account, Event, Poller, RawAnswer, Submission, Task
from tasks.submitting.claims import mark_sent
from tasks.tracking import stop_tracking
from tasks.vocabulary import Duty, Kind, Status
from tests.loopback import Loopback
from tests.poller.conftest import account_at, events, fresh, has_status, in_database, make_account, until
from tests.submitting.conftest import FOX, QUICK, VIDEOS, submit, submitting, wanted

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = {"id": "ldtask_1", "task_id": "ldtask_1", "poll_url": "/v1/tasks/ldtask_1", "status": "pending"}


async def test_it_sends_the_call_with_the_key_and_takes_the_id(provider: Loopback) -> None:
    got: list[object] = []

    async def handle(request: web.Request) -> web.Response:
        got.append((request.method, await request.json()))
        return web.json_response(TAKEN)

    provider.answers[VIDEOS] = handle
    task = await wanted(await account_at(provider), title="Fox")

    assert await submit() == 1

    assert got == [("POST", FOX)]
    assert provider.asked[0].headers["authorization"] == "Bearer sk-test-0123456789abcdef"
    row = await fresh(task)
    assert (row.status, row.remote_id, row.poll_url) == ("queued", "ldtask_1", "/v1/tasks/ldtask_1")
    assert (row.model, row.prompt, row.title) == ("veo3.1", "A red fox in snow", "Fox")
    assert row.next_poll_at is not None
    assert [one for one, _ in await events(task)] == ["created", "status"]


async def test_it_sends_nothing_twice(provider: Loopback) -> None:
    provider.say(VIDEOS, TAKEN)
    await wanted(await account_at(provider))
    for _ in range(3):
        await submit()
    assert provider.times(VIDEOS) == 1


@pytest.mark.parametrize(
    ("status", "body", "reason", "says"),
    [
        (400, {"error": {"message": "Content policy violation", "code": "content_policy"}}, "moderation", ""),
        (400, {"error": {"message": "model: Model is required", "param": "model"}}, "bad_input", "Model"),
        (401, {"error": {"message": "Bad key", "code": "invalid_api_key"}}, "auth", "key"),
        (
            402,
            {"error": {"code": "insufficient_balance", "balance_usd": 0.12, "estimated_cost_usd": 0.35}},
            "quota",
            "The balance is 0.12 $, this needs about 0.35 $.",
        ),
        (429, {"error": {"message": "Rate limit", "code": "rate_limit_exceeded"}}, "provider", "slow down"),
    ],
)
async def test_a_refusal_is_a_failure_with_its_reason(
    provider: Loopback, status: int, body: object, reason: str, says: str
) -> None:
    provider.say(VIDEOS, body, status=status)
    task = await wanted(await account_at(provider))

    await submit()

    row = await fresh(task)
    assert (row.status, row.error_reason) == ("failed", reason)
    assert says in row.error_message
    assert row.finished_at is not None
    assert row.next_poll_at is None


@pytest.mark.parametrize("status", [302, 408, 500, 502, 503, 504])
async def test_a_doubtful_answer_is_left_to_a_person(provider: Loopback, status: int) -> None:
    provider.say(VIDEOS, {"error": {"message": "upstream"}}, status=status)
    task = await wanted(await account_at(provider))
    await submit()
    await submit()
    assert (await fresh(task)).status == Status.UNCONFIRMED
    assert provider.times(VIDEOS) == 1
    assert "not sent again" in (await Event.objects.filter(task=task).alatest("pk")).message
    assert "ask again" not in (await Event.objects.filter(task=task).alatest("pk")).message


@pytest.mark.parametrize("text", ["<html>hello</html>", '{"id": "ldta', "[]", "{}", '{"status": "pending"}'])
async def test_an_answer_without_an_id_is_left_to_a_person(provider: Loopback, text: str) -> None:
    provider.say(VIDEOS, text)
    task = await wanted(await account_at(provider))
    await submit()
    assert (await fresh(task)).status == Status.UNCONFIRMED
    assert (await RawAnswer.objects.aget(task=task)).http_status == 200


async def test_an_answer_that_never_comes_is_left_to_a_person(provider: Loopback) -> None:
    never = asyncio.Event()
    provider.say_after(VIDEOS, never, TAKEN)
    task = await wanted(await account_at(provider))
    await submit()
    never.set()
    assert (await fresh(task)).status == Status.UNCONFIRMED
    assert provider.times(VIDEOS) == 1


async def test_a_connection_cut_after_the_request_is_left_to_a_person(provider: Loopback) -> None:
    async def cut(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    provider.answers[VIDEOS] = cut
    task = await wanted(await account_at(provider))
    await submit()
    assert (await fresh(task)).status == Status.UNCONFIRMED
    assert provider.times(VIDEOS) == 1


async def test_nobody_there_is_a_failure_that_cost_nothing() -> None:
    account = await in_database(make_account, "http://127.0.0.1:9")
    task = await wanted(account)
    await submit()
    row = await fresh(task)
    assert (row.status, row.error_reason) == ("failed", "provider")
    assert row.error_message.endswith("Nothing was sent.")


async def test_a_final_answer_makes_a_final_task(provider: Loopback) -> None:
    provider.say("/v1/images/generations", {"created": 1, "data": [{"url": "https://cdn.example/a.png"}]})
    task = await wanted(await account_at(provider), kind=Kind.IMAGE, prompt="A fox")
    await submit()
    row = await fresh(task)
    assert (row.status, row.remote_id) == ("succeeded", None)
    assert [one.remote_url async for one in row.results.all()] == ["https://cdn.example/a.png"]


async def test_other_providers_take_calls_too(provider: Loopback) -> None:
    sora = {"task_id": "video_1", "status": "submitted", "format": "mp4", "metadata": {}}
    provider.say("/v1/video/generations", sora)
    printed = {
        "status": 200,
        "message": "success",
        "data": {"task_id": "10c649db-e115-481c-9f8d-e3d2e2a52899"},
    }
    bodies: list[dict[str, object]] = []

    async def handle(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return web.json_response(printed)

    provider.answers["/api/v1/videos"] = handle
    nebula = await wanted(await account_at(provider, "neb", "nebula"), model="sora-2", prompt="A fox")
    printer = await wanted(await account_at(provider, "mpt", "moneyprinter"), video_subject="Foxes")
    await submit()
    assert (await fresh(nebula)).remote_id == "video_1"
    assert (await fresh(printer)).remote_id == printed["data"]["task_id"]  # type: ignore[index]
    assert bodies == [{"video_subject": "Foxes", "idempotency_key": str(printer.pk)}]
    assert (await fresh(printer)).prompt == "Foxes"


async def test_a_process_that_died_while_the_call_was_out_leaves_it_unconfirmed(provider: Loopback) -> None:
    provider.say(VIDEOS, TAKEN)
    account = await account_at(provider)
    task = await wanted(account)
    await in_database(_send_and_die, task)

    async with submitting():
        await until(lambda: has_status(task, "unconfirmed"))

    assert provider.times(VIDEOS) == 0


def _send_and_die(task: Task) -> None:
    """A submitter that claimed the call, committed that it goes out, and was killed."""
    dead = Poller.objects.create(
        host="elsewhere",
        pid=1,
        duty=Duty.SUBMITTING,
        started_at=task.created_at,
        heartbeat_at=task.created_at,
    )
    submission = Submission.objects.get(pk=task.pk)
    Submission.objects.filter(pk=task.pk).update(claimed_by=dead)
    assert mark_sent(submission, dead.pk, task.created_at)
    Poller.objects.filter(pk=dead.pk).update(heartbeat_at=task.created_at.replace(year=2020))


async def test_a_process_that_died_before_the_call_left_loses_nothing(provider: Loopback) -> None:
    provider.say(VIDEOS, TAKEN)
    task = await wanted(await account_at(provider))
    dead = await in_database(lives.register, task.created_at.replace(year=2020), Duty.SUBMITTING)
    lives._ours.discard(dead)
    await Poller.objects.filter(pk=dead).aupdate(host="elsewhere")
    await Submission.objects.filter(pk=task.pk).aupdate(claimed_by=dead)

    async with submitting():
        await until(lambda: has_status(task, "queued"))

    assert provider.times(VIDEOS) == 1


async def test_a_call_under_way_is_answered_before_the_process_ends(provider: Loopback) -> None:
    release = asyncio.Event()
    provider.say_after(VIDEOS, release, TAKEN)
    task = await wanted(await account_at(provider))
    async with submitting():
        await until(lambda: provider.times(VIDEOS) == 1)
        asyncio.get_running_loop().call_later(0.05, release.set)
    assert (await fresh(task)).status == Status.QUEUED


async def test_a_paused_account_sends_nothing_until_it_is_resumed(provider: Loopback) -> None:
    provider.say(VIDEOS, TAKEN)
    account = await account_at(provider, enabled=False)
    task = await wanted(account)
    assert await submit() == 0
    await Account.objects.filter(pk=account.pk).aupdate(enabled=True)
    assert await submit() == 1
    assert (await fresh(task)).status == Status.QUEUED


async def test_what_nobody_wants_any_more_is_not_sent(provider: Loopback) -> None:
    provider.say(VIDEOS, TAKEN)
    task = await wanted(await account_at(provider))
    await in_database(stop_tracking, [task.pk], None)
    assert await submit() == 0
    assert provider.times(VIDEOS) == 0


async def test_calls_stay_within_the_budget(provider: Loopback) -> None:
    provider.say(VIDEOS, *[TAKEN | {"id": f"ldtask_{n}", "task_id": f"ldtask_{n}"} for n in range(4)])
    account = await account_at(provider, requests_per_minute=2)
    for _ in range(4):
        await wanted(account)
    async with submitting(QUICK):
        await until(lambda: provider.times(VIDEOS) == 2)
        await asyncio.sleep(0.1)
    assert provider.times(VIDEOS) == 2
    assert await Task.objects.filter(status=Status.SUBMITTING).acount() == 2
    assert await Submission.objects.filter(sent_at=None).acount() == 2


async def test_the_task_that_was_made_keeps_its_id_from_one_that_was_tracked_meanwhile(
    provider: Loopback,
) -> None:
    account = await account_at(provider)
    task = await wanted(account)
    early = await Task.objects.acreate(account=account, remote_id="ldtask_1", deadline_at=task.deadline_at)
    provider.say(VIDEOS, TAKEN)
    await submit()
    assert (await fresh(task)).remote_id == "ldtask_1"
    assert (await fresh(early)).deleted_at is not None


async def test_unknown_parameters_pass_through(provider: Loopback) -> None:
    got: list[object] = []

    async def handle(request: web.Request) -> web.Response:
        got.append(json.loads(await request.read()))
        return web.json_response(TAKEN)

    provider.answers[VIDEOS] = handle
    more: dict[str, Any] = {"lens": {"mm": 35}}
    await wanted(await account_at(provider), model="veo3.1", prompt="A fox", **more)
    await submit()
    assert got == [{"model": "veo3.1", "prompt": "A fox", **more}]
