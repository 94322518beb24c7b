"""A line on a clock that jumps: hours of asking in a moment, without database or network."""

import asyncio
import json
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import wraps
from random import Random
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import unquote

from django.utils import timezone

from tasks.asking import Asker
from tasks.budget import Budget, budgets
from tasks.ids import uuid7
from tasks.lifecycle import Known
from tasks.models import Account
from tasks.poller.duties import cancel
from tasks.poller.inquiry import Means
from tasks.poller.line import Line
from tasks.poller.tracked import Tracked, Update
from tasks.poller.writer import Writer, Written
from tasks.providers.contract import Answer, ErrorKind, ProviderError, TaskRef
from tasks.scheduling import History, Policy
from tasks.timing import HOUR, Timing
from tasks.transport import Prepared
from tasks.vocabulary import Kind, Status

BEGUN_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATENCY_S = 0.2
GONE = ProviderError(ErrorKind.TRANSIENT, "It refused the connection.")


class _Selector(selectors.DefaultSelector):
    """Waits for nothing: the clock is set forward instead."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self.now_s += timeout
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Selector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


def simulate(work: Coroutine[Any, Any, None]) -> None:
    """Run it with a loop whose time, and Django's, pass as fast as the work is done."""
    loop = _Loop()
    with patch.object(timezone, "now", lambda: BEGUN_AT + timedelta(seconds=loop.time())):
        try:
            loop.run_until_complete(work)
        finally:
            loop.close()


@dataclass
class Provider:
    """Stands in for `Asker`: every task runs, unless `error` says otherwise, for all or for one."""

    error: ProviderError | None = None
    errors: dict[str, ProviderError] = field(default_factory=dict)
    asked: list[tuple[float, str]] = field(default_factory=list)
    answered: dict[str, float] = field(default_factory=dict)
    """When each task was last answered."""

    async def ask(self, request: Prepared, name: str) -> Answer:
        about = unquote(request.url.raw_path.rpartition("/")[2])
        self.asked.append((asyncio.get_running_loop().time(), about))
        await asyncio.sleep(LATENCY_S)
        if error := self.errors.get(about) or self.error:
            raise error
        return Answer(200, {}, json.dumps(self.answer(about)).encode())

    def answer(self, about: str) -> object:
        """To the question that ends like this: a task's id."""
        self.answered[about] = asyncio.get_running_loop().time()
        return {"id": about, "status": "processing"}

    def asked_between(self, begin_s: float, end_s: float) -> list[tuple[float, str]]:
        return [one for one in self.asked if begin_s <= one[0] < end_s]

    def busiest(self, begin_s: float, end_s: float, width_s: float) -> int:
        """The most requests in any stretch of that width."""
        times = [at for at, _ in self.asked_between(begin_s, end_s)]
        return max(sum(1 for at in times if start <= at < start + width_s) for start in times)


class Notes:
    """Stands in for `Writer`: keeps what would be written of tasks and of the account."""

    def __init__(self) -> None:
        self.account: dict[str, Any] = {}
        self.healths: list[str] = []
        self.statuses: dict[str, Status] = {}
        self.files: dict[str, list[str]] = {}

    async def write(self, update: Update) -> Written:
        tracked, known = update.tracked, update.tracked.known.after(update.change)
        self.statuses[tracked.ref.remote_id] = known.status
        self.files[tracked.ref.remote_id] = [file.url for file in update.change.files]
        return Written(known, tracked.version + 1, changed=True)

    def note(self, account_id: int, config_version: int, **columns: Any) -> None:
        self.account |= columns
        self.healths += [str(columns["health"])] if "health" in columns else []


@dataclass
class Simulated:
    line: Line
    provider: Provider
    notes: Notes

    def track(self, *remote_ids: str, deadline_s: float = 24 * HOUR) -> list[Tracked]:
        now, due_s = timezone.now(), asyncio.get_running_loop().time()
        made = [tracked_at(remote_id, now, due_s, deadline_s) for remote_id in remote_ids]
        for one in made:
            self.line.add(one)
        return made


def tracked_at(remote_id: str, now: datetime, due_s: float, deadline_s: float) -> Tracked:
    return Tracked(
        id=uuid7(),
        account_id=1,
        ref=TaskRef(remote_id),
        known=Known(Status.RUNNING, "processing", None, "veo3.1", Kind.VIDEO, now, now),
        version=1,
        status_at=now,
        deadline_at=now + timedelta(seconds=deadline_s),
        due_s=due_s,
    )


@asynccontextmanager
async def simulated_line(
    asked: Provider | None = None, /, *, once: bool = False, **fields: Any
) -> AsyncIterator[Simulated]:
    """A line that runs, of an account with such fields, while the block does."""
    fields = {"slug": "lemon", "provider": "lemondata", "base_url": "https://a.example"} | fields
    account, provider = Account(pk=1, **fields), asked or Provider()
    notes, timing, random = Notes(), Timing(), Random(3)
    policy = Policy(History(), timing, random)
    means = Means(cast(Asker, provider), cast(Writer, notes), timing, random, policy, once)
    whole = Budget(account.requests_per_minute, account.concurrency)
    with patch.object(budgets, "of", lambda *_: whole):  # no ledger divides it
        line = Line(account, means)
    run = asyncio.get_running_loop().create_task(line.run())
    try:
        yield Simulated(line, provider, notes)
    finally:
        await cancel([run])
        await line.close(0)


def simulated(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that runs on such a clock."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        simulate(test(*args, **kwargs))

    return run
