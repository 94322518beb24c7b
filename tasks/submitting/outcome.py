"""What the answer to a create call, or its absence, means. Pure: no clock, no database, no network.

Three ends: the provider has it; the provider refused it; nobody knows. Only what cannot have been carried out
counts as refused: whatever is in doubt is left to a person, since it may cost money.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from tasks.lifecycle import Change, Known, NewEvent, Raw, change_from
from tasks.models import Task
from tasks.providers.contract import Adoption, Answer, ErrorKind, Failure, ProviderError
from tasks.providers.failures import failure_of
from tasks.providers.fields import mapping, number
from tasks.submitting.claims import doubt
from tasks.vocabulary import FINAL, EventType, Kind, Reason, Status

IN_DOUBT = frozenset({408, 425})
"""Statuses below 500 that do not tell whether the call was carried out."""
REFUSED = frozenset({ErrorKind.QUOTA, ErrorKind.UNAUTHORIZED, ErrorKind.FORBIDDEN, ErrorKind.LIMITED})
"""What is a refusal whatever the HTTP status says."""
_REASONS = {
    ErrorKind.QUOTA: Reason.QUOTA,
    ErrorKind.UNAUTHORIZED: Reason.AUTH,
    ErrorKind.FORBIDDEN: Reason.AUTH,
    ErrorKind.LIMITED: Reason.PROVIDER,
    ErrorKind.TRANSIENT: Reason.PROVIDER,
}
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)


def was_refused(error: ProviderError) -> bool:
    """Whether the call was certainly not carried out."""
    if isinstance(error.__cause__, _NEVER_SENT) or error.kind in REFUSED:
        return True
    status = error.http_status
    return status is not None and 400 <= status < 500 and status not in IN_DOUBT


def made(task: Task, adoption: Adoption, raw: Raw, now: datetime) -> Change:
    """The provider has it: its id, and how it stands when the answer told."""
    known = replace(Known.of(task), status=Status.QUEUED)
    change = change_from(known, adoption.snapshot, now) if adoption.snapshot else Change()
    columns: dict[str, Any] = {"status": Status.QUEUED, "status_at": now, **change.columns}
    columns |= {"remote_id": adoption.remote_id or None, "poll_url": adoption.poll_url}
    if adoption.model and not task.model:
        columns["model"] = adoption.model[:200]
    if adoption.kind and Kind(task.kind) is Kind.OTHER:
        columns["kind"] = adoption.kind
    columns["next_poll_at"] = None if columns["status"] in FINAL else now + timedelta(seconds=1)
    taken = NewEvent(EventType.STATUS, "The provider took it", Status.SUBMITTING, Status.QUEUED)
    return Change(columns, (taken, *change.events), change.files, raw)


def not_made(
    task: Task, error: ProviderError, answer: Answer | None, raw: Raw | None, now: datetime
) -> Change:
    """Refused, with the reason; or in doubt."""
    if not was_refused(error):
        return doubt(f"{error.said_once} It may have been carried out, and is not sent again.", now, raw)
    failure = _failure(task, error, answer)
    columns = {
        "status": Status.FAILED,
        "status_at": now,
        "finished_at": now,
        "error_reason": failure.reason,
        "error_code": failure.code or "",
        "error_message": failure.message,
    }
    event = NewEvent(EventType.STATUS, failure.message, Status.SUBMITTING, Status.FAILED)
    return Change(columns, (event,), raw=raw)


def unsent(message: str, now: datetime) -> Change:
    """It cannot be made at all; nobody was asked."""
    columns = {
        "status": Status.FAILED,
        "status_at": now,
        "finished_at": now,
        "error_reason": Reason.BAD_INPUT,
        "error_message": message,
    }
    return Change(columns, (NewEvent(EventType.STATUS, message, Status.SUBMITTING, Status.FAILED),))


def _failure(task: Task, error: ProviderError, answer: Answer | None) -> Failure:
    name = task.account.provider_module.NAME
    message = error.said_once
    if isinstance(error.__cause__, _NEVER_SENT):
        message += " Nothing was sent."
    found = failure_of(name, error.code or "", message, otherwise=_REASONS.get(error.kind, Reason.BAD_INPUT))
    reason = _REASONS.get(error.kind, found.reason)
    return replace(found, reason=reason, message=f"{found.message}{_money(answer)}")


def _money(answer: Answer | None) -> str:
    """What the provider tells of balance and cost, as a sentence; "" when it tells nothing."""
    try:
        body = mapping(json.loads(answer.body)) if answer else {}
    except (ValueError, RecursionError):
        return ""
    told = mapping(body.get("error")) or body
    balance, cost = number(told.get("balance_usd")), number(told.get("estimated_cost_usd"))
    parts = [
        f"the balance is {balance:.2f} $" if balance is not None else "",
        f"this needs about {cost:.2f} $" if cost is not None else "",
    ]
    said = ", ".join(part for part in parts if part)
    return f" {said[:1].upper()}{said[1:]}." if said else ""
