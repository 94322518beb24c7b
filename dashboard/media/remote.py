"""A result that only its provider has, passed on to a browser: it plays before there is a copy of ours."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponseBase

from dashboard.media.labels import type_of
from dashboard.media.proxying import Upstream, WrongRange, proxy_response, upstream_range
from dashboard.media.shown import Shown
from tasks.archive.arrival import Arrival
from tasks.archive.failures import FailureKind, FetchFailed
from tasks.archive.following import Follower
from tasks.archive.limits import Limits
from tasks.archive.links import Source
from tasks.archive.sources import stream_source_of
from tasks.budget import Budget, budgets
from tasks.budget.keeping import keeping_budgets
from tasks.budget.ledger import settle
from tasks.models import Account, Result

LIMITS = Limits(connect_timeout_s=5.0, answer_timeout_s=20.0, complaint_wait_s=2.0)
"""Somebody waits before the page."""
BUSY = "The requests this account may send are needed elsewhere just now. Try again in a moment."

followers: dict[asyncio.AbstractEventLoop, Follower] = {}
"""Connections to providers, kept for each loop as long as the process lives."""


async def remote_response(request: HttpRequest, result: Result, shown: Shown) -> HttpResponseBase:
    """The provider's bytes, or the range of them that is asked for. `shown` tells all but the type.

    FetchFailed or BadUpstream, in a sentence, when there is nothing to pass on; nothing is sent by then.
    """
    source = stream_source_of(result, result.task.account)
    try:
        return await _passed_on(request, result, source, upstream_range(request), shown)
    except WrongRange:
        return await _passed_on(request, result, source, "", shown)


async def _passed_on(
    request: HttpRequest, result: Result, source: Source, asked: str, shown: Shown
) -> HttpResponseBase:
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(_counted(result.task.account, source))
        followed = await _follower().follow(source, {"range": asked} if asked else {})
        opened.push_async_callback(followed.answer.aclose)
        arrival = Arrival(followed.answer, followed.server, LIMITS)
        await arrival.check(continuing=bool(asked), keyed=followed.keyed)
        upstream = replace(Upstream.of(followed.answer), close=opened.pop_all().aclose)
    told = arrival.headers.get("content-type", "")
    return await proxy_response(request, upstream, replace(shown, content_type=type_of(result, told)))


def _follower() -> Follower:
    loop = asyncio.get_running_loop()
    if loop not in followers:
        followers[loop] = Follower(LIMITS)
    return followers[loop]


@asynccontextmanager
async def _counted(account: Account, source: Source) -> AsyncIterator[None]:
    """A request with the key counts as long as it is read. Readers get half of the places: polling goes on."""
    if not source.headers:
        yield
        return
    budget = budgets.of(account.pk, account.requests_per_minute, account.concurrency)
    async with keeping_budgets(_in_database):
        if (budget.in_flight + 1) * 2 > budget.at_once or not await _taken(budget):
            raise FetchFailed(FailureKind.TRANSIENT, BUSY)
        try:
            yield
        finally:
            budget.end(time.monotonic())


async def _taken(budget: Budget) -> bool:
    if budget.take(time.monotonic()) != 0.0:
        await _in_database(settle, budgets)
        return budget.take(time.monotonic()) == 0.0
    return True


async def _in_database(function: Callable[..., object], *args: object, **kwargs: object) -> object:
    return await database_sync_to_async(function)(*args, **kwargs)
