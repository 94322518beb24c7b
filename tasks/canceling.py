"""Ending a task at its provider: canceling what waits there, deleting what is there. One way for page, API and admin.

Each is one request within the account's budget, made while the person waits.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from tasks.asking import ask_once
from tasks.auditing import name_of
from tasks.lifecycle import Change, Known, NewEvent, apply, change_from
from tasks.models import Submission, Task
from tasks.providers.contract import ErrorKind, ProviderError, Request, Snapshot, TaskRef
from tasks.publishing import publish_tasks
from tasks.secrets import KeyUnreadable
from tasks.transactions import write_transaction
from tasks.vocabulary import EventType, Kind, Status

TRIES = 3
"""A task that changes under our hands is read again."""


class CannotEnd(Exception):
    """Nothing was changed at the provider. Its text is a sentence for people."""


_CANCEL_SAYS = {
    "unsupported_task_cancel": "{name} can cancel only some models’ tasks, and this one’s not.",
    "task_not_cancellable": "{name} has begun with it or has ended it: it can no longer be canceled.",
}
_BY_STATUS = {
    403: "{name} says that this key may not end this task.",
    404: "{name} does not know this task.",
    409: "{name} is still busy with it. Try again when it has ended.",
}
KEY_UNREADABLE = "The account’s key cannot be read with this SECRET_KEY. Enter it again."


def cancel(task: Task, user: User | None) -> None:
    """Cancel a task that is not final. CannotEnd when the provider does not; stopping to track is another thing."""
    if task.is_final:
        raise CannotEnd("It has ended already: there is nothing to cancel.")
    if task.status == Status.SUBMITTING and _cancel_unsent(task, user):
        return
    request = task.account.provider_module.cancel_request(ref_of(task))
    if request is None or not task.remote_id:
        name = task.account.provider_module.NAME
        raise CannotEnd(
            f"{name} cannot cancel tasks. “Stop tracking” takes it off the list; it goes on there."
        )
    snapshot = _ask(task, request)
    _write(task, snapshot, user)


def delete_remote(task: Task) -> None:
    """Delete a task and its files at the provider. CannotEnd when it does not; our own copies stay."""
    name = task.account.provider_module.NAME
    request = task.account.provider_module.delete_request(ref_of(task))
    if request is None:
        raise CannotEnd(f"{name} cannot delete tasks.")
    try:
        answer = ask_once(task.account, request)
    except (ProviderError, KeyUnreadable) as error:
        raise CannotEnd(str(error) or KEY_UNREADABLE) from error
    if answer.status_code == 404:
        return  # somebody was faster: it is gone, as was wanted
    if not 200 <= answer.status_code < 300:
        usual = "{name} answered {status}, and deleted nothing."
        sentence = _BY_STATUS.get(answer.status_code, usual)
        raise CannotEnd(sentence.format(name=name, status=answer.status_code))


def ref_of(task: Task) -> TaskRef:
    """The task as its provider knows it."""
    return TaskRef(task.remote_id or "", task.poll_url, Kind(task.kind), task.model)


def _cancel_unsent(task: Task, user: User | None) -> bool:
    """Its call has not left yet: nobody else knows of it. False: it has."""
    now = timezone.now()
    with write_transaction():
        open_ = Submission.objects.filter(pk=task.pk, sent_at=None, settled_at=None)
        if not open_.update(settled_at=now, claimed_by=None):
            return False
        event = NewEvent(
            EventType.STATUS,
            "Canceled before it was sent",
            Status.SUBMITTING,
            Status.CANCELED,
            name_of(user),
        )
        columns = {"status": Status.CANCELED, "status_at": now, "finished_at": now}
        version = Task.objects.values_list("version", flat=True).get(pk=task.pk)
        apply(task.pk, version, Change(columns, (event,)), now)
        publish_tasks([task.pk])
    return True


def _ask(task: Task, request: Request) -> Snapshot:
    provider = task.account.provider_module
    try:
        answer = ask_once(task.account, request)
        return provider.parse_task(answer, ref_of(task))
    except KeyUnreadable as error:
        raise CannotEnd(KEY_UNREADABLE) from error
    except ProviderError as error:
        raise CannotEnd(_why(provider.NAME, error)) from error


def _why(name: str, error: ProviderError) -> str:
    if error.kind is ErrorKind.NOT_FOUND:
        return _BY_STATUS[404].format(name=name)
    sentence = _CANCEL_SAYS.get(error.code or "") or _BY_STATUS.get(error.http_status or 0)
    return sentence.format(name=name) if sentence else error.said_once


def _write(task: Task, snapshot: Snapshot, user: User | None) -> None:
    """What the provider answered, as any other answer; with who asked for it."""
    now = timezone.now()
    for _ in range(TRIES):
        row = Task.objects.get(pk=task.pk)
        change = change_from(Known.of(row, row.results.count()), snapshot, now)
        asked = NewEvent(EventType.CHECK, "Asked the provider to cancel it", actor=name_of(user))
        whole = Change(change.columns, (asked, *change.events), change.files)
        if _apply(row, whole, now):
            return


def _apply(row: Task, change: Change, now: datetime) -> bool:
    columns = change.columns
    if columns.get("status") == Status.CANCELED:
        columns = columns | {"next_poll_at": None}
    with write_transaction():
        written = apply(row.pk, row.version, Change(columns, change.events, change.files), now)
        publish_tasks([row.pk])
    return written
