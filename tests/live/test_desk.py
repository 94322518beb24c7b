"""Stars, tags and what is put aside: lists and counters follow, wherever it is done."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tasks.desk import add_tags, put_aside, remove_tags, set_starred, take_back
from tests.live.changes import change_silently
from tests.live.conftest import MakeTask
from tests.live.sockets import Open, elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("query", "columns", "leave"),
    [
        ("archived=no", {}, lambda ids: put_aside(ids, None)),
        ("archived=yes", {"archived_at": "2026-11-22T12:00:00Z"}, lambda ids: take_back(ids, None)),
        ("starred=1", {"starred": True}, lambda ids: set_starred(ids, starred=False)),
        (
            "tag=trailer",
            {"tags": ["Trailer"]},
            lambda ids: remove_tags(ids, ["trailer"], None),
        ),
    ],
)
async def test_a_task_that_matches_no_more_leaves_and_is_not_counted(
    page: Open,
    make_task: MakeTask,
    query: str,
    columns: dict[str, Any],
    leave: Callable[[list[UUID]], list[UUID]],
) -> None:
    task = await elsewhere(make_task, **columns)
    async with page(f"view=rows&{query}") as socket:
        assert (await socket.sync({task.id: 1}))["counts"]["running"] == 1
        await elsewhere(leave, [task.id])
        (row,) = (await socket.next("rows"))["rows"]
        assert (row["id"], row["version"], row["match"]) == (str(task.id), 2, False)
        assert (await socket.next("counts"))["counts"]["running"] == 0


async def test_a_task_that_comes_to_match_is_told_and_counted(page: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    async with page("view=rows&archived=no&tag=trailer&whole=1") as socket:
        assert (await socket.sync())["counts"]["running"] == 0
        await elsewhere(add_tags, [task.id], ["Trailer"], None)
        (row,) = (await socket.next("rows"))["rows"]
        assert (row["id"], row["match"]) == (str(task.id), True)
        assert (await socket.next("counts"))["counts"]["running"] == 1


async def test_what_another_process_puts_aside_is_noticed(page: Open, make_task: MakeTask) -> None:
    task = await elsewhere(make_task)
    async with page("view=rows&archived=no") as socket:
        await socket.sync({task.id: 1})
        await elsewhere(change_silently, task.id, archived_at="2026-11-22T12:00:00Z")
        (row,) = (await socket.next("rows"))["rows"]
        assert row["match"] is False
        assert (await socket.next("counts"))["counts"]["running"] == 0


async def test_programs_hear_of_what_was_put_aside_as_of_any_task(
    json_socket: Open, make_task: MakeTask
) -> None:
    task = await elsewhere(make_task)
    async with json_socket("") as socket:
        await elsewhere(put_aside, [task.id], None)
        told = await socket.next("task")
        assert (told["task"]["id"], told["task"]["version"]) == (str(task.id), 2)
        answer = await socket.sync({task.id: 1})
        assert (answer["gone"], answer["counts"]["running"]) == ([], 1)
