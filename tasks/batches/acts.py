"""What a batch can do with its tasks, a piece at a time: the acts of `desk`, `tracking` and their like, by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth.models import User

from tasks.again import make_again, why_not
from tasks.canceling import CannotEnd, cancel, delete_remote
from tasks.creating import KeyReused
from tasks.desk import add_tags, put_aside, remove_tags, set_starred, take_back
from tasks.keeping import keep_now
from tasks.models import Batch, Result, Submission, Task
from tasks.models.task import TaskQuerySet
from tasks.providers.contract import ErrorKind, ProviderError
from tasks.providers.forms import BadParams
from tasks.tracking import restore, stop_tracking
from tasks.vocabulary import Archive, BatchAct, Status

GONE = "It is not tracked any more."
WAIT_S = 5.0
"""Until an account without room is tried again, where nobody says how long."""
LONGEST_WAIT_S = 60.0


@dataclass(slots=True)
class Told:
    """What came of a piece: which tasks were done, and for others why not. `made`: the new task of each."""

    done: list[UUID] = field(default_factory=list)
    not_done: dict[UUID, str] = field(default_factory=dict)
    made: dict[UUID, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """`do` handles a piece of at most `size` tasks. With `asks` it asks a provider, outside every transaction."""

    do: Callable[[Batch, list[UUID], User], Told]
    size: int = 250
    asks: bool = False


class NotNow(Exception):
    """The account has no room for a request: try this task again after `wait_s` seconds. Its text is for people."""

    def __init__(self, says: str, wait_s: float) -> None:
        super().__init__(says)
        self.wait_s = wait_s


def _desk(
    act: Callable[[list[UUID], User], Iterable[UUID]],
    already: str,
    rows: Callable[[], TaskQuerySet] = Task.objects.tracked,
    otherwise: str = GONE,
) -> Callable[[Batch, list[UUID], User], Told]:
    """An act of the desk: what it did not change was so `already`, or is not among the `rows` it is for."""

    def do(_: Batch, ids: list[UUID], by: User) -> Told:
        done = list(act(ids, by))
        here = set(rows().filter(pk__in=ids).values_list("pk", flat=True))
        rest = [pk for pk in ids if pk not in set(done)]
        return Told(done, {pk: already if pk in here else otherwise for pk in rest})

    return do


def _tag(batch: Batch, ids: list[UUID], by: User) -> Told:
    return _desk(lambda some, who: add_tags(some, batch.params["tags"], who), "Tagged so already.")(
        batch, ids, by
    )


def _untag(batch: Batch, ids: list[UUID], by: User) -> Told:
    return _desk(lambda some, who: remove_tags(some, batch.params["tags"], who), "Not tagged so.")(
        batch, ids, by
    )


def _keep(_: Batch, ids: list[UUID], __: User) -> Told:
    told = Told()
    results = Result.objects.reachable().filter(task__in=ids).exclude(archive=Archive.STORED)
    wanted = dict(results.values_list("pk", "task_id"))
    begun = {wanted[pk] for pk in keep_now(wanted) if pk in wanted}
    with_results = set(Result.objects.filter(task__in=ids).values_list("task_id", flat=True))
    tracked = set(Task.objects.tracked().filter(pk__in=ids).values_list("pk", flat=True))
    for pk in ids:
        if pk in begun:
            told.done.append(pk)
        elif pk not in tracked:
            told.not_done[pk] = GONE
        else:
            told.not_done[pk] = "Kept already." if pk in with_results else "It has no results."
    return told


def _again(batch: Batch, ids: list[UUID], by: User) -> Told:
    """In the transaction that also writes down that they were made: so no task is ever made twice by one batch."""
    told = Told()
    tasks = {task.pk: task for task in Task.objects.tracked().select_related("account").filter(pk__in=ids)}
    calls = {call.pk: call for call in Submission.objects.filter(pk__in=ids)}
    for pk in ids:
        task, call = tasks.get(pk), calls.get(pk)
        problem = why_not(task, call) if task else GONE
        if problem or task is None or call is None:
            told.not_done[pk] = problem
            continue
        try:
            told.made[pk] = make_again(task, call, by, f"batch:{batch.pk}:{pk}").pk
        except BadParams as error:
            told.not_done[pk] = str(error)
        except KeyReused:
            told.not_done[pk] = "It was made again before."
        else:
            told.done.append(pk)
    return told


def _cancel(batch: Batch, ids: list[UUID], by: User) -> Told:
    return _at_provider(ids, lambda task: _cancel_one(task, by))


def _cancel_one(task: Task, by: User) -> None:
    if task.status != Status.CANCELED:
        cancel(task, by)


def _delete(batch: Batch, ids: list[UUID], by: User) -> Told:
    """As `DELETE /api/v1/tasks/{id}?remote=true`: at the provider first, then into our trash."""

    def delete_one(task: Task) -> None:
        delete_remote(task)
        stop_tracking([task.pk], by)

    return _at_provider(ids, delete_one)


def _at_provider(ids: list[UUID], act: Callable[[Task], None]) -> Told:
    told = Told()
    for pk in ids:
        task = Task.objects.tracked().select_related("account").filter(pk=pk).first()
        if task is None:
            told.not_done[pk] = GONE
            continue
        try:
            act(task)
        except CannotEnd as error:
            _raise_when_limited(task, error)
            told.not_done[pk] = str(error)
        else:
            told.done.append(pk)
    return told


def _raise_when_limited(task: Task, error: CannotEnd) -> None:
    """Too many requests is no answer about this task."""
    cause = error.__cause__
    if isinstance(cause, ProviderError) and cause.kind is ErrorKind.LIMITED:
        wait_s = min(cause.retry_after_s or WAIT_S, LONGEST_WAIT_S)
        raise NotNow(f"Waits for room in the requests of {task.account}.", wait_s) from error


ACTS: Mapping[BatchAct, Act] = {
    BatchAct.STAR: Act(_desk(lambda ids, _: set_starred(ids, starred=True), "Starred already.")),
    BatchAct.UNSTAR: Act(_desk(lambda ids, _: set_starred(ids, starred=False), "No star on it.")),
    BatchAct.ARCHIVE: Act(_desk(put_aside, "Archived already.")),
    BatchAct.UNARCHIVE: Act(_desk(take_back, "In the list already.")),
    BatchAct.TAG: Act(_tag, size=100),
    BatchAct.UNTAG: Act(_untag, size=100),
    BatchAct.STOP: Act(
        _desk(stop_tracking, "", Task.objects.none, "In the trash already, or deleted for good.")
    ),
    BatchAct.RESTORE: Act(
        _desk(
            restore,
            "Tracked already.",
            otherwise="Deleted for good, or about to be: it was in the trash for 30 days.",
        )
    ),
    BatchAct.KEEP: Act(_keep, size=100),
    BatchAct.AGAIN: Act(_again, size=20),
    BatchAct.CANCEL: Act(_cancel, size=1, asks=True),
    BatchAct.DELETE: Act(_delete, size=1, asks=True),
}
ASKING = frozenset(act for act, how in ACTS.items() if how.asks)
UNDONE_BY: Mapping[BatchAct, BatchAct] = {
    BatchAct.STAR: BatchAct.UNSTAR,
    BatchAct.UNSTAR: BatchAct.STAR,
    BatchAct.ARCHIVE: BatchAct.UNARCHIVE,
    BatchAct.UNARCHIVE: BatchAct.ARCHIVE,
    BatchAct.STOP: BatchAct.RESTORE,
    BatchAct.RESTORE: BatchAct.STOP,
}
"""Acts that can be taken back wholly: a tag that is added may have been there before, a call that went out is out."""
