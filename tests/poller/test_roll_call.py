"""A provider's list instead of a request for each task, on a clock that jumps."""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tasks.providers.contract import Answer, ErrorKind, ProviderError
from tasks.timing import HOUR, MINUTE
from tasks.transport import Prepared
from tasks.vocabulary import Status
from tests.poller.simulated import GONE, Provider, Simulated, simulated, simulated_line

LONGEST_S = 30.0
QUEUE: dict[str, Any] = {"provider": "moneyprinter"}


@dataclass
class Turbo(Provider):
    """A server with a list. `states` are its tasks, oldest first; `hidden` ones are missing from the list."""

    states: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    shuffled: Random | None = None
    list_error: Exception | None = None
    list_takes_s: float = 0.0
    served: int = 0

    @property
    def pages(self) -> int:
        return sum(about.startswith("tasks?") for _, about in self.asked)

    @property
    def singles(self) -> list[str]:
        return [about for _, about in self.asked if not about.startswith("tasks?")]

    async def ask(self, request: Prepared, name: str) -> Answer:
        answer = await super().ask(request, name)
        if "tasks?" in request.url.raw_path:
            await asyncio.sleep(self.list_takes_s)
        return answer

    def answer(self, about: str) -> object:
        if about.startswith("tasks?"):
            return {"status": 200, "data": self._page(parse_qs(urlsplit(about).query))}
        self._seen(about)
        if about not in self.states:
            return {"status": 404, "message": "task not found"}
        return {"status": 200, "data": self._record(about)}

    def _page(self, query: dict[str, list[str]]) -> object:
        if self.list_error:
            raise self.list_error
        number, size = int(query["page"][0]), int(query["page_size"][0])
        names = [one for one in self.states if one not in self.hidden]
        if self.shuffled:
            self.shuffled.shuffle(names)
        found = names[(number - 1) * size : number * size]
        self.served += len(found)
        for one in found:
            self._seen(one)
        tasks = [self._record(one) for one in found]
        return {"tasks": tasks, "total": len(names), "page": number, "page_size": size}

    def _seen(self, one: str) -> None:
        self.answered[one] = asyncio.get_running_loop().time()

    def _record(self, one: str) -> object:
        return {"task_id": one, "state": self.states[one], "progress": 40, "videos": [f"/srv/{one}/a.mp4"]}


def turbo(running: int, finished: int = 0, **fields: Any) -> Turbo:
    states = {f"old{n}": 1 for n in range(finished)} | {f"t{n}": 4 for n in range(running)}
    return Turbo(states=states, **fields)


def track_all(at: Simulated, provider: Turbo) -> None:
    at.track(*(one for one in provider.states if one.startswith("t")))


def oldest_s(provider: Turbo) -> float:
    """Since when the task has not been heard of that has waited longest."""
    ours = [at_s for one, at_s in provider.answered.items() if one.startswith("t")]
    return asyncio.get_running_loop().time() - min(ours)


@pytest.mark.parametrize("finished", [0, 90, 3000])
@simulated
async def test_many_tasks_take_as_many_requests_as_few(finished: int) -> None:
    provider = turbo(200, finished)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(10 * MINUTE)
        assert len(provider.singles) <= 10
        assert provider.pages <= 10 * MINUTE / 3.5
        assert oldest_s(provider) <= LONGEST_S
        assert provider.served <= 600 * provider.pages


@simulated
async def test_more_tasks_than_a_page_holds_take_two() -> None:
    provider = turbo(600, 2000)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(5 * MINUTE)
        assert len(provider.singles) <= 10
        assert provider.pages <= 2 * 5 * MINUTE / 3.5
        assert oldest_s(provider) <= LONGEST_S


@simulated
async def test_few_tasks_are_asked_one_by_one() -> None:
    provider = turbo(2, 50)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(10 * MINUTE)
        assert provider.pages == 0


@simulated
async def test_an_end_that_the_list_tells_is_asked_about_by_itself() -> None:
    provider = turbo(50)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(MINUTE)
        provider.states |= {"t7": 1, "t8": -1}
        await asyncio.sleep(LONGEST_S)
        assert at.notes.statuses["t7"] is Status.SUCCEEDED
        assert at.notes.statuses["t8"] is Status.FAILED
        assert at.notes.files["t7"] == ["/api/v1/download/t7/a.mp4"]
        assert sorted(set(provider.singles)) == ["t7", "t8"]
        assert len(at.line.tracked) == 48


@simulated
async def test_what_the_list_says_of_a_running_task_is_written() -> None:
    provider = turbo(50)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(MINUTE)
        assert {one.known.progress for one in at.line.tracked.values()} == {40}
        assert {one.poll_count > 5 for one in at.line.tracked.values()} == {True}
        assert provider.singles == []


@simulated
async def test_missing_from_the_list_is_not_gone() -> None:
    provider = turbo(50, hidden={"t3", "t4"})
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(5 * MINUTE)
        assert set(provider.singles) == {"t3", "t4"}
        assert oldest_s(provider) <= LONGEST_S
        assert at.line.tracked.keys() == {one.id for one in at.line.tracked.values()}
        assert len(at.line.tracked) == 50


@simulated
async def test_only_its_own_answer_says_that_a_task_is_gone() -> None:
    provider = turbo(50)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(MINUTE)
        del provider.states["t5"]
        await asyncio.sleep(2 * LONGEST_S)
        assert at.notes.statuses["t5"] is Status.LOST
        assert set(provider.singles) == {"t5"}


@simulated
async def test_a_list_that_shifts_while_it_is_read_loses_nobody() -> None:
    """A finished task is deleted every second: whatever follows it moves up."""
    provider = turbo(150, 2000)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        for n in range(1000):
            del provider.states[f"old{n}"]
            provider.states[f"new{n}"] = 4
            await asyncio.sleep(1.0)
        assert oldest_s(provider) <= LONGEST_S
        assert len(at.line.tracked) == 150
        assert len(provider.asked) < 1000 / LONGEST_S * 150 / 4


@simulated
async def test_a_long_list_in_no_order_is_left_alone() -> None:
    provider = turbo(60, 5000, shuffled=Random(1))
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(HOUR)
        assert provider.pages <= 20
        assert oldest_s(provider) <= LONGEST_S
        assert len(at.line.tracked) == 60


@simulated
async def test_a_short_list_in_no_order_serves_as_well() -> None:
    provider = turbo(60, 200, shuffled=Random(1))
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(10 * MINUTE)
        assert provider.singles == []
        assert oldest_s(provider) <= LONGEST_S


@pytest.mark.parametrize(("kind", "status"), [("transient", 500), ("missing", 404), ("invalid", 200)])
@simulated
async def test_a_list_that_fails_is_left_alone_and_tried_again(kind: str, status: int) -> None:
    error = ProviderError(ErrorKind(kind), "No list.", http_status=status)
    provider = turbo(50, list_error=error)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(HOUR)
        assert 4 <= provider.pages <= 8
        assert oldest_s(provider) <= LONGEST_S
        assert at.notes.healths == []
        provider.list_error = None
        await asyncio.sleep(HOUR + 10 * MINUTE)
        before = len(provider.singles)
        await asyncio.sleep(5 * MINUTE)
        assert len(provider.singles) <= before + 5


@simulated
async def test_a_fault_of_our_own_in_a_list_forgets_no_task() -> None:
    provider = turbo(50, list_error=ZeroDivisionError())
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(10 * MINUTE)
        assert provider.pages <= 6
        assert oldest_s(provider) <= LONGEST_S
        assert at.line.budget.in_flight == 0


@simulated
async def test_what_a_slow_list_says_of_a_task_asked_meanwhile_is_too_old() -> None:
    provider = turbo(5, list_takes_s=5.0)
    async with simulated_line(provider, **QUEUE) as at:
        provider.states["t9"] = 0
        track_all(at, provider)
        (late,) = [one for one in at.line.tracked.values() if one.ref.remote_id == "t9"]
        at.line.drop(late)
        await asyncio.sleep(1.0)
        provider.states["t9"] = 4
        (late,) = at.track("t9")
        await asyncio.sleep(2.0)
        assert provider.singles == ["t9"]
        provider.states["t9"] = 0
        await asyncio.sleep(2.5)
        assert provider.pages == 1
        assert late.known.status is Status.RUNNING


@simulated
async def test_a_list_that_is_refused_for_being_too_many_holds_the_account() -> None:
    error = ProviderError(ErrorKind.LIMITED, "Slow down.", retry_after_s=100.0, http_status=429)
    provider = turbo(50, list_error=error)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(99.0)
        assert len(provider.asked) == 1
        assert at.notes.account["health"] == "limited"


@simulated
async def test_each_page_counts_in_the_budget() -> None:
    provider = turbo(300, 5000)
    async with simulated_line(provider, requests_per_minute=10, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(10 * MINUTE)
        assert provider.busiest(0, 10 * MINUTE, 60.0) <= 10
        assert oldest_s(provider) <= LONGEST_S


@simulated
async def test_somebody_who_waits_for_a_task_gets_its_own_answer() -> None:
    provider = turbo(50)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(MINUTE)
        at.line.hurry(next(iter(at.line.tracked.values())))
        await asyncio.sleep(1.0)
        assert provider.singles == ["t0"]


@simulated
async def test_after_an_outage_the_list_brings_all_up_to_date() -> None:
    provider = turbo(300)
    async with simulated_line(provider, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(10 * MINUTE)
        provider.error = GONE
        await asyncio.sleep(HOUR)
        provider.error = None
        before = len(provider.asked)
        await asyncio.sleep(LONGEST_S)
        assert oldest_s(provider) <= LONGEST_S
        assert len(provider.asked) - before <= 30


@simulated
async def test_asking_once_asks_the_list_once() -> None:
    provider = turbo(80, 20, hidden={"t1"})
    provider.states["t2"] = 1
    async with simulated_line(provider, once=True, **QUEUE) as at:
        track_all(at, provider)
        await asyncio.sleep(MINUTE)
        assert provider.pages == 1
        assert sorted(provider.singles) == ["t1", "t2"]
        assert at.notes.statuses["t2"] is Status.SUCCEEDED
