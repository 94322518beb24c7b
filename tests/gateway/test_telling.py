"""How a tracked task stands, told from what is known: a provider is asked once for all who watch."""

import asyncio
from typing import Any

import pytest
from django.utils import timezone

from dashboard.gateway.home import Home
from tasks.lifecycle import Change, Raw, apply, record
from tasks.models import Task
from tasks.providers.contract import Adoption
from tasks.tracking import stop_tracking, track
from tasks.transactions import write_transaction
from tests.gateway.conftest import Script
from tests.loopback import Loopback
from tests.poller.conftest import in_database

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/v1/tasks/ldtask_1"
RUNNING: dict[str, Any] = {"id": "ldtask_1", "task_id": "ldtask_1", "status": "processing", "progress": 40}
DONE = RUNNING | {"status": "completed", "progress": 100, "video_url": "https://cdn.example/a.mp4"}


@pytest.fixture
async def task(script: Script) -> Task:
    made = await in_database(track, script.account, Adoption("ldtask_1", poll_url=PATH), None)
    found: Task = made.task
    return found


def apply_now(task: Task, change: Change) -> None:
    with write_transaction():
        assert apply(task.pk, task.version, change, timezone.now())


async def fresh(task: Task) -> Task:
    found: Task = await in_database(Task.objects.get, pk=task.pk)
    return found


async def test_ten_who_watch_cost_one_question(provider: Loopback, script: Script, task: Task) -> None:
    provider.say(PATH, RUNNING)
    answers = await asyncio.gather(*(script.call("GET", PATH) for _ in range(10)))
    answers += [await script.call("GET", PATH) for _ in range(3)]
    assert [one.json() for one in answers] == [RUNNING] * 13
    assert {one.headers["x-dailies-task"] for one in answers} == {str(task.pk)}
    assert provider.times(PATH) == 1


async def test_what_a_caller_hears_is_written_down(provider: Loopback, script: Script, task: Task) -> None:
    provider.say(PATH, RUNNING, DONE)
    await script.call("GET", PATH)
    assert ((await fresh(task)).status, (await fresh(task)).progress) == ("running", 40)
    response = await script.call("GET", PATH, headers={"Cache-Control": "no-cache"})
    assert response.json() == DONE
    row = await fresh(task)
    assert (row.status, row.next_poll_at) == ("succeeded", None)
    assert await in_database(row.results.count) == 1


async def test_a_final_task_is_never_asked_about_again(
    provider: Loopback, script: Script, task: Task
) -> None:
    provider.say(PATH, DONE)
    for _ in range(3):
        assert (await script.call("GET", PATH, headers={"Cache-Control": "no-cache"})).json() == DONE
    assert provider.times(PATH) == 1


async def test_what_the_poller_heard_just_now_serves(provider: Loopback, script: Script, task: Task) -> None:
    raw = Raw(200, '{"id": "ldtask_1", "status": "processing", "progress": 7}', whole=True)
    await in_database(record, task.pk, Change(raw=raw), timezone.now())
    response = await script.call("GET", PATH)
    assert response.json()["progress"] == 7
    assert provider.asked == []


async def test_what_came_from_elsewhere_is_asked_for(provider: Loopback, script: Script, task: Task) -> None:
    """A list told how it stands: there is no answer to hand on."""
    provider.say(PATH, RUNNING)
    raw = Raw(200, '{"id": "ldtask_1", "status": "processing", "progress": 7}', whole=True)
    await in_database(record, task.pk, Change(raw=raw), timezone.now())
    later = Change({"progress": 30})
    await in_database(apply_now, task, later)
    assert (await script.call("GET", PATH)).json() == RUNNING


async def test_an_answer_that_was_cut_serves_nobody(provider: Loopback, script: Script, task: Task) -> None:
    provider.say(PATH, RUNNING)
    raw = Raw(200, '{"id": "ldtask_1", "data": "aaaa… (9,000 characters)"}', whole=False)
    await in_database(record, task.pk, Change(raw=raw), timezone.now())
    assert (await script.call("GET", PATH)).json() == RUNNING


async def test_a_caller_may_want_it_fresher_or_older(provider: Loopback, script: Script, task: Task) -> None:
    provider.say(PATH, RUNNING)
    for header in ("max-age=0", "max-age=0", "max-age=60", "max-age=60"):
        await script.call("GET", PATH, headers={"Cache-Control": header})
    assert provider.times(PATH) == 2


async def test_behind_a_spent_budget_the_last_word_serves(
    provider: Loopback, script: Script, task: Task, home: Home
) -> None:
    provider.say(PATH, RUNNING)
    script.account.requests_per_minute = 1
    await in_database(script.account.save)
    await script.call("GET", PATH)
    response = await script.call("GET", PATH, headers={"Cache-Control": "no-cache"})
    assert (response.status_code, response.json()) == (200, RUNNING)
    assert provider.times(PATH) == 1


async def test_errors_of_the_provider_are_passed_on_and_change_nothing(
    provider: Loopback, script: Script, task: Task
) -> None:
    provider.say(PATH, {"error": {"message": "Slow down", "code": "rate_limit_exceeded"}}, status=429)
    response = await script.call("GET", PATH)
    assert (response.status_code, response.json()["error"]["message"]) == (429, "Slow down")
    assert (await fresh(task)).version == task.version


async def test_what_is_not_tracked_passes_through(provider: Loopback, script: Script, task: Task) -> None:
    provider.say("/v1/tasks/ldtask_2", RUNNING | {"id": "ldtask_2"})
    for _ in range(2):
        response = await script.call("GET", "/v1/tasks/ldtask_2")
        assert response.json()["id"] == "ldtask_2"
        assert "x-dailies-task" not in response.headers
    assert provider.times("/v1/tasks/ldtask_2") == 2
    await in_database(stop_tracking, [task.pk], None)
    provider.say(PATH, RUNNING)
    for _ in range(2):
        await script.call("GET", PATH)
    assert provider.times(PATH) == 2


async def test_a_provider_that_is_away_is_told(provider: Loopback, script: Script, task: Task) -> None:
    script.account.base_url = "http://127.0.0.1:9"
    await in_database(script.account.save)
    response = await script.call("GET", PATH)
    assert response.status_code == 502
    assert "refused the connection" in response.json()["error"]["message"]
