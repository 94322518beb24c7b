"""From what a channel is to be told to the messages it gets: each by itself for programs, collected for people.

Synchronous; run in its own thread. A message and the memory that it was made are one transaction.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from tasks.ids import uuid7
from tasks.models import Channel, Delivery, Notice, Task
from tasks.notifying import wording
from tasks.notifying.chat import Message
from tasks.notifying.cohorts import Cohort, cohorts_of
from tasks.notifying.quiet import is_quiet
from tasks.notifying.representing import account_json, task_json, time_json
from tasks.notifying.timing import NotifyTiming
from tasks.transactions import write_transaction
from tasks.vocabulary import Status, What

AT_A_TIME = 200
PREFIX = "task."


def gather_webhook(channel: Channel, now: datetime) -> bool:
    """A message for each notice, in the order of the history. True: there are more to gather."""
    notices = list(_open(channel)[:AT_A_TIME])
    if not notices:
        return False
    tasks = _tasks_of(notices)
    made = [found for notice in notices if (found := _event_of(channel, notice, tasks, now))]
    _write(channel, notices, made, now)
    return len(notices) == AT_A_TIME


def gather_chat(channel: Channel, now: datetime, timing: NotifyTiming) -> bool:
    """One message of what is complete, when its time has come. Whether there was one."""
    if is_quiet(now, channel.quiet_from, channel.quiet_to, settings.SITE_TIME_ZONE):
        return False
    if Delivery.objects.filter(channel=channel, due_at__isnull=False).exists():
        return False  # while one cannot be delivered no more are made: what happens comes as one when it works again
    notices = list(_open(channel))
    if not notices or not _is_time(channel, notices[0], now, timing):
        return False
    tasks = _tasks_of(notices)
    cohorts = cohorts_of(tasks.values(), timing.together_s)
    waiting = _waiting(notices, cohorts, now, timing.cohort_s)
    ready = [one for one in notices if one.task_id not in waiting]
    message = _message_of(channel, ready, tasks, cohorts) if ready else None
    if ready:
        _write(channel, ready, [_delivery(channel, message, now)] if message else [], now)
    return message is not None


def _open(channel: Channel) -> "QuerySet[Notice]":
    rows = Notice.objects.filter(channel=channel, gathered_at=None).select_related("incident__account")
    return rows.order_by("event_id", "id")


def _is_time(channel: Channel, oldest: Notice, now: datetime, timing: NotifyTiming) -> bool:
    """A moment after the first; a while after the message before it."""
    if oldest.created_at > now - timedelta(seconds=timing.collect_s):
        return False
    return channel.gathered_at is None or channel.gathered_at <= now - timedelta(seconds=timing.calm_s)


def _waiting(
    notices: Iterable[Notice], cohorts: Iterable[Cohort], now: datetime, cohort_s: float
) -> set[UUID | None]:
    """The tasks whose ends wait for others that began with them, but no longer than `cohort_s`."""
    long_ago = now - timedelta(seconds=cohort_s)
    late = {one.task_id for one in notices if one.created_at <= long_ago}
    return {pk for cohort in cohorts if not cohort.is_over and not cohort.ids & late for pk in cohort.ids}


def _tasks_of(notices: Iterable[Notice]) -> dict[UUID, Task]:
    """Those that nobody has put into the trash meanwhile."""
    ids = {one.task_id for one in notices if one.task_id}
    return {task.pk: task for task in Task.objects.tracked().with_owner().filter(pk__in=ids)} if ids else {}


def _message_of(
    channel: Channel, ready: Sequence[Notice], tasks: dict[UUID, Task], cohorts: Sequence[Cohort]
) -> Message | None:
    """What people read; None when the tasks are gone. Of a task the last end counts, as it stands in its row."""
    last = {one.task_id: one for one in ready if one.task_id in tasks}
    ends = [
        wording.End(tasks[one.task_id], Status(one.what.removeprefix(PREFIX)))
        for one in last.values()
        if one.task_id
    ]
    news = [wording.News(one.incident, one.what == What.ACCOUNT_RECOVERED) for one in ready if one.incident]
    if not ends and not news:
        return None
    theirs = [cohort for cohort in cohorts if cohort.ids & {end.task.pk for end in ends}]
    zone = settings.SITE_TIME_ZONE
    quiet = any(is_quiet(one.created_at, channel.quiet_from, channel.quiet_to, zone) for one in ready)
    cohort = theirs[0] if len(theirs) == 1 and not news else None
    return wording.message_of(wording.Telling(ends, news, cohort, quiet), channel.base_url)


def _delivery(channel: Channel, message: Message, now: datetime) -> Delivery:
    return Delivery(
        channel=channel,
        what=What.MESSAGE,
        subject=message.title[: wording.SUBJECT_MAX],
        payload=json.dumps(asdict(message), ensure_ascii=False),
        created_at=now,
        due_at=now,
    )


def _event_of(channel: Channel, notice: Notice, tasks: dict[UUID, Task], now: datetime) -> Delivery | None:
    """What programs read; None when the task is gone."""
    about: dict[str, object]
    if notice.incident:
        account = notice.incident.account
        about = {"account": account_json(account, now)}
        subject = wording.subject_of_account(account, notice.what)
    elif notice.task_id and (task := tasks.get(notice.task_id)):
        about = {"task": task_json(task, channel.base_url)}
        subject = wording.subject_of_task(task, notice.what.removeprefix(PREFIX))
    else:
        return None
    pk = uuid7()
    return Delivery(
        id=pk,
        channel=channel,
        what=notice.what,
        subject=subject,
        payload=body_of(pk, notice.what, notice.at, about),
        task_id=notice.task_id,
        event_id=notice.event_id,
        created_at=now,
        due_at=now,
    )


def body_of(message_id: UUID, what: str, at: datetime, about: dict[str, object]) -> str:
    """A webhook's body."""
    whole = {"id": str(message_id), "type": what, "created_at": time_json(at), **about}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _write(
    channel: Channel, notices: Sequence[Notice], deliveries: Sequence[Delivery], now: datetime
) -> None:
    """Unless another process was faster with any of them: what it left is gathered the next time."""
    with write_transaction():
        if not Channel.objects.select_for_update().filter(pk=channel.pk).exists():
            return
        open_ones = Notice.objects.filter(pk__in=[one.pk for one in notices], gathered_at=None)
        if open_ones.count() < len(notices):
            return
        Delivery.objects.bulk_create(deliveries)
        open_ones.update(gathered_at=now)
        if deliveries and not channel.is_webhook:
            Channel.objects.filter(pk=channel.pk).update(gathered_at=now)
