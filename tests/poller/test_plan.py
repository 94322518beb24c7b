"""The policy in the poller: what tasks have shown decides when the next ones are asked."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from tasks.budget import Budget, budgets
from tasks.ids import uuid7
from tasks.lifecycle import Known
from tasks.models import Account, Task
from tasks.poller.plan import Plan
from tasks.poller.tracked import Tracked
from tasks.providers.contract import TaskRef
from tasks.scheduling import Agenda, History, Policy
from tasks.scheduling.observation import Observation
from tasks.scheduling.view import Key
from tasks.timing import HOUR, MINUTE, Timing
from tasks.vocabulary import Kind, Status
from tests.loopback import Loopback
from tests.poller.conftest import account_at, fresh, has_status, in_database, polling, tracked, until
from tests.poller.simulated import simulated, simulated_line

PATH = "/v1/tasks/t1"
DONE = {"id": "t1", "status": "completed", "video_url": "https://cdn.example/v.mp4"}
RUNNING = {"id": "t1", "status": "processing", "model": "veo3.1"}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW_S = 10_000.0
LEMON = Account(pk=1, slug="lemon", provider="lemondata")


# Whose turn it is


def history(*seconds: float) -> History:
    learned = History()
    learned.replace({Key(1, "lemondata", "veo3.1", Kind.VIDEO): [Observation(one, one) for one in seconds]})
    return learned


def running(age_s: float) -> Tracked:
    created_at = NOW - timedelta(seconds=age_s)
    return Tracked(
        id=uuid7(),
        account_id=1,
        ref=TaskRef("t1"),
        known=Known(Status.RUNNING, "processing", None, "veo3.1", Kind.VIDEO, None, created_at),
        version=1,
        status_at=created_at,
        deadline_at=NOW + timedelta(hours=1),
        due_s=NOW_S,
        last_poll_at=created_at,
    )


def plan_for(agenda: Agenda[Tracked], per_minute: int | None) -> Plan:
    policy = Policy(history(*(100.0 + n for n in range(30))), Timing(), Random(1))
    return Plan(LEMON, policy, Budget(per_minute, 20), agenda)


def asked_and_due(plan: Plan, agenda: Agenda[Tracked], *all_tracked: Tracked) -> None:
    """All were asked just now, and a minute later all are due."""
    for one in all_tracked:
        plan.next_gap_s(one, None, NOW_S, NOW)
        agenda.put(one, NOW_S)
    agenda.look(NOW_S + 60)


def test_counted_requests_go_to_the_task_that_has_most_likely_ended() -> None:
    agenda: Agenda[Tracked] = Agenda()
    plan = plan_for(agenda, 60)
    young, ripe = running(5), running(70)
    asked_and_due(plan, agenda, young, ripe)
    assert plan.take(NOW_S + 20) is ripe
    assert plan.take(NOW_S + 20) is young


def test_a_claimed_task_that_its_provider_knows_has_to_be_worth_its_first_request() -> None:
    agenda: Agenda[Tracked] = Agenda()
    plan = plan_for(agenda, 60)
    young, unknown = running(5), running(5)
    unknown.known = replace(unknown.known, raw_status="")
    for one in (young, unknown):
        plan.recall(one, NOW_S, NOW)
        agenda.put(one, NOW_S)
    agenda.look(NOW_S + 1)
    assert [plan.take(NOW_S + 1) for _ in range(2)] == [unknown, young]


def test_without_a_limit_who_is_due_first_goes_first() -> None:
    agenda: Agenda[Tracked] = Agenda()
    plan = plan_for(agenda, None)
    young, ripe = running(5), running(70)
    asked_and_due(plan, agenda, young, ripe)
    assert plan.take(NOW_S + 20) is young


def test_somebody_who_waits_goes_before_all() -> None:
    agenda: Agenda[Tracked] = Agenda()
    plan = plan_for(agenda, 60)
    young, ripe = running(5), running(70)
    asked_and_due(plan, agenda, ripe, young)
    young.hurried = True
    assert plan.take(NOW_S + 20) is young


def test_a_crowd_that_the_budget_cannot_serve_waits_for_better_times() -> None:
    agenda: Agenda[Tracked] = Agenda()
    plan = plan_for(agenda, 60)
    asked_and_due(plan, agenda, *(running(5 + n / 10) for n in range(400)))
    for n in range(200):
        agenda.look(NOW_S + n)
        agenda.put(plan.take(NOW_S + n), NOW_S + 1e6)
    assert agenda.due < 200
    assert len(agenda) == 400


# In a running poller


def finished(account: Any, seconds: float, count: int) -> None:
    """So many tasks that all took that long."""
    now = timezone.now()
    begun_at = now - timedelta(hours=1)
    Task.objects.bulk_create(
        Task(
            account=account,
            remote_id=f"old-{n}",
            kind="video",
            model="veo3.1",
            status="succeeded",
            created_at=begun_at,
            finished_at=begun_at + timedelta(seconds=seconds),
            deadline_at=now,
            poll_count=3,
        )
        for n in range(count)
    )


@pytest.mark.django_db(transaction=True)
async def test_a_task_far_from_its_usual_end_is_asked_seldom(provider: Loopback) -> None:
    account = await account_at(provider)
    await in_database(finished, account, 3600.0, 30)
    provider.say(PATH, RUNNING)
    task = await tracked(account, model="veo3.1")
    async with polling(usual_first_gap_s=1.0):
        await until(lambda: provider.times(PATH))
        await until(lambda: has_status(task, "running"))
    seen = await fresh(task)
    assert seen.next_poll_at
    assert seen.last_poll_at
    assert seen.next_poll_at - seen.last_poll_at > timedelta(seconds=6)


@pytest.mark.django_db(transaction=True)
async def test_an_interval_of_the_account_stays_the_longest_gap(provider: Loopback) -> None:
    account = await account_at(provider, poll_interval_s=2.0)
    await in_database(finished, account, 3600.0, 30)
    provider.say(PATH, RUNNING)
    task = await tracked(account, model="veo3.1")
    async with polling(usual_first_gap_s=1.0):
        await until(lambda: has_status(task, "running"))
    seen = await fresh(task)
    assert seen.next_poll_at
    assert seen.last_poll_at
    assert seen.next_poll_at - seen.last_poll_at <= timedelta(seconds=2.1)


@simulated
async def test_an_interval_that_a_person_sets_counts_for_tasks_that_run_already() -> None:
    async with simulated_line() as at:
        at.track("t1")
        await asyncio.sleep(HOUR)
        edited = Account(
            pk=1, slug="lemon", provider="lemondata", base_url="https://a.example", poll_interval_s=2
        )
        with patch.object(budgets, "of", lambda *_: at.line.budget):
            at.line.configure(edited)
        await asyncio.sleep(MINUTE)
        asks = [asked_s for asked_s, _ in at.provider.asked if asked_s > HOUR]
    assert all(after - before < 3 for before, after in pairwise(asks[1:]))
    assert len(asks) > 20


@pytest.mark.django_db(transaction=True)
async def test_it_is_written_down_how_long_an_end_may_have_gone_unseen(provider: Loopback) -> None:
    account = await account_at(provider)
    provider.say(PATH, RUNNING)
    task = await tracked(account)
    async with polling():
        await until(lambda: has_status(task, "running"))
        provider.say(PATH, DONE)
        await until(lambda: has_status(task, "succeeded"))
    seen = await fresh(task)
    assert seen.unseen_s is not None
    assert 0 < seen.unseen_s < 5


@pytest.mark.django_db(transaction=True)
async def test_an_end_that_the_provider_dates_was_not_unseen(provider: Loopback) -> None:
    account = await account_at(provider)
    at = (timezone.now() + timedelta(seconds=-1)).timestamp()
    provider.say(PATH, DONE | {"completed_at": int(at)})
    task = await tracked(account)
    async with polling():
        await until(lambda: has_status(task, "succeeded"))
    seen = await fresh(task)
    assert seen.finished_at
    assert seen.finished_at < seen.status_at
    assert seen.unseen_s is None
