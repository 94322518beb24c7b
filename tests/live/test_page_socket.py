import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.rendering import render_task
from tasks.models import Account, Task
from tasks.providers.contract import Adoption
from tasks.tracking import Intent, restore, stop_tracking, track
from tests.live.changes import change, change_silently, purge, tidy
from tests.live.conftest import MakeTask
from tests.live.sockets import Open, elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def ids(entries: list[dict[str, Any]]) -> set[str]:
    return {entry["id"] for entry in entries}


async def test_it_says_how_live_it_is_first(page: Open) -> None:
    async with page("view=rows") as socket:
        assert await socket.next() == {"type": "hello", "live": "live"}


@pytest.mark.parametrize("view", ["rows", "cards"])
async def test_it_sends_a_shown_task_as_the_page_draws_it(page: Open, make_task: MakeTask, view: Any) -> None:
    task = await elsewhere(make_task)
    async with page(f"view={view}") as socket:
        await socket.sync({task.id: 1})
        version = await elsewhere(change, task.id, progress=40)
        frame = await socket.next("rows")
    changed = await elsewhere(Task.objects.with_owner().get, pk=task.id)
    html = await elsewhere(render_task, changed, view)
    assert frame["rows"] == [{"id": str(task.id), "version": version, "match": True, "html": html}]
    assert frame["gone"] == []


@pytest.mark.usefixtures("still")
async def test_a_change_from_a_foreign_thread_wakes_an_idle_loop(page: Open, make_task: MakeTask) -> None:
    """With nothing else going on: a message in the layer that wakes nobody would wait for ever."""
    task = await elsewhere(make_task)

    def stop_later() -> None:
        time.sleep(0.05)
        stop_tracking([task.id], None)

    async with page("view=rows") as socket:
        await socket.sync({task.id: 1})
        thread = threading.Thread(target=tidy(stop_later))
        thread.start()
        frame = await socket.next("rows")
        thread.join()
    assert frame == {"type": "rows", "rows": [], "gone": [str(task.id)]}


@pytest.mark.usefixtures("still")
async def test_a_burst_of_changes_loses_none(page: Open, make_task: MakeTask) -> None:
    tasks = [await elsewhere(make_task) for _ in range(3)]
    last: dict[str, int] = {}

    def hundred_times_each() -> None:
        for n in range(100):
            for task in tasks:
                last[str(task.id)] = change(task.id, progress=n)

    seen: dict[str, int] = {}
    async with page("view=rows") as socket:
        await socket.sync({task.id: 1 for task in tasks})
        await elsewhere(hundred_times_each)
        while seen != last:
            seen |= {row["id"]: row["version"] for row in (await socket.next("rows"))["rows"]}


@pytest.mark.usefixtures("still")
async def test_a_burst_of_new_tasks_loses_none(page: Open, make_task: MakeTask) -> None:
    async with page("view=rows") as socket:
        await socket.sync()

        def three_hundred() -> set[str]:
            tasks = [make_task() for _ in range(300)]
            for task in tasks:
                change(task.id)
            return {str(task.id) for task in tasks}

        made = await elsewhere(three_hundred)
        seen: set[str] = set()
        while seen != made:
            seen |= ids((await socket.next("rows"))["rows"])


async def test_it_sends_nothing_of_tasks_it_does_not_show(page: Open, make_task: MakeTask) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    older = await elsewhere(make_task, created_at=hour_ago - timedelta(hours=1))
    shown = await elsewhere(make_task, created_at=hour_ago)
    async with page("view=rows") as socket:
        await socket.next("hello")
        await socket.sync({shown.id: 1})
        await elsewhere(change, older.id, progress=10)
        assert await socket.is_silent()


async def test_before_the_first_sync_only_what_is_new_is_sent(page: Open, make_task: MakeTask) -> None:
    old = await elsewhere(make_task)
    async with page("view=rows") as socket:
        await socket.next("hello")
        new = await elsewhere(make_task)
        await elsewhere(change, old.id, progress=10)
        await elsewhere(change, new.id, progress=10)
        assert ids((await socket.next("rows"))["rows"]) == {str(new.id)}


async def test_a_tracked_task_appears_where_it_matches(page: Open, account: Account) -> None:
    adoption = Adoption(remote_id="r-1")
    async with page("view=rows&status=queued") as queued, page("view=rows&kind=audio") as audio:
        await audio.next("hello")
        await queued.sync()
        await audio.sync()
        tracked = await elsewhere(track, account, adoption, None, Intent(title="Harbour"))
        frame = await queued.next("rows")
        assert [(row["id"], row["match"]) for row in frame["rows"]] == [(str(tracked.task.id), True)]
        assert "Harbour" in frame["rows"][0]["html"]
        assert await audio.is_silent()


async def test_a_shown_task_that_leaves_the_filter_is_sent_without_match(
    page: Open, make_task: MakeTask
) -> None:
    task = await elsewhere(make_task)
    async with page("view=rows&status=running") as socket:
        await socket.sync({task.id: 1})
        await elsewhere(change, task.id, status="failed")
        [row] = (await socket.next("rows"))["rows"]
        assert row["match"] is False


async def test_a_task_that_enters_the_filter_takes_its_place_between_others(
    page: Open, make_task: MakeTask
) -> None:
    """Of three queued tasks the middle one starts last: a list of running ones must not miss it."""
    first, middle, last = [await elsewhere(make_task, status=s) for s in ("running", "queued", "running")]
    async with page("view=rows&status=running") as socket:
        answer = await socket.sync({first.id: 1, last.id: 1})
        assert answer["fresh"] == 0
        await elsewhere(change, middle.id, status="running")
        assert ids((await socket.next("rows"))["rows"]) == {str(middle.id)}


async def test_a_list_that_shows_all_takes_older_tasks_too(page: Open, make_task: MakeTask) -> None:
    oldest = await elsewhere(make_task, status="running")
    failed = await elsewhere(make_task, status="failed")
    async with page("view=rows&status=failed") as socket:
        await socket.sync({failed.id: 1})
        await elsewhere(change, oldest.id, status="failed")
        assert ids((await socket.next("rows"))["rows"]) == {str(oldest.id)}


async def test_an_older_page_of_a_list_does_not_grow(page: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    async with page("view=rows&cursor=abc") as socket:
        await socket.next("hello")
        new = await elsewhere(make_task)
        assert (await socket.sync({task.id: 1}))["fresh"] == 0
        await elsewhere(change, new.id, progress=1)
        assert await socket.is_silent()


async def test_stopping_and_restoring_goes_and_comes(page: Open, make_task: MakeTask, user: User) -> None:
    task = await elsewhere(make_task)
    async with page("view=rows") as socket:
        await socket.sync({task.id: 1})
        await elsewhere(stop_tracking, [task.id], user)
        assert (await socket.next("rows"))["gone"] == [str(task.id)]
        await elsewhere(restore, [task.id], user)
        frame = await socket.next("rows")
        assert ids(frame["rows"]) == {str(task.id)}
        assert frame["gone"] == []


async def test_a_purged_task_is_gone(page: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)

    async with page("view=rows") as socket:
        await socket.sync({task.id: 1})
        await elsewhere(purge, task.id)
        assert (await socket.next("rows"))["gone"] == [str(task.id)]


async def test_a_task_page_follows_its_task_alone(page: Open, make_task: MakeTask) -> None:
    task, other = await elsewhere(make_task), await elsewhere(make_task)
    async with page(f"view=task&id={task.id}") as socket:
        await elsewhere(change, other.id, progress=5)
        version = await elsewhere(change, task.id, progress=5)
        [row] = (await socket.next("rows"))["rows"]
        assert (row["id"], row["version"], row["match"]) == (str(task.id), version, True)
        assert f'id="task-{task.id}"' in row["html"]
        await elsewhere(stop_tracking, [task.id], None)
        assert (await socket.next("rows"))["gone"] == [str(task.id)]


async def test_counters_follow_statuses(page: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    await elsewhere(make_task, kind="audio")
    async with page("view=rows&status=failed") as socket, page("view=rows&kind=audio") as audio:
        assert (await socket.sync())["counts"]["running"] == 2
        await elsewhere(change, task.id, status="failed")
        counts = (await socket.next("counts"))["counts"]
        assert (counts["running"], counts["failed"]) == (1, 1)
        assert (await audio.sync())["counts"]["failed"] == 0


async def test_progress_alone_sends_no_counters(page: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    async with page("view=rows") as socket:
        await socket.sync({task.id: 1})
        await elsewhere(change, task.id, progress=1)
        assert (await socket.next("rows", "counts"))["type"] == "rows"
        await elsewhere(change, task.id, progress=2)
        assert (await socket.next("rows", "counts"))["type"] == "rows"


async def test_changes_that_nobody_told_of_are_found(page: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    async with page("view=rows") as socket:
        await socket.sync({task.id: 1})
        version = await elsewhere(change_silently, task.id, progress=70)
        assert (await socket.next("rows"))["rows"][0]["version"] == version
        assert await socket.is_silent()
