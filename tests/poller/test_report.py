"""What a poller tells of itself: what it holds, what is due and late, what comes next and why it waits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tasks.models import Poller, Task
from tasks.poller.report import WAKES, LineReport, Report, Wake
from tasks.vocabulary import Wait
from tests.loopback import Loopback
from tests.poller.conftest import account_at, in_database, polling, tracked, until

RUNNING = {"id": "t1", "status": "processing"}
pytestmark = pytest.mark.django_db(transaction=True)


async def told() -> Report:
    row = await Poller.objects.polling().afirst()
    return Report.from_json(row.report if row else {})


async def waits(account: str = "lemon") -> Wait | None:
    return next((line.wait for line in (await told()).lines if line.account == account), None)


def test_it_comes_back_from_its_row_as_it_was() -> None:
    at = timezone.now().replace(microsecond=0)
    row = Poller(report={})
    assert Report.from_json(row.report) == Report()
    wakes = (Wake(Task().pk, "lemon", at, Wait.BACKOFF), Wake(Task().pk, "pear", at, None))
    report = Report((LineReport("lemon", 3, 1, 2.5, Wait.BUDGET), LineReport("pear", 2, 2, 1.5, None)), wakes)
    assert Report.from_json(report.to_json()) == report
    assert (report.held, report.due, report.lag_s) == (5, 3, 1.5)


async def test_it_tells_what_is_held_and_what_comes_next(provider: Loopback) -> None:
    account = await account_at(provider, poll_interval_s=30)
    tasks = [await tracked(account, f"t{n}") for n in range(WAKES + 2)]
    for n in range(len(tasks)):
        provider.say(f"/v1/tasks/t{n}", RUNNING)
    async with polling(usual_first_gap_s=30):

        async def all_are_asked() -> bool:
            wakes = (await told()).wakes
            return len(wakes) == WAKES and wakes[0].due_at > timezone.now() + timedelta(seconds=5)

        await until(all_are_asked)
        report = await told()
    (line,) = report.lines
    assert (line.account, line.held, line.due, line.late_s, line.wait) == ("lemon", len(tasks), 0, 0.0, None)
    assert [one.due_at for one in report.wakes] == sorted(one.due_at for one in report.wakes)
    assert {one.task_id for one in report.wakes} < {task.pk for task in tasks}
    assert {one.wait for one in report.wakes} == {None}


async def test_it_tells_why_due_tasks_wait(provider: Loopback) -> None:
    account = await account_at(provider, requests_per_minute=1)
    for n in range(2):
        await tracked(account, f"t{n}")
        provider.say(f"/v1/tasks/t{n}", RUNNING)
    async with polling():

        async def waits_for_budget() -> bool:
            return await waits() is Wait.BUDGET

        await until(waits_for_budget)
        report = await told()
    assert report.lag_s == 0.0
    assert report.wakes[0].wait is Wait.BUDGET
    assert report.wakes[0].due_at > timezone.now() + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [(429, {"Retry-After": "40"}, Wait.LIMITED), (401, {}, Wait.KEY)],
)
async def test_it_tells_when_an_account_is_held(
    provider: Loopback, status: int, headers: dict[str, str], wait: Wait
) -> None:
    provider.say("/v1/tasks/t1", {"error": "no"}, status=status, headers=headers)
    await tracked(await account_at(provider))
    async with polling(probe_s=40):

        async def is_held() -> bool:
            return await waits() is wait

        await until(is_held)
        (wake,) = (await told()).wakes
    assert wake.wait is wait
    assert wake.due_at > timezone.now() + timedelta(seconds=20)


async def test_it_tells_of_a_task_that_backs_off(provider: Loopback) -> None:
    provider.say("/v1/tasks/t1", {}, status=500)
    await tracked(await account_at(provider))
    async with polling(transient_gap_s=30, longest_transient_gap_s=60):

        async def backs_off() -> bool:
            return [one.wait for one in (await told()).wakes] == [Wait.BACKOFF]

        await until(backs_off)


async def test_a_poller_that_starts_anew_tells_again(provider: Loopback) -> None:
    provider.say("/v1/tasks/t1", RUNNING)
    await tracked(await account_at(provider))

    async def holds_one() -> bool:
        return (await told()).held == 1

    async with polling():
        await until(holds_one)
        await in_database(Poller.objects.all().delete)
        await until(holds_one)
