"""Tells pages and pollers that rows changed. Only a hint: losing it loses nothing.

A message is sent after its transaction is committed, and on the event loop that listens: the in-memory
layer is not thread-safe, and what a foreign thread puts into it is noticed only when something else wakes the loop.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Literal, TypedDict, cast
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

from tasks import outages
from tasks.metrics import PUBLISH_FAILURES

logger = logging.getLogger(__name__)

TASKS_GROUP = "tasks"
POLLERS_GROUP = "pollers"
NOTIFIERS_GROUP = "notifiers"
IDS_PER_MESSAGE = 500
SEND_TIMEOUT_S = 5.0


class TasksChanged(TypedDict):
    """To every hub: these tasks have a newer version."""

    type: Literal["tasks.changed"]
    ids: list[str]


class PollersWake(TypedDict):
    """To every poller: look at the database now."""

    type: Literal["pollers.wake"]


class NotifiersWake(TypedDict):
    """To every notifier: a channel changed, or a message is to be sent now."""

    type: Literal["notifiers.wake"]


class PeopleChanged(TypedDict):
    """To every hub: what these people sign in with may hold no longer."""

    type: Literal["people.changed"]
    ids: list[int]


Message = TasksChanged | PollersWake | NotifiersWake | PeopleChanged

_home: asyncio.AbstractEventLoop | None = None


def set_home_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Name the loop on which this process listens to the channel layer."""
    global _home  # noqa: PLW0603  one process has one
    _home = loop


def publish_tasks(ids: Iterable[UUID]) -> None:
    """After the present transaction: these tasks changed."""
    names = [str(one) for one in ids]
    for start in range(0, len(names), IDS_PER_MESSAGE):
        _after_commit(
            TASKS_GROUP, TasksChanged(type="tasks.changed", ids=names[start : start + IDS_PER_MESSAGE])
        )


def publish_people(ids: Iterable[int]) -> None:
    """After the present transaction: logins or tokens of these people ended, or may have."""
    if people := sorted(set(ids)):
        _after_commit(TASKS_GROUP, PeopleChanged(type="people.changed", ids=people))


def wake_pollers() -> None:
    """After the present transaction: there is something new to ask, or an account changed."""
    _after_commit(POLLERS_GROUP, PollersWake(type="pollers.wake"))


def wake_notifiers() -> None:
    """After the present transaction: a channel changed, or a message is to be sent now."""
    _after_commit(NOTIFIERS_GROUP, NotifiersWake(type="notifiers.wake"))


def _after_commit(group: str, message: Message) -> None:
    transaction.on_commit(lambda: _send_from_here(group, message))


def _send_from_here(group: str, message: Message) -> None:
    """The change is committed: whatever goes wrong here must not look like a failure of it."""
    loop = _home
    try:
        if loop is not None and loop.is_running():
            loop.call_soon_threadsafe(_send_soon, loop, group, message)
        elif settings.LAYER_IS_SHARED:
            async_to_sync(send)(group, message)
    except RuntimeError as error:  # the loop was closed just now
        PUBLISH_FAILURES.inc()
        logger.warning("could not publish to %s: %s", group, error)


_sending: set[asyncio.Task[None]] = set()


def _send_soon(loop: asyncio.AbstractEventLoop, group: str, message: Message) -> None:
    task = loop.create_task(send(group, message))
    _sending.add(task)
    task.add_done_callback(_sending.discard)


async def send(group: str, message: Message) -> None:
    """Put one message on the channel layer; a failure is counted, logged once, and forgotten."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await layer.group_send(group, cast("dict[str, object]", message))
    except Exception as error:  # noqa: BLE001  whatever the layer's transport raises, the database has the truth
        PUBLISH_FAILURES.inc()
        outages.layer.begins(error)
    else:
        outages.layer.ends()
