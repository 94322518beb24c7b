import asyncio

import pytest

from dashboard.live.outbox import PAGE_PENDING, TOO_SLOW, ProgramOutbox
from tasks.models import Task
from tasks.publishing import publish_tasks
from tests.live.changes import change
from tests.live.conftest import MakeTask
from tests.live.sockets import Headers, Open, elsewhere, gated, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gate() -> asyncio.Event:
    """Open at first."""
    gate = asyncio.Event()
    gate.set()
    return gate


def many(task: Task, number: int) -> list[Task]:
    """New tasks beside `task`, made and told of at once."""
    rows = [Task(account=task.account, status="running", deadline_at=task.deadline_at) for _ in range(number)]
    made = Task.objects.bulk_create(rows)
    publish_tasks([one.id for one in made])
    return made


async def test_one_slow_socket_holds_up_nobody_and_gets_the_latest(
    page: Open, person: Headers, make_task: MakeTask, gate: asyncio.Event
) -> None:
    task = await elsewhere(make_task)
    slow_page = opened("/ws/tasks/?view=rows", person, gated(gate))
    async with page("view=rows") as quick, slow_page as slow:
        for socket in (quick, slow):
            await socket.sync({task.id: 1})
        gate.clear()
        for n in range(1, 6):
            version = await elsewhere(change, task.id, progress=n)
            assert (await quick.next("rows"))["rows"][0]["version"] == version
        gate.set()
        in_flight, merged = await slow.next("rows"), await slow.next("rows")
        assert in_flight["rows"][0]["version"] == 2
        assert [row["version"] for row in merged["rows"]] == [version]
        assert await slow.is_silent()


async def test_a_page_too_slow_for_its_place_is_told_to_sync(
    json_socket: Open, person: Headers, make_task: MakeTask, gate: asyncio.Event
) -> None:
    task = await elsewhere(make_task)
    slow_page = opened("/ws/tasks/?view=rows", person, gated(gate))
    async with json_socket("") as witness, slow_page as slow:
        await slow.sync({task.id: 1})
        gate.clear()
        await elsewhere(change, task.id, progress=1)
        made = await elsewhere(many, task, PAGE_PENDING + 100)
        for _ in range(PAGE_PENDING + 101):
            await witness.next("task")
        gate.set()
        while (await slow.next("rows", "resync"))["type"] != "resync":
            pass
        told = await slow.sync({task.id: 1, made[0].id: 1})
        assert [row["version"] for row in told["rows"]] == [2]


async def test_a_program_too_slow_for_its_place_is_closed(
    page: Open, program: Headers, make_task: MakeTask, gate: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its protocol has no word for it; a new socket and a sync make up for what was dropped."""
    monkeypatch.setattr(ProgramOutbox, "limit", 20)
    task = await elsewhere(make_task)
    slow_program = opened("/ws/tasks/?format=json", program, gated(gate))
    async with page("view=rows") as witness, slow_program as slow:
        await witness.sync({task.id: 1})
        await slow.sync()
        gate.clear()
        await elsewhere(many, task, 30)
        await witness.next("rows")
        gate.set()
        assert await slow.close_code() == TOO_SLOW
