"""Create calls through the gateway: byte for byte, one time, and a task from that moment."""

import asyncio
import json
from uuid import UUID

import pytest
from aiohttp import web
from django.utils import timezone

from dashboard.gateway.home import Home
from dashboard.tokens import create_token
from tasks import lives
from tasks.budget import budgets
from tasks.models import Submission, Task
from tasks.submitting.claims import settle_orphans
from tests.gateway.conftest import KEY, Script, client
from tests.loopback import Loopback
from tests.poller.conftest import events, in_database, make_account, until

pytestmark = pytest.mark.django_db(transaction=True)

VIDEOS = "/v1/videos/generations"
FOX = b'{"model": "veo3.1",  "prompt":"A red fox in snow","x":1.50}'
TAKEN = {"id": "ldtask_1", "task_id": "ldtask_1", "poll_url": "/v1/tasks/ldtask_1", "status": "pending"}


async def only_task() -> Task:
    found: Task = await in_database(Task.objects.select_related("created_by").get)
    return found


async def test_the_call_passes_byte_for_byte_and_is_a_task(provider: Loopback, script: Script) -> None:
    got: list[tuple[bytes, str, str]] = []

    async def handle(request: web.Request) -> web.Response:
        got.append((await request.read(), request.headers["authorization"], request.headers["x-own"]))
        return web.json_response(TAKEN, status=202, headers={"X-Request-Id": "r1", "Set-Cookie": "a=b"})

    provider.answers[VIDEOS] = handle
    response = await script.call(
        "POST", VIDEOS, content=FOX, headers={"Content-Type": "application/json", "X-Own": "kept"}
    )

    assert got == [(FOX, f"Bearer {KEY}", "kept")]
    assert (response.status_code, response.json()) == (202, TAKEN)
    assert response.headers["x-request-id"] == "r1"
    assert "set-cookie" not in response.headers
    task = await only_task()
    assert response.headers["x-dailies-task"] == str(task.pk)
    assert (task.status, task.remote_id, task.kind) == ("queued", "ldtask_1", "video")
    assert (task.model, task.prompt) == ("veo3.1", "A red fox in snow")
    assert task.created_by == script.user
    assert task.next_poll_at is not None
    assert [kind for kind, _ in await events(task)] == ["created", "status"]
    kept = await in_database(Submission.objects.get)
    assert kept.params == json.loads(FOX)


async def test_the_task_is_there_before_the_call_leaves(provider: Loopback, script: Script) -> None:
    seen: list[str] = []

    async def handle(_: web.Request) -> web.Response:
        seen.append((await only_task()).status)
        return web.json_response(TAKEN)

    provider.answers[VIDEOS] = handle
    await script.call("POST", VIDEOS, content=FOX)
    assert seen == ["submitting"]


@pytest.mark.parametrize(
    ("status", "body", "becomes"),
    [
        (400, {"error": {"message": "Content policy violation", "code": "content_policy"}}, "failed"),
        (402, {"error": {"code": "insufficient_balance", "balance_usd": 0.12}}, "failed"),
        (429, {"error": {"message": "Rate limit", "code": "rate_limit_exceeded"}}, "failed"),
        (500, {"error": {"message": "upstream"}}, "unconfirmed"),
        (200, {"nothing": "known"}, "unconfirmed"),
    ],
)
async def test_the_caller_reads_what_the_provider_says(
    provider: Loopback, script: Script, status: int, body: object, becomes: str
) -> None:
    provider.say(VIDEOS, body, status=status)
    response = await script.call("POST", VIDEOS, content=FOX)
    assert (response.status_code, response.json()) == (status, body)
    assert (await only_task()).status == becomes
    assert provider.times(VIDEOS) == 1


async def test_no_answer_is_told_with_the_task_to_look_at(provider: Loopback, script: Script) -> None:
    async def handle(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    provider.answers[VIDEOS] = handle
    response = await script.call("POST", VIDEOS, content=FOX)
    task = await only_task()
    assert (response.status_code, task.status) == (504, "unconfirmed")
    assert str(task.pk) in response.json()["error"]["message"]
    assert provider.times(VIDEOS) == 1


async def test_what_never_left_is_told_as_such(script: Script, provider: Loopback) -> None:
    script.account.base_url = "http://127.0.0.1:9"
    await in_database(script.account.save)
    response = await script.call("POST", VIDEOS, content=FOX)
    assert response.status_code == 502
    assert "Nothing was sent" in response.json()["error"]["message"]
    assert (await only_task()).status == "failed"


async def test_a_caller_who_leaves_loses_nothing(provider: Loopback, script: Script, home: Home) -> None:
    release = asyncio.Event()
    provider.say_after(VIDEOS, release, TAKEN)
    call = asyncio.create_task(script.call("POST", VIDEOS, content=FOX))
    await until(lambda: provider.times(VIDEOS) == 1)
    call.cancel()
    release.set()

    async def is_taken() -> bool:
        return (await only_task()).remote_id == "ldtask_1"

    await until(is_taken)
    assert provider.times(VIDEOS) == 1


async def test_a_call_of_a_process_that_died_is_nobodys_to_send_again(
    provider: Loopback, script: Script, home: Home
) -> None:
    """The call is out; then the process is gone, and another one buries it."""
    release = asyncio.Event()
    provider.say_after(VIDEOS, release, TAKEN)
    call = asyncio.create_task(script.call("POST", VIDEOS, content=FOX))
    await until(lambda: provider.times(VIDEOS) == 1)
    await in_database(lives.leave, await home.holder())
    await in_database(settle_orphans, timezone.now())
    assert (await only_task()).status == "unconfirmed"
    release.set()
    assert (await call).json() == TAKEN
    assert (await only_task()).status == "unconfirmed"


async def test_an_inline_answer_is_kept_and_passed_on(provider: Loopback, script: Script) -> None:
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    body = {"created": 1700000000, "data": [{"b64_json": png}]}
    provider.say("/v1/images/generations", body)
    response = await script.call(
        "POST", "/v1/images/generations", json={"model": "gpt-image-1", "prompt": "A dot"}
    )
    assert response.json() == body
    task = await only_task()
    assert (task.status, task.kind) == ("succeeded", "image")
    assert await in_database(task.results.count) == 1


async def test_a_poll_url_that_leads_past_us_is_turned_to_us(provider: Loopback, script: Script) -> None:
    provider.say(VIDEOS, TAKEN | {"poll_url": f"{provider.url}/v1/tasks/ldtask_1"})
    response = await script.call("POST", VIDEOS, content=FOX)
    assert response.json()["poll_url"] == "http://localhost/gateway/lemon/v1/tasks/ldtask_1"
    assert (await only_task()).poll_url == f"{provider.url}/v1/tasks/ldtask_1"


async def test_a_spent_budget_says_when_to_come_again(
    provider: Loopback, script: Script, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.account.requests_per_minute = 1
    await in_database(script.account.save)
    provider.say(VIDEOS, TAKEN)
    assert (await script.call("POST", VIDEOS, content=FOX)).status_code == 200
    response = await script.call("POST", VIDEOS, content=FOX)
    assert response.status_code == 429
    assert "Come again in" in response.json()["error"]["message"]
    assert provider.times(VIDEOS) == 1
    assert await in_database(Task.objects.count) == 1


async def test_it_works_with_the_moneyprinter_that_knows_no_key(provider: Loopback, script: Script) -> None:
    mac = await in_database(make_account, provider.url, "mac", "moneyprinter")
    task_id = "3f0d9b1e-0000-4000-8000-000000000001"
    provider.say("/api/v1/videos", {"status": 200, "message": "success", "data": {"task_id": task_id}})
    token = await in_database(create_token, script.user, "", gateway_of=mac)
    async with client() as caller:
        response = await caller.post(
            f"/gateway/mac/key/{token}/api/v1/videos", json={"video_subject": "The sea"}
        )
    assert response.json()["data"]["task_id"] == task_id
    task = await only_task()
    assert (task.remote_id, task.prompt, task.account_id) == (task_id, "The sea", mac.pk)
    assert token not in provider.asked[0].path
    assert UUID(response.headers["x-dailies-task"]) == task.pk


async def test_the_budget_gets_its_places_back(provider: Loopback, script: Script) -> None:
    provider.say(VIDEOS, TAKEN)
    await script.call("POST", VIDEOS, content=FOX)
    budget = budgets.of(script.account.pk, None, script.account.concurrency)
    assert budget.in_flight == 0
    assert budget.used(asyncio.get_running_loop().time()) == 1
