"""How a tracked task stands, in its provider's own words: from what we know, or asked once for all who want to know."""

import asyncio
import logging
import re
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from dashboard.gateway.callers import Caller, Refused
from dashboard.gateway.exchange import Exchange
from dashboard.gateway.home import Home
from dashboard.gateway.making import UNPACKED
from dashboard.gateway.replies import TASK_HEADER, Send, encoded, passed_headers, pointing_here, say
from tasks.hearing import hear
from tasks.models import RawAnswer, Task
from tasks.providers.addresses import AddressRefused
from tasks.providers.contract import Answer, ProviderError, TaskRef
from tasks.transport import Prepared
from tasks.vocabulary import Kind

logger = logging.getLogger(__name__)

FRESH_S = 5.0
"""How old an answer may be, unless the caller says `Cache-Control: max-age`: as long as a usual loop sleeps."""
WAIT_S = 2.0
"""Behind a spent budget, what we knew last is better than no answer."""
JSON = {"content-type": "application/json"}
_AGE = re.compile(r"max-age=(\d{1,6})")


@dataclass(frozen=True, slots=True)
class State:
    """What the database holds of a task. `raw`: the provider's last answer, where nothing of it was cut."""

    task_id: UUID
    ref: TaskRef
    is_final: bool
    age_s: float
    raw: Answer | None


def state_of(account_id: int, remote_id: str) -> State | None:
    """None for a task that is not tracked here. Synchronous."""
    task = (
        Task.objects.filter(account=account_id, remote_id=remote_id, deleted_at=None)
        .only(
            *[
                "status",
                "status_at",
                "changed_at",
                "last_poll_at",
                "created_at",
                "remote_id",
                "poll_url",
                "kind",
                "model",
            ]
        )
        .first()
    )
    if task is None:
        return None
    news_at = (
        task.status_at if task.is_final else task.changed_at
    )  # a list may have told it, or a person changed it
    raw = RawAnswer.objects.filter(task=task.pk, whole=True, at__gte=news_at).first()
    asked_at = max(filter(None, (task.last_poll_at, raw.at if raw else None)), default=task.created_at)
    return State(
        task.pk,
        TaskRef(remote_id, task.poll_url, Kind(task.kind), task.model),
        task.is_final,
        (timezone.now() - asked_at).total_seconds(),
        Answer(raw.http_status, JSON, raw.text.encode()) if raw else None,
    )


async def tell(
    home: Home, caller: Caller, exchange: Exchange, target: str, remote_id: str, send: Send
) -> bool:
    """False: nothing is known of it here, and nothing was answered."""
    state = await home.database.run(state_of, caller.account.pk, remote_id)
    if state is None:
        return False
    answer = _known(home, state, _oldest_s(exchange))
    if answer is None:
        answer = await _asked(home, caller, state, exchange, target)
    headers = encoded(passed_headers(answer.headers.items(), without=UNPACKED))
    headers += [(TASK_HEADER, str(state.task_id).encode()), (b"cache-control", b"no-store")]
    body = pointing_here(answer.body, caller.account.base_url, exchange.here)
    await say(send, answer.status_code, headers, body)
    return True


def _oldest_s(exchange: Exchange) -> float:
    asked = exchange.headers.get("cache-control", "").lower()
    found = _AGE.search(asked)
    return float(found[1]) if found else 0.0 if "no-cache" in asked else FRESH_S


def _known(home: Home, state: State, oldest_s: float) -> Answer | None:
    heard, now = home.heard.get(state.task_id), asyncio.get_running_loop().time()
    if heard and (now - heard.at_s < oldest_s) and not (state.is_final and state.raw):
        return heard.answer
    if state.raw and (state.is_final or state.age_s < oldest_s):
        return state.raw
    return None


async def _asked(home: Home, caller: Caller, state: State, exchange: Exchange, target: str) -> Answer:
    """One question for all who ask at once; it goes on when the first of them leaves."""
    if state.task_id not in home.asks:
        try:
            request = caller.connection.pass_on("GET", target, exchange.passed)
        except AddressRefused as error:
            raise Refused(400, str(error)) from error
        ask = home.asks[state.task_id] = home.start(_ask(home, caller, state, request))
        ask.add_done_callback(lambda _: home.asks.pop(state.task_id, None))
    try:
        return await asyncio.shield(home.asks[state.task_id])
    except Refused:
        if state.raw is None:
            raise
        return state.raw


async def _ask(home: Home, caller: Caller, state: State, request: Prepared) -> Answer:
    budget = await home.room(caller.account, WAIT_S)
    provider = caller.connection.provider
    try:
        answer = await home.asker.ask(request, provider.NAME)
    except ProviderError as error:
        raise Refused(502, error.said_once) from error
    finally:
        budget.end(asyncio.get_running_loop().time())
    try:
        snapshot = await asyncio.to_thread(provider.parse_task, answer, state.ref)
    except ProviderError:  # it tells nothing of the task: the caller reads it, the poller finds out
        return answer
    home.remember(state.task_id, answer)
    await home.database.run(hear, state.task_id, snapshot, answer, timezone.now())
    return answer
