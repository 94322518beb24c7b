"""What a person does with a task of which nobody knows whether it was made: adopt its id, or discard it."""

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from tasks.auditing import name_of
from tasks.lifecycle import Change, NewEvent, apply
from tasks.models import Task
from tasks.providers.addresses import AddressRefused, poll_address
from tasks.providers.contract import Adoption
from tasks.publishing import publish_tasks, wake_pollers
from tasks.tracking import stop_tracking
from tasks.transactions import write_transaction
from tasks.vocabulary import EventType, Status

REMOTE_ID_MAX = 512


class CannotAdopt(Exception):
    """The id was not taken. Its text is a sentence for people."""


def adopt(task: Task, text: str, user: User | None) -> None:
    """The provider has it, under this id: go on with it. `text` is an id, a poll URL or an answer. CannotAdopt."""
    adoption = _read(task, text.strip())
    now = timezone.now()
    event = NewEvent(
        EventType.STATUS,
        f"Found at the provider as {adoption.remote_id[:100]}",
        Status.UNCONFIRMED,
        Status.QUEUED,
        name_of(user),
    )
    columns = {
        "status": Status.QUEUED,
        "status_at": now,
        "remote_id": adoption.remote_id,
        "poll_url": adoption.poll_url,
        "next_poll_at": now,
    }
    try:
        with write_transaction():
            row = Task.objects.filter(pk=task.pk, status=Status.UNCONFIRMED).first()
            if row is None or not apply(row.pk, row.version, Change(columns, (event,)), now):
                raise CannotAdopt("Somebody settled this task just now.")
            publish_tasks([task.pk])
            wake_pollers()
    except IntegrityError as error:
        raise CannotAdopt("That id is tracked already, as another task.") from error


def discard(task: Task, user: User | None) -> None:
    """The provider does not have it, or nobody wants it: into the trash."""
    stop_tracking([task.pk], user)


def _read(task: Task, text: str) -> Adoption:
    found = task.account.provider_module.adopt(text) or Adoption(text)
    remote_id = found.remote_id
    if not remote_id or len(remote_id) > REMOTE_ID_MAX or not remote_id.isprintable() or " " in remote_id:
        raise CannotAdopt("This names no task: paste the id that the provider shows, or its poll URL.")
    if found.poll_url:
        try:
            poll_address(task.account.base_url, found.poll_url)
        except AddressRefused as error:
            raise CannotAdopt(str(error)) from error
    return found
