"""Many tasks of a server with a list, before the real poller on the real database."""

import asyncio

import pytest
from aiohttp import web

from tasks.models import Account, Task
from tasks.poller import poll_once
from tasks.publishing import set_home_loop
from tests.loopback import Loopback, reply
from tests.poller.conftest import FAST, account_at, polling, until
from tests.poller.conftest import tracked as track

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/api/v1/tasks"


class Turbo:
    """A MoneyPrinterTurbo in memory mode: its list is oldest first and names files of its own disk."""

    def __init__(self, provider: Loopback, names: list[str]) -> None:
        self.states = {f"old{n}": 1 for n in range(30)} | dict.fromkeys(names, 4)
        self.hidden: set[str] = set()
        self.status = 200
        self._provider = provider
        provider.answers[LIST] = self._list
        for name in names:
            provider.answers[f"{LIST}/{name}"] = self._task

    @property
    def pages(self) -> int:
        return self._provider.times(LIST)

    def singles(self, name: str) -> int:
        return self._provider.times(f"{LIST}/{name}")

    async def _task(self, request: web.Request) -> web.StreamResponse:
        return reply(
            {"status": 200, "data": self._record(request.path.rpartition("/")[2], "http://h.example/tasks")}
        )

    async def _list(self, request: web.Request) -> web.StreamResponse:
        number, size = int(request.query["page"]), int(request.query["page_size"])
        names = [name for name in self.states if name not in self.hidden]
        shown = [self._record(name, "/srv/mpt") for name in names[(number - 1) * size : number * size]]
        data = {"tasks": shown, "total": len(names), "page": number, "page_size": size}
        return reply({"status": 200, "data": data}, self.status)

    def _record(self, name: str, folder: str) -> dict[str, object]:
        state = self.states[name]
        files = [f"{folder}/{name}/final-1.mp4"] if state == 1 else None
        reason = "TTS request timed out" if state == -1 else None
        return {"task_id": name, "state": state, "progress": 50, "videos": files, "error": reason}


async def all_at(status: str) -> bool:
    return not await Task.objects.exclude(status=status).aexists()


async def many(provider: Loopback, count: int) -> tuple[Turbo, list[Task]]:
    names = [f"t{n}" for n in range(count)]
    account = await account_at(provider, "turbo", "moneyprinter")
    turbo = Turbo(provider, names)
    return turbo, [await track(account, name) for name in names]


async def test_many_tasks_are_followed_with_few_requests_and_all_end_right(provider: Loopback) -> None:
    turbo, tasks = await many(provider, 100)
    turbo.hidden = {"t5"}
    async with polling(usual_first_gap_s=0.3, claim_ahead_s=5.0):
        await until(lambda: all_at("running"))
        await until(lambda: turbo.pages >= 8)
        assert sum(turbo.singles(f"t{n}") for n in range(100) if n != 5) <= 10
        turbo.states |= {f"t{n}": -1 if n % 10 == 0 else 1 for n in range(100)}
        await until(_all_final)
        await asyncio.sleep(0.05)
    for task in tasks:
        ended = await Task.objects.aget(pk=task.pk)
        number = int(task.remote_id[1:]) if task.remote_id else 0
        assert ended.status == ("failed" if number % 10 == 0 else "succeeded")
        assert ended.poll_count >= 8 or number == 5
        wanted = [] if number % 10 == 0 else [f"/api/v1/download/{task.remote_id}/final-1.mp4"]
        assert [one.remote_url async for one in ended.results.all()] == wanted
        assert turbo.singles(f"t{number}") >= 1  # nobody was ended by the list
    assert turbo.singles("old1") == 0
    statuses = [
        one async for one in tasks[7].events.filter(type="status").values_list("to_status", flat=True)
    ]
    assert statuses == ["running", "succeeded"]


async def _all_final() -> bool:
    return not await Task.objects.exclude(status__in=["succeeded", "failed"]).aexists()


async def test_a_server_whose_list_is_broken_is_asked_task_by_task(provider: Loopback) -> None:
    """One odd record in its Redis turns the whole list into a 500."""
    turbo, _ = await many(provider, 20)
    turbo.status = 500
    async with polling():
        await until(lambda: all_at("running"))
        turbo.states |= {f"t{n}": 1 for n in range(20)}
        await until(lambda: all_at("succeeded"))
    assert turbo.pages == 1
    assert (await Account.objects.aget()).health == "ok"


async def test_asking_once_takes_one_page(provider: Loopback) -> None:
    turbo, _ = await many(provider, 40)
    turbo.states["t7"] = 1
    assert await poll_once(FAST) == 40
    set_home_loop(None)
    assert turbo.pages == 1
    assert len(provider.asked) == 2
    assert await Task.objects.filter(status="succeeded").acount() == 1
    assert await Task.objects.filter(status="running", poll_count=1).acount() == 39
