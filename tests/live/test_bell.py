"""A page hears that something ended which its person wants to know; what it was, it asks over HTTP."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.models import Profile
from tests.live.changes import change
from tests.live.conftest import MakeTask
from tests.live.sockets import Open, Socket, elsewhere

pytestmark = pytest.mark.django_db(transaction=True)

BELL = "view=bell"


def end(task_id: Any, status: str = "succeeded", **columns: Any) -> int:
    return change(task_id, status=status, **({"status_at": timezone.now()} | columns))


async def rings(socket: Socket) -> bool:
    """Whether it rang before the socket answered."""
    found = False
    await socket.send(json.dumps({"type": "sync", "have": {}}))
    while (frame := await socket.next())["type"] != "sync":
        found = found or frame["type"] == "news"
    return found


@pytest.mark.parametrize("view", [BELL, "view=rows", "view=cards"])
async def test_it_rings_when_a_task_of_the_person_ends(
    page: Open, make_task: MakeTask, user: User, view: str
) -> None:
    task = await elsewhere(make_task, created_by=user)
    async with page(view) as socket:
        await elsewhere(end, task.id)
        assert await socket.next("news") == {"type": "news"}


@pytest.mark.usefixtures("still")
async def test_it_is_silent_about_others_about_progress_and_about_what_is_told(
    page: Open, make_task: MakeTask, user: User
) -> None:
    own, other = [await elsewhere(make_task, created_by=one) for one in (user, None)]
    async with page(BELL) as socket, page("view=rows") as witness:
        await witness.sync({own.id: 1, other.id: 1})
        await elsewhere(change, own.id, progress=40)
        await elsewhere(end, other.id)
        await elsewhere(end, own.id, "canceled")
        seen: set[tuple[str, str]] = set()
        while len(seen) < 2 or ("canceled" not in str(seen)):
            frame = await witness.next("rows")
            seen |= {(row["id"], "canceled" if "canceled" in row["html"] else "") for row in frame["rows"]}
        assert not await rings(socket)


@pytest.mark.usefixtures("still")
async def test_it_does_not_ring_again_when_the_copy_is_safe(
    page: Open, make_task: MakeTask, user: User
) -> None:
    task = await elsewhere(make_task, created_by=user)
    async with page(BELL) as socket, page("view=rows") as witness:
        await witness.sync({task.id: 1})
        await elsewhere(end, task.id)
        await socket.next("news")
        version = await elsewhere(change, task.id, starred=True)
        while (await witness.next("rows"))["rows"][-1]["version"] < version:
            pass
        assert not await rings(socket)


@pytest.mark.usefixtures("still")
async def test_old_ends_ring_no_bell(page: Open, make_task: MakeTask, user: User) -> None:
    task = await elsewhere(make_task, created_by=user)
    async with page(BELL) as socket, page("view=rows") as witness:
        await witness.sync({task.id: 1})
        await elsewhere(end, task.id, status_at=timezone.now() - timedelta(hours=1))
        await witness.next("rows")
        assert not await rings(socket)


async def test_who_wants_everybody_s_hears_them(page: Open, make_task: MakeTask, user: User) -> None:
    await elsewhere(Profile.objects.create, user=user, news_of_all=True)
    task = await elsewhere(make_task)
    async with page(BELL) as socket:
        await elsewhere(end, task.id, "failed")
        assert await socket.next("news") == {"type": "news"}


async def test_programs_are_told_nothing_more_than_before(
    json_socket: Open, make_task: MakeTask, user: User
) -> None:
    task = await elsewhere(make_task, created_by=user)
    async with json_socket("") as socket:
        await elsewhere(end, task.id)
        assert (await socket.next())["type"] == "task"
        frames = []
        await socket.send(json.dumps({"type": "sync", "have": {}}))
        while (frame := await socket.next())["type"] != "sync":
            frames.append(frame["type"])
        assert "news" not in frames
