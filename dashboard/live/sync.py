"""Resync by state: a client tells which versions it has, and is told what differs now."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from dashboard.counts import count_by_status, count_capped
from dashboard.live import frames
from dashboard.live.interest import EVERYTHING, Interest
from tasks.models import Task
from tasks.models.task import TaskQuerySet

TEXT_MAX = 128 * 1024
HAVE_MAX = 1_000
FRESH_MAX = 100
VERSION_MAX = 2**63 - 1

Have = dict[UUID, int]
Position = tuple[datetime, UUID]
"""A task's place in a list: newest by `created_at`, then id."""
Count = Callable[[Interest], dict[str, int]]


@dataclass
class BadFrame(ValueError):
    """A client's message that makes no sense; `code` and `message` go back to it."""

    message: str
    code: str = "bad_request"

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told, and what is remembered of it."""

    frame: str
    versions: Have
    """Of everything it had that is still there."""
    counts: dict[str, int]
    floor: Position | None
    """Changed tasks above this place belong on the page when they match; None: all of them."""


def read_sync(text: str | bytes | None) -> Have:
    """The versions a client says it has. BadFrame for anything else than a sync of up to 1,000 tasks."""
    if text is None:
        raise BadFrame("Send text, not bytes.")
    if len(text) > TEXT_MAX:
        raise BadFrame("The message is too long.", "too_large")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFrame("The message is not JSON.") from error
    if not isinstance(message, dict) or message.get("type") != "sync":
        raise BadFrame("The only message understood is {“type”: “sync”, “have”: {…}}.")
    have = message.get("have")
    if not isinstance(have, dict):
        raise BadFrame("“have” must be an object of task ids and versions.")
    if len(have) > HAVE_MAX:
        raise BadFrame(f"“have” may name {HAVE_MAX:,} tasks at most.", "too_large")
    return {_task_id(name): _version(version) for name, version in have.items()}


def _task_id(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError as error:
        raise BadFrame("“have” names something that is not a task id.") from error


def _version(value: object) -> int:
    if type(value) is not int or not -1 <= value <= VERSION_MAX:
        raise BadFrame("A version must be a whole number, or -1 for “send it anyway”.")
    return value


def count(interest: Interest) -> dict[str, int]:
    """The counters that go with an interest: exact for programs, for pages no further than they show."""
    return count_by_status(EVERYTHING) if interest.is_program else count_capped(interest.found)


def answer(interest: Interest, have: Have, count: Count = count) -> Answer:
    """Compare what a client has with the database. Counts come first: what changes meanwhile is told later."""
    numbers = count(interest)
    versions = dict(Task.objects.tracked().filter(pk__in=have).values_list("pk", "version"))
    gone = [str(one) for one in have if one not in versions]
    newer = _newer(interest, [one for one, version in versions.items() if version > have[one]])
    if interest.is_program:
        frame = (
            f'{{"type":"sync","tasks":[{newer}],"gone":{frames.dump(gone)},"counts":{frames.dump(numbers)}}}'
        )
        return Answer(frame, versions, numbers, None)
    floor = _floor(interest, versions)
    tail = {"gone": gone, "counts": numbers, "fresh": _fresh(interest, floor, versions)}
    frame = f'{{"type":"sync","rows":[{newer}],{frames.dump(tail)[1:]}'
    return Answer(frame, versions, numbers, None if _reaches_the_end(interest, floor, versions) else floor)


def _newer(interest: Interest, ids: list[UUID]) -> str:
    """The tasks as JSON, separated by commas."""
    if not ids:
        return ""
    tasks = list(Task.objects.with_owner().filter(pk__in=ids))
    style = frames.style_of(interest)
    drawings = frames.draw_all({style: tasks})
    shown = [(task, drawings[style, task.id]) for task in tasks if (style, task.id) in drawings]
    if interest.is_program:
        return ",".join(drawing for _, drawing in shown)
    return ",".join(frames.row(task, drawing, interest) for task, drawing in shown)


def _floor(interest: Interest, versions: Have) -> Position | None:
    """The lowest place on the page: of the tasks it shows that still match. None: it has no lowest."""
    if not interest.grows or interest.whole or not versions:
        return None
    shown = interest.found.tasks().filter(pk__in=versions).order_by("created_at", "id")
    return shown.values_list("created_at", "id").first()


def _fresh(interest: Interest, floor: Position | None, versions: Have) -> int:
    """How many tasks belong on the page and are not there, counted to 100."""
    if not interest.grows:
        return 0
    return _above(interest.found.tasks(), floor).exclude(pk__in=versions)[:FRESH_MAX].count()


def _above(found: TaskQuerySet, floor: Position | None) -> TaskQuerySet:
    if floor is None:
        return found
    created_at, task_id = floor
    tie = Q(created_at=created_at, id__gt=task_id)
    return found.filter(created_at__gte=created_at).filter(Q(created_at__gt=created_at) | tie)


def _reaches_the_end(interest: Interest, floor: Position | None, versions: Have) -> bool:
    """Whether no older task matches. With text or a tag it is not asked: finding none means reading all."""
    if floor is None or interest.found.q or interest.found.tag:
        return floor is None
    created_at, _ = floor
    older = interest.found.tasks().filter(created_at__lte=created_at).exclude(pk__in=versions)
    return not older.exists()
