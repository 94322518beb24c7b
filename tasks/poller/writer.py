"""Writes what the lines found out: changes of a few milliseconds together, in one transaction."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError

from tasks.applying import Edit, apply_all
from tasks.bulk import update_rows
from tasks.database_thread import DatabaseThread
from tasks.lifecycle import Change, Known
from tasks.metrics import CHANGES
from tasks.models import Account, Task
from tasks.poller.tracked import Tracked, Update
from tasks.publishing import publish_tasks
from tasks.timing import Timing
from tasks.transactions import lock_by_keys, write_transaction

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """How the row stands after an update; `changed` is False when nothing had to be written any more."""

    known: Known
    version: int
    changed: bool


Notes = dict[tuple[int, int], dict[str, Any]]
"""Columns by account id and config version."""
Outcome = Written | None | Exception
"""None: the task is no longer ours."""
Facts = tuple[UUID, dict[str, Any]]
"""A task and its columns."""


class Writer:
    """Collects updates, writes them, and tells each its outcome. A database that is away is waited for."""

    def __init__(self, database: DatabaseThread, timing: Timing) -> None:
        self._database = database
        self._timing = timing
        self._waiting: list[tuple[Update, asyncio.Future[Written | None]]] = []
        self._notes: Notes = {}
        self._news = asyncio.Event()
        self.poller_id = UUID(int=0)
        """Whose claims count; set before the first write, and anew by a poller that was declared dead."""

    async def write(self, update: Update) -> Written | None:
        """Write one update with its neighbours; None when the task is no longer ours."""
        future: asyncio.Future[Written | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((update, future))
        self._news.set()
        return await future

    def note(self, account_id: int, config_version: int, **columns: object) -> None:
        """Columns of an account to be written with the next batch, unless a person edited it since that version."""
        self._notes.setdefault((account_id, config_version), {}).update(columns)
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._news.wait()
            await asyncio.sleep(self._timing.collect_s)
            await self.flush()

    async def flush(self) -> None:
        """Write everything that waits."""
        self._news.clear()
        batch, self._waiting = self._waiting, []
        notes, self._notes = self._notes, {}
        if not batch and not notes:
            return
        try:
            outcomes = await self._database.run(write_batch, self.poller_id, [one for one, _ in batch], notes)
        except (OperationalError, InterfaceError):
            self._waiting = batch + self._waiting
            self._notes = notes | {key: notes.get(key, {}) | new for key, new in self._notes.items()}
            await asyncio.sleep(self._timing.look_s)
            self._news.set()
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            _tell(future, outcome)


def _tell(future: "asyncio.Future[Written | None]", outcome: Outcome) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def write_batch(poller_id: UUID, updates: list[Update], notes: Notes) -> list[Outcome]:
    """All in one transaction; when one of them cannot be written, each in its own, so that only that one fails."""
    try:
        return _write_together(poller_id, updates, notes)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001  whichever of them it was will say so when it is alone
        _write_notes_alone(poller_id, notes)
        return [_write_alone(poller_id, update) for update in updates]


def _write_together(poller_id: UUID, updates: list[Update], notes: Notes) -> list[Outcome]:
    with write_transaction():
        for (account_id, version), columns in sorted(notes.items(), key=itemgetter(0)):
            Account.objects.filter(pk=account_id, config_version=version).update(**columns)
        outcomes = _write_all(poller_id, updates)
        changed = [u.tracked.id for u, done in zip(updates, outcomes, strict=True) if done and done.changed]
        publish_tasks(changed)
    CHANGES.inc(len(changed))
    return list(outcomes)


def _write_alone(poller_id: UUID, update: Update) -> Outcome:
    try:
        return _write_together(poller_id, [update], {})[0]
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  the ask that it belongs to logs it
        return error


def _write_notes_alone(poller_id: UUID, notes: Notes) -> None:
    try:
        _write_together(poller_id, [], notes)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("what the last answers say of accounts %s cannot be written", list(notes))


def _write_all(poller_id: UUID, updates: list[Update]) -> list[Written | None]:
    """In one go what nobody was faster with; the others one by one, from their rows as they are now."""
    first = {update.tracked.id: update for update in reversed(updates)}
    edits = [_edit(update, update.tracked.version, update.change) for update in first.values()]
    won = apply_all(edits, claimed_by=poller_id)
    return [
        _won(update)
        if first[update.tracked.id] is update and update.tracked.id in won
        else _write_anew(poller_id, update)
        for update in updates
    ]


def _won(update: Update) -> Written:
    tracked = update.tracked
    return Written(tracked.known.after(update.change), tracked.version + 1, changed=True)


def _write_anew(poller_id: UUID, update: Update) -> Written | None:
    rows = Task.objects.select_for_update().filter(
        pk=update.tracked.id, claimed_by=poller_id, deleted_at=None
    )
    row = rows.first()
    if row is None:
        return None
    known = Known.of(row, row.results.count())
    change = replace(update.decide(known), raw=update.change.raw)
    if change or update.release:
        edit = _edit(update, row.version, change)
        if apply_all([edit], claimed_by=poller_id):
            return Written(known.after(change), row.version + 1, changed=True)
    return Written(known, row.version, changed=False)


def _edit(update: Update, version: int, change: Change) -> Edit:
    columns = change.columns | facts_of(update.tracked, update.next_poll_at)
    if update.release:
        columns["claimed_by"] = None
    return Edit(update.tracked.id, version, replace(change, columns=columns), update.at)


def facts_of(tracked: Tracked, next_poll_at: datetime | None) -> dict[str, Any]:
    """The poller's notes of a task, as columns."""
    return {
        "poll_count": tracked.poll_count,
        "last_poll_at": tracked.last_poll_at,
        "next_poll_at": next_poll_at,
    }


def facts_of_all(batch: Sequence[Tracked], now_s: float, now: datetime) -> list[Facts]:
    """Of tasks that go on: they are asked when they are due. `now_s` is the loop's clock, `now` the calendar."""
    return [(one.id, facts_of(one, now + timedelta(seconds=one.due_s - now_s))) for one in batch]


def write_facts(poller_id: UUID, rows: list[Facts]) -> set[UUID]:
    """Poll counts and times of tasks that did not change. Those no longer ours are left alone, and returned."""
    wanted = [{"id": pk, **facts} for pk, facts in rows]
    with write_transaction():
        lock_by_keys(Task, [pk for pk, _ in rows])
        written = update_rows(Task, wanted, match=("id",), where={"claimed_by": poller_id})
    return {pk for pk, _ in rows} - written
