"""A create call that passes through: committed before it leaves, sent once, byte for byte, its answer written first."""

import asyncio
import json
import logging
from dataclasses import dataclass

from django.utils import timezone

from dashboard.gateway.callers import Caller, Refused
from dashboard.gateway.exchange import Exchange
from dashboard.gateway.home import Home
from dashboard.gateway.replies import TASK_HEADER, Send, encoded, passed_headers, pointing_here, say
from tasks.models import Submission
from tasks.providers.addresses import AddressRefused
from tasks.providers.contract import Answer, ProviderError
from tasks.raw import raw_of
from tasks.storable import plain
from tasks.submitting import claims
from tasks.submitting.direct import Call, begin
from tasks.submitting.outcome import not_made, was_refused
from tasks.submitting.written import taken, write_down
from tasks.transport import Prepared
from tasks.vocabulary import Kind

logger = logging.getLogger(__name__)

BODY_MAX_BYTES = 64 * 2**20
PARAMS_MAX_BYTES = 1 * 2**20
"""Of a body that is kept to be run again: a larger one holds whole pictures."""
UNPACKED = frozenset({"content-encoding", "content-length"})
"""Answers are handed on unpacked."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the provider answered, and the task that stands for it here."""

    answer: Answer
    submission: Submission


async def make(home: Home, caller: Caller, exchange: Exchange, target: str, kind: Kind, send: Send) -> None:
    """Refused when nothing was sent, or no answer came."""
    body = await exchange.whole(BODY_MAX_BYTES)
    try:
        request = caller.connection.pass_on(exchange.method, target, exchange.passed, body)
    except AddressRefused as error:
        raise Refused(400, f"{error} Nothing was sent.") from error
    call = Call(kind, await asyncio.to_thread(_params, body))
    made = await asyncio.shield(home.start(_made(home, caller, call, request)))
    headers = encoded(passed_headers(made.answer.headers.items(), without=UNPACKED))
    headers.append((TASK_HEADER, str(made.submission.pk).encode()))
    body = pointing_here(made.answer.body, caller.account.base_url, exchange.here)
    await say(send, made.answer.status_code, headers, body)


async def _made(home: Home, caller: Caller, call: Call, request: Prepared) -> Made:
    """Goes on to its end when the caller leaves."""
    budget = await home.room(caller.account)
    try:
        holder = await home.holder()
        submission = await home.database.run(begin, caller.account, call, caller.user, holder, timezone.now())
        try:
            return Made(await _sent(home, caller, submission, request), submission)
        except Refused:
            raise
        except Exception as error:
            logger.exception("task %s: a fault in Dailies itself at the gateway", submission.pk)
            now = timezone.now()
            await home.database.run(claims.settle, submission.pk, claims.doubt(claims.BROKE_OFF, now), now)
            raise Refused(502, _doubt(submission)) from error
    finally:
        budget.end(asyncio.get_running_loop().time())


async def _sent(home: Home, caller: Caller, submission: Submission, request: Prepared) -> Answer:
    answer: Answer | None = None
    failed: ProviderError | None = None
    try:
        answer = await home.create_asker.ask(request, caller.connection.provider.NAME)
        change = await asyncio.to_thread(taken, submission.task, answer)
    except ProviderError as error:
        failed = error
        raw = raw_of(answer) if answer else None
        change = not_made(submission.task, error, answer, raw, timezone.now())
    await home.database.run(write_down, submission, change, timezone.now())
    if answer is not None:
        return answer
    assert failed is not None  # noqa: S101  no answer without an error
    if was_refused(failed):
        raise Refused(502, f"{failed.said_once} Nothing was sent.") from failed
    raise Refused(504, f"{failed.said_once} {_doubt(submission)}") from failed


def _doubt(submission: Submission) -> str:
    return (
        "The call may have been carried out, so do not just send it again:"
        f" Dailies keeps it as the unconfirmed task {submission.pk}."
    )


def _params(body: bytes) -> dict[str, object]:
    """What the body asks for, as far as it is JSON of a size to be kept."""
    if len(body) > PARAMS_MAX_BYTES:
        return {}
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    found = plain(told)
    return found if isinstance(found, dict) else {}
