"""What people and programs do with tasks: track, check now, stop tracking, restore. One way for page, API and admin."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, models
from django.utils import timezone

from tasks.archive.copies import Kept
from tasks.archive.handed import drop_handed, keep_handed
from tasks.auditing import Subject, name_of, remember_many
from tasks.keeping import delete_files
from tasks.lifecycle import Change, Known, NewEvent, change_from, record
from tasks.models import Account, Dismissed, Event, Result, Task
from tasks.models.task import TRASH_KEPT, deadline, words_of
from tasks.providers import PROVIDERS
from tasks.providers.addresses import poll_address
from tasks.providers.contract import Adoption
from tasks.publishing import publish_tasks, wake_pollers
from tasks.transactions import write_transaction
from tasks.vocabulary import ASKED, Deed, EventType, Kind, Status

PURGE_CHUNK = 500
CLOCKS_DIFFER = timedelta(hours=1)
"""The most by which the clocks of two of our machines do."""
DEEDS = {EventType.STOPPED: Deed.TASK_DELETED, EventType.RESTORED: Deed.TASK_RESTORED}
"""What the audit log calls a move to the trash and back."""


class NothingToAsk(Exception):
    """The task is final: no provider can bring news of it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a person or program adds to what the provider told. Empty fields leave the provider's word."""

    kind: Kind | None = None
    model: str = ""
    title: str = ""
    prompt: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tracked:
    """`created` is False when the task was there already, or came back from the trash."""

    task: Task
    created: bool


def track(account: Account, adoption: Adoption, user: User | None, intent: Intent | None = None) -> Tracked:
    """Begin to track a task that exists at the provider; the existing one, unchanged, when it is tracked already.

    AddressRefused when its poll URL leads away from the account's own server: the key would go there.
    """
    if adoption.poll_url:
        poll_address(account.base_url, adoption.poll_url)
    now = timezone.now()
    kept = keep_handed(adoption.snapshot.files if adoption.snapshot else (), adoption.answer)
    try:
        tracked = _track(account, adoption, user, intent or Intent(), kept, now)
    except BaseException:
        drop_handed(kept)
        raise
    if not tracked.created:
        drop_handed(kept)
    return tracked


def _track(
    account: Account,
    adoption: Adoption,
    user: User | None,
    intent: Intent,
    kept: tuple[Kept, ...],
    now: datetime,
) -> Tracked:
    try:
        with write_transaction():
            return _existing(account, adoption, user, now) or _new(account, adoption, user, intent, kept, now)
    except IntegrityError:  # another process tracked it between our look and our insert
        with write_transaction():
            found = _existing(account, adoption, user, now)
        if found is None:
            raise
        return found


def _existing(account: Account, adoption: Adoption, user: User | None, now: datetime) -> Tracked | None:
    if not adoption.remote_id:
        return None
    task = Task.objects.with_owner().filter(account=account, remote_id=adoption.remote_id).first()
    if task is None:
        return None
    if task.deleted_at is not None:
        restore([task.id], user, now)
        task.refresh_from_db()
    return Tracked(task, created=False)


def _new(
    account: Account,
    adoption: Adoption,
    user: User | None,
    intent: Intent,
    kept: tuple[Kept, ...],
    now: datetime,
) -> Tracked:
    task = new_row(account, adoption, intent, now)
    task.created_by = user
    change = change_from(Known.of(task), adoption.snapshot, now) if adoption.snapshot else Change()
    for name, value in change.columns.items():
        setattr(task, name, value)
    task.deadline_at = deadline(account, Kind(task.kind), task.model, now)
    task.next_poll_at = now if task.can_be_asked else None
    task.save(force_insert=True)
    begun = begun_at(account, user)
    record(task.id, Change(events=(begun, *change.events), files=change.files, kept=kept), now)
    publish_tasks([task.id])
    if task.next_poll_at:
        wake_pollers()
    return Tracked(task, created=True)


def begun_at(account: Account, user: User | None) -> NewEvent:
    """The first line of a task's history."""
    return NewEvent(EventType.CREATED, f"Tracked at {account}", to_status=Status.QUEUED, actor=name_of(user))


def new_row(account: Account, adoption: Adoption, intent: Intent, now: datetime) -> Task:
    """A task as it begins, not saved yet; its deadline and next poll are still to be set."""
    return Task(
        account=account,
        remote_id=adoption.remote_id or None,
        poll_url=adoption.poll_url,
        kind=intent.kind or adoption.kind or Kind.OTHER,
        status=Status.QUEUED,
        model=(intent.model or adoption.model)[:200],
        title=(intent.title or adoption.title)[:500],
        prompt=intent.prompt or adoption.prompt,
        tags=list(intent.tags),
        created_at=now,
        status_at=now,
        changed_at=now,
    )


def check_now(task: Task, user: User | None) -> None:
    """Ask the provider at once. NothingToAsk when the task is final; harmless to repeat."""
    if not task.can_be_asked:
        raise NothingToAsk
    now = timezone.now()
    with write_transaction():
        Task.objects.filter(pk=task.pk, deleted_at=None, status__in=sorted(ASKED)).update(
            check_requested_at=now, next_poll_at=now
        )
        wake_pollers()


def stop_tracking(ids: list[UUID], user: User | None) -> list[UUID]:
    """Put tasks into the trash: no longer asked about, in no list, restorable for 30 days. Those that moved."""
    now = timezone.now()
    return _move(ids, user, now, EventType.STOPPED, Task.objects.tracked(), deleted_at=now, next_poll_at=None)


def restore(ids: list[UUID], user: User | None, now: datetime | None = None) -> list[UUID]:
    """Take tasks out of the trash again, as they were; unfinished ones are asked about at once. Those that moved.

    Not after 30 days, though they may still lie there: their files may be going just now.
    """
    now = now or timezone.now()
    kept = Task.objects.trash().filter(deleted_at__gte=now - TRASH_KEPT)
    asked = models.Q(status__in=sorted(ASKED))
    resume = models.Case(
        models.When(asked, then=models.Value(now)), default=None, output_field=models.DateTimeField()
    )
    moved = _move(ids, user, now, EventType.RESTORED, kept, deleted_at=None, next_poll_at=resume)
    wake_pollers()
    return moved


def _move(
    ids: list[UUID],
    user: User | None,
    now: datetime,
    event: EventType,
    rows: models.QuerySet[Task],
    **columns: object,
) -> list[UUID]:
    with write_transaction():
        moved = list(rows.order_by("pk").select_for_update().filter(pk__in=ids).values_list("pk", flat=True))
        Task.objects.filter(pk__in=moved).update(
            **columns,
            claimed_by=None,
            check_requested_at=None,
            version=models.F("version") + 1,
            changed_at=now,
        )
        Event.objects.bulk_create(
            [Event(task_id=pk, at=now, type=event, actor=name_of(user)) for pk in moved]
        )
        remember_many(DEEDS[event], user, _named(moved), "tasks")
        publish_tasks(moved)
    return moved


def _named(ids: list[UUID]) -> list[Subject]:
    named = Task.objects.filter(pk__in=ids).only("title", "prompt", "remote_id").order_by("pk")
    return [Subject(task.shown_title, task.pk) for task in named]


EDITABLE = frozenset({"title", "prompt", "tags"})


def edit_task(task: Task, values: dict[str, object], user: User | None) -> None:
    """Change a task's title, prompt or tags. Nothing to change leaves no trace."""
    ours = {name: value for name, value in values.items() if name in EDITABLE}
    if not ours:
        return
    for name, value in ours.items():
        setattr(task, name, value)
    now = timezone.now()
    with write_transaction():
        row = Task.objects.select_for_update().get(pk=task.pk)  # its model may have become known meanwhile
        for name, value in ours.items():
            setattr(row, name, value)
        Task.objects.filter(pk=task.pk).update(
            **ours,
            search=row.search_text(),
            tag_words=words_of(row.tags),
            version=models.F("version") + 1,
            changed_at=now,
        )
        message = f"Changed {', '.join(sorted(ours))}"
        Event.objects.create(task=task, at=now, type=EventType.EDITED, actor=name_of(user), message=message)
        publish_tasks([task.pk])


def purge_trash(now: datetime) -> int:
    """Delete for good what has been in the trash for 30 days, 500 at most. How many: call again after that many.

    Files go before the rows that tell of them: who is killed in between begins anew. May take a while.
    """
    old = Task.objects.filter(deleted_at__lt=now - TRASH_KEPT - CLOCKS_DIFFER)
    ids = list(old.values_list("pk", flat=True)[:PURGE_CHUNK])
    if not ids:
        return 0
    for result_id in Result.objects.filter(task__in=ids).values_list("pk", flat=True):
        delete_files(result_id)
    with write_transaction():
        _dismiss(old.filter(pk__in=ids))
        old.filter(pk__in=ids).delete()
    return len(ids)


def _dismiss(rows: models.QuerySet[Task]) -> None:
    """Remember what must not come back by an import. Only providers with a list can bring it."""
    listed = [name for name, provider in PROVIDERS.items() if provider.LISTING is not None]
    gone = rows.filter(account__provider__in=listed, remote_id__isnull=False)
    known = [
        Dismissed(account_id=one, remote_id=name or "")
        for one, name in gone.values_list("account", "remote_id")
    ]
    Dismissed.objects.bulk_create(known, ignore_conflicts=True)
