"""Tracking thousands of tasks that exist at providers: a few statements for a chunk of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from tasks.applying import Edit, record_all
from tasks.lifecycle import Change
from tasks.models import Account, Task
from tasks.models.task import deadline, words_of
from tasks.providers.addresses import AddressRefused, poll_address
from tasks.providers.contract import Adoption
from tasks.publishing import publish_tasks, wake_pollers
from tasks.tracking import Intent, Tracked, begun_at, new_row, restore, track
from tasks.transactions import write_transaction
from tasks.vocabulary import Kind

CHUNK = 200

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One task to be tracked, and what a person adds to it."""

    account: Account
    adoption: Adoption
    intent: Intent

    @property
    def key(self) -> Key:
        return self.account.pk, self.adoption.remote_id


def track_many(wanted: Sequence[Wanted], user: User | None) -> Iterator[Tracked | AddressRefused]:
    """What came of each, in their order: as `track` does one, but a chunk a transaction.

    Who is killed in between has tracked whole chunks; the same again finds those known.
    """
    for start in range(0, len(wanted), CHUNK):
        yield from _track_chunk(wanted[start : start + CHUNK], user)


def _track_chunk(chunk: Sequence[Wanted], user: User | None) -> Iterator[Tracked | AddressRefused]:
    plain = [one for one in chunk if _is_plain(one)]
    try:
        with write_transaction():
            told = _track_plain(plain, user, timezone.now())
    except IntegrityError:  # another process tracked one of them just now: each by itself then
        told = {}
    for one in chunk:
        found = told.get(one.key)
        yield found if found and _is_plain(one) else _track_alone(one, user)


def _is_plain(one: Wanted) -> bool:
    """Only an id, without an answer that tells more."""
    return bool(one.adoption.remote_id) and one.adoption.snapshot is None


def _track_alone(one: Wanted, user: User | None) -> Tracked | AddressRefused:
    try:
        return track(one.account, one.adoption, user, one.intent)
    except AddressRefused as error:
        return error


def _track_plain(
    chunk: Sequence[Wanted], user: User | None, now: datetime
) -> dict[Key, Tracked | AddressRefused]:
    told: dict[Key, Tracked | AddressRefused] = {}
    for task in _here(chunk):
        told[task.account_id, task.remote_id or ""] = Tracked(task, created=False)
    restore(
        [one.task.pk for one in told.values() if isinstance(one, Tracked) and one.task.deleted_at], user, now
    )
    new: list[Task] = []
    for one in chunk:
        if one.key in told:
            continue
        try:
            if one.adoption.poll_url:
                poll_address(one.account.base_url, one.adoption.poll_url)
        except AddressRefused as error:
            told[one.key] = error
            continue
        new.append(_row(one, user, now + timedelta(microseconds=len(new))))
        told[one.key] = Tracked(new[-1], created=True)
    Task.objects.bulk_create(new)
    record_all([Edit(task.pk, 0, Change(events=(begun_at(task.account, user),)), now) for task in new])
    publish_tasks(task.pk for task in new)
    wake_pollers()
    return told


def _here(chunk: Sequence[Wanted]) -> list[Task]:
    """Those that are here already, in the trash or not."""
    keys = {one.key for one in chunk}
    rows = Task.objects.with_owner().filter(remote_id__in=[one.adoption.remote_id for one in chunk])
    return [task for task in rows if (task.account_id, task.remote_id) in keys]


def _row(one: Wanted, user: User | None, now: datetime) -> Task:
    """With what `save` and `track` would set. A later row is newer by a microsecond, so that lists keep the order."""
    task = new_row(one.account, one.adoption, one.intent, now)
    task.created_by = user
    task.deadline_at = deadline(one.account, Kind(task.kind), task.model, now)
    task.next_poll_at = now
    task.search, task.tag_words = task.search_text(), words_of(task.tags)
    return task
