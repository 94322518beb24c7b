"""What people and programs do to have something made: one way for page, API and command line.

Nothing is sent here. The task and its call are committed as `submitting`; the submitter sends the call once.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from tasks.auditing import name_of
from tasks.inputs.checking import check_references, inputs_among
from tasks.lifecycle import Change, NewEvent, record
from tasks.models import Account, Input, Submission, Task
from tasks.models.task import deadline
from tasks.providers.fields import text
from tasks.providers.forms import BadParams, Form, Params, clean
from tasks.providers.references import references_in
from tasks.publishing import publish_tasks, wake_pollers
from tasks.tracking import Intent
from tasks.transactions import lock_by_keys, lock_in_order, write_transaction
from tasks.vocabulary import EventType, Kind, Status

KEY_KEPT = timedelta(hours=24)
KEY_MAX = 255
TWIN_WITHIN = timedelta(minutes=10)


class KeyReused(Exception):
    """The idempotency key was used for something else in the last 24 hours."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made. `key`: the same again within 24 h is the same task; `retry_of`: made once more.

    `together`: what was asked for together, with the `line` of the text it stood in.
    """

    kind: Kind
    params: Params
    intent: Intent = field(default_factory=Intent)
    key: str = ""
    retry_of: Task | None = None
    together: UUID | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """`new` is False when the idempotency key named a task that is there already."""

    task: Task
    new: bool


def create(account: Account, wish: Wish, user: User | None) -> Created:
    """A task whose create call is still to be sent. BadParams by field; KeyReused."""
    form = form_of(account, wish.kind)
    params = clean(form, wish.params)
    if len(wish.key) > KEY_MAX:
        raise BadParams("idempotency_key", f"A key has {KEY_MAX} characters at most.")
    mark, now = fingerprint(account, wish.kind, params), timezone.now()
    try:
        with write_transaction():
            found = _known(user, wish.key, mark, now)
            return Created(found, new=False) if found else _new(account, wish, params, mark, user, now)
    except IntegrityError:  # another process took the key between our look and our insert
        found = _known(user, wish.key, mark, now)
        if found is None:
            raise
        return Created(found, new=False)


def create_all(account: Account, wishes: Sequence[Wish], user: User | None) -> list[Task]:
    """All of them or, when one raises BadParams, none."""
    with write_transaction():
        named = [pair for wish in wishes for pair in references_in(form_of(account, wish.kind), wish.params)]
        lock_by_keys(Input, inputs_among(one for _, one in named))
        return [create(account, wish, user).task for wish in wishes]


def form_of(account: Account, kind: Kind) -> Form:
    """What the account's provider takes for this kind; BadParams when it makes none."""
    forms = account.provider_module.FORMS
    if kind not in forms:
        known = ", ".join(forms)
        raise BadParams("kind", f"{account.provider_module.NAME} makes no “{kind}”. It makes: {known}.")
    return forms[kind]


def fingerprint(account: Account, kind: Kind, params: Mapping[str, object]) -> str:
    """Equal for two calls that would make the same."""
    whole = json.dumps([account.pk, kind, params], sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()


def twin_of(account: Account, kind: Kind, wanted: Iterable[Params], now: datetime) -> Task | None:
    """A task that one of these calls made in the last ten minutes: perhaps nobody wants it twice. The newest."""
    form = form_of(account, kind)
    marks = {fingerprint(account, kind, clean(form, params)) for params in wanted}
    found = Submission.objects.filter(fingerprint__in=marks, created_at__gt=now - TWIN_WITHIN)
    newest = found.filter(task__deleted_at=None).select_related("task").order_by("-created_at").first()
    return newest.task if newest else None


def _known(user: User | None, key: str, mark: str, now: datetime) -> Task | None:
    """The task that this person's key stands for. An old key is free again."""
    if not key:
        return None
    found = Submission.objects.select_related("task").filter(owner=user, idempotency_key=key).first()
    if found is None:
        return None
    if found.created_at <= now - KEY_KEPT:
        Submission.objects.filter(pk=found.pk).update(idempotency_key=None)
        return None
    if found.fingerprint != mark:
        raise KeyReused
    return found.task


def _new(
    account: Account, wish: Wish, params: dict[str, object], mark: str, user: User | None, now: datetime
) -> Created:
    inputs = inputs_among(check_references(form_of(account, wish.kind), params))
    task = _row(account, wish, params, now)
    task.created_by = user
    task.save(force_insert=True)
    submission = Submission.objects.create(
        task=task,
        params=params,
        fingerprint=mark,
        owner=user,
        idempotency_key=wish.key or None,
        retry_of=wish.retry_of,
        together=wish.together,
        line=wish.line,
        created_at=now,
    )
    _hold(submission, inputs, now)
    message = f"Once more, after {wish.retry_of}" if wish.retry_of else f"To be made at {account}"
    begun = NewEvent(EventType.CREATED, message, to_status=Status.SUBMITTING, actor=name_of(user))
    record(task.id, Change(events=(begun,)), now)
    publish_tasks([task.id])
    wake_pollers()
    return Created(task, new=True)


def _hold(submission: Submission, inputs: list[UUID], now: datetime) -> None:
    """Nobody gives these files up while the call is still to be made. BadParams when somebody did just now."""
    if not inputs:
        return
    rows = Input.objects.present().filter(pk__in=inputs)
    lock_in_order(rows)
    if rows.update(used_at=now) != len(inputs):
        raise BadParams("", "A file that this begins from was deleted just now: give it again.")
    submission.inputs.set(rows)


def _row(account: Account, wish: Wish, params: Mapping[str, object], now: datetime) -> Task:
    form, intent = form_of(account, wish.kind), wish.intent
    model = intent.model or text(params.get("model"))
    return Task(
        account=account,
        kind=wish.kind,
        status=Status.SUBMITTING,
        model=model,
        title=intent.title or text(params.get("title")),
        prompt=intent.prompt or text(params.get(form.prompt), 100_000),
        tags=list(intent.tags),
        created_at=now,
        status_at=now,
        changed_at=now,
        deadline_at=deadline(account, wish.kind, model, now),
    )
