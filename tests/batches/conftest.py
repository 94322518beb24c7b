"""Batches in tests: begun by a member, worked off by a worker that ends when nothing is due."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User

from tasks.batches.beginning import Plan, begin
from tasks.batches.worker import Worker
from tasks.models import Account, Batch, Task
from tasks.vocabulary import BatchAct
from tests.loopback import Loopback, serving
from tests.poller.conftest import FAST, in_database


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example")


@pytest.fixture
async def provider() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback


@pytest.fixture
def mira(db: None) -> User:
    return User.objects.create_user("mira")


def begun(act: BatchAct, by: User, rows: Any = None, **params: Any) -> Batch:
    """Over all tasks there are, unless `rows` says which."""
    return begin(Plan(act, params), Task.objects.all() if rows is None else rows, by)


def worked_off() -> int:
    """What is due is done; how many batches ended."""
    return asyncio.run(Worker(FAST).run_once())


async def work_off() -> int:
    return await Worker(FAST).run_once()


@asynccontextmanager
async def working() -> AsyncIterator[Worker]:
    """A worker that runs while the block does, and is stopped as a signal would."""
    stop = asyncio.Event()
    worker = Worker(FAST)
    run = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await run


async def report_of(batch: Batch) -> Batch:
    found: Batch = await Batch.objects.aget(pk=batch.pk)
    return found


async def has_ended(batch: Batch) -> bool:
    return (await report_of(batch)).ended_at is not None


__all__ = ["begun", "has_ended", "in_database", "report_of", "work_off", "worked_off", "working"]
