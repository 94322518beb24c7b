import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from dashboard.api.representation import task_json
from dashboard.live.sync import TEXT_MAX
from tasks.models import Result, Task
from tasks.tracking import restore, stop_tracking
from tests.live.changes import change, change_silently
from tests.live.conftest import MakeTask
from tests.live.sockets import HOST, Open, elsewhere

SOME_ID = UUID(int=7)
pytestmark = pytest.mark.django_db(transaction=True)


def as_api(task: Task) -> dict[str, Any]:
    """The task as the API tells it."""
    loaded = Task.objects.with_owner().get(pk=task.pk)
    told: dict[str, Any] = json.loads(json.dumps(task_json(loaded, f"http://{HOST}")))
    return told


async def test_it_sends_nothing_when_it_opens(json_socket: Open, make_task: MakeTask) -> None:
    await elsewhere(make_task)
    async with json_socket("") as socket:
        assert await socket.is_silent()


async def test_it_sends_each_changed_task_as_the_api_tells_it(json_socket: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    await elsewhere(
        Result.objects.create, task=task, position=0, kind="video", remote_url="https://e.example/v.mp4"
    )
    async with json_socket("") as socket:
        await elsewhere(change, task.id, progress=30)
        assert await socket.next() == {"type": "task", "task": await elsewhere(as_api, task)}


async def test_it_carries_all_tasks_whatever_the_query(json_socket: Open, make_task: MakeTask) -> None:
    async with json_socket("&status=failed&view=rows") as socket:
        task = await elsewhere(make_task)
        await elsewhere(change, task.id, progress=30)
        assert (await socket.next())["task"]["id"] == str(task.id)


async def test_it_finds_what_nobody_told_of(json_socket: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    async with json_socket("") as socket:
        version = await elsewhere(change_silently, task.id, progress=30)
        assert (await socket.next())["task"]["version"] == version


async def test_counts_are_exact_and_come_when_they_change(json_socket: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    await elsewhere(make_task, status="queued")
    async with json_socket("") as socket:
        await elsewhere(change, task.id, status="failed")
        counts = (await socket.next("counts"))["counts"]
    assert (counts["queued"], counts["running"], counts["failed"]) == (1, 0, 1)
    assert counts["succeeded"] == 0


async def test_a_sync_tells_what_is_newer_and_what_is_gone(json_socket: Open, make_task: MakeTask) -> None:
    same, newer, again, gone = [await elsewhere(make_task) for _ in range(4)]
    unknown = uuid4()
    await elsewhere(change, newer.id, progress=1)
    await elsewhere(stop_tracking, [gone.id], None)
    async with json_socket("") as socket:
        have = {same.id: 1, newer.id: 1, again.id: -1, gone.id: 1, unknown: 7}
        answer = await socket.sync(have)
    expected = [await elsewhere(as_api, newer), await elsewhere(as_api, again)]
    assert sorted(answer["tasks"], key=str) == sorted(expected, key=str)
    assert set(answer["gone"]) == {str(gone.id), str(unknown)}
    assert answer["counts"]["running"] == 3
    assert answer.keys() == {"type", "tasks", "gone", "counts"}


async def test_a_stopped_task_is_told_by_the_next_sync_and_comes_back_when_restored(
    json_socket: Open, make_task: MakeTask
) -> None:
    task = await elsewhere(make_task)
    async with json_socket("") as socket:
        await elsewhere(stop_tracking, [task.id], None)
        assert await socket.is_silent()
        assert (await socket.sync({task.id: 1}))["gone"] == [str(task.id)]
        await elsewhere(restore, [task.id], None)
        assert (await socket.next())["task"]["id"] == str(task.id)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", "bad_request"),
        ("[" * 100_000, "bad_request"),
        ("[]", "bad_request"),
        ("{}", "bad_request"),
        ('{"type":"subscribe"}', "bad_request"),
        ('{"type":"sync"}', "bad_request"),
        ('{"type":"sync","have":[]}', "bad_request"),
        ('{"type":"sync","have":{"42":1}}', "bad_request"),
        (f'{{"type":"sync","have":{{"{SOME_ID}":"1"}}}}', "bad_request"),
        (f'{{"type":"sync","have":{{"{SOME_ID}":true}}}}', "bad_request"),
        (f'{{"type":"sync","have":{{"{SOME_ID}":-2}}}}', "bad_request"),
        (f'{{"type":"sync","have":{{"{SOME_ID}":1{"0" * 30}}}}}', "bad_request"),
        (b'{"type":"sync","have":{}}', "bad_request"),
        ("x" * (TEXT_MAX + 1), "too_large"),
        (json.dumps({"type": "sync", "have": {str(UUID(int=n)): 1 for n in range(1_001)}}), "too_large"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "bytes",
)
async def test_a_bad_frame_is_answered_and_the_socket_stays(
    json_socket: Open, text: str | bytes, code: str
) -> None:
    async with json_socket("") as socket:
        await socket.send(text)
        frame = await socket.next()
        assert (frame["type"], frame["error"]["code"]) == ("error", code)
        assert frame["error"]["message"]
        assert (await socket.sync())["tasks"] == []
