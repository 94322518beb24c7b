"""What happened before the curtain rose: tasks with a past, made by replaying their providers' answers."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User

from dashboard.demo.simulators import Simulators
from dashboard.demo.takes import QUEUED_SHARE, Take
from tasks.lifecycle import Change, Known, NewEvent, apply, change_from, record, verdict
from tasks.models import Account, Task
from tasks.models.task import deadline
from tasks.providers.contract import Adoption, Answer, ProviderError, TaskRef
from tasks.raw import raw_of
from tasks.vocabulary import EventType, Status

NOTICED_AFTER_S = 2.0
RECHECK = timedelta(days=1)
POLL_EVERY_S = 5.0


def replay(take: Take, account: Account, owner: User, simulators: Simulators, now: datetime) -> Task:
    """Write a task as if it had been tracked when its take began, and asked about since."""
    provider = account.provider_module
    adoption = provider.parse_created(simulators.created(take))
    task = _begin(take, account, adoption, owner, now)
    for at in _moments(take, now):
        _hear(task, account, simulators.answer(take, at.timestamp()), at)
    last = min(now, _at(take.ends_s + NOTICED_AFTER_S))
    polls = max(1, int((last - task.created_at).total_seconds() / POLL_EVERY_S))
    Task.objects.filter(pk=task.pk).update(next_poll_at=_next(task, now), last_poll_at=last, poll_count=polls)
    return task


def _begin(take: Take, account: Account, adoption: Adoption, owner: User, now: datetime) -> Task:
    scene, at = take.scene, _at(take.begun_s)
    task = Task(
        account=account,
        remote_id=adoption.remote_id,
        poll_url=adoption.poll_url,
        kind=scene.kind,
        status=Status.QUEUED,
        model=scene.model,
        title=scene.title,
        prompt=scene.prompt,
        tags=list(scene.tags),
        created_at=at,
        status_at=at,
        changed_at=now,
        created_by=owner,
        deadline_at=deadline(account, scene.kind, scene.model, at),
    )
    task.save(force_insert=True)
    begun = NewEvent(
        EventType.CREATED, f"Tracked at {account}", to_status=Status.QUEUED, actor=owner.get_full_name()
    )
    record(task.id, Change(events=(begun,)), at)
    return task


def _moments(take: Take, now: datetime) -> list[datetime]:
    """When it was found running, lately, and at its end, as far as these lie in the past."""
    running_s = take.begun_s + QUEUED_SHARE * take.seconds
    found = [
        running_s + NOTICED_AFTER_S,
        min(take.ends_s, now.timestamp()) - 1,
        take.ends_s + NOTICED_AFTER_S,
    ]
    return sorted(_at(one) for one in found if running_s < one <= now.timestamp())


def _hear(task: Task, account: Account, answer: tuple[int, object], at: datetime) -> None:
    status_code, body = answer
    heard = Answer(status_code, {}, json.dumps(body).encode())
    known = Known.of(task, task.results.count())
    try:
        snapshot = account.provider_module.parse_task(heard, TaskRef(task.remote_id or "", task.poll_url))
        change = change_from(known, snapshot, at)
    except ProviderError as error:
        change = verdict(known, Status.LOST, error.message, at)
    apply(task.id, task.version, replace(change, raw=raw_of(heard)), at)
    task.refresh_from_db()


def _next(task: Task, now: datetime) -> datetime | None:
    if task.status == Status.LOST:
        return now + RECHECK
    return None if task.is_final else now


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
