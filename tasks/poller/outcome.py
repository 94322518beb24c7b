"""What an answer, or its absence, means for a task. Pure: no clock, no database, no network."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from tasks.lifecycle import Change, Known, NewEvent, change_from, verdict
from tasks.poller.cadence import next_recheck_at
from tasks.poller.tracked import Tracked
from tasks.providers.contract import ProviderError, Snapshot
from tasks.timing import Timing
from tasks.vocabulary import FINAL, WAITING, EventType, Status

Decide = Callable[[Known], Change]
PROBLEMS_MAX = 50
"""A provider that fails in ever other words must not fill a task's history."""


def told(snapshot: Snapshot, tracked: Tracked, now: datetime) -> Decide:
    """The provider told how the task stands."""
    seen_at = tracked.last_poll_at

    def decide(known: Known) -> Change:
        change = _give_up_late(known, change_from(known, snapshot, now), tracked.deadline_at, now)
        return _dated(change, seen_at or known.created_at, now)

    return decide


def _dated(change: Change, seen_at: datetime, now: datetime) -> Change:
    """Where the provider did not tell when it ended, that was at some time since we saw it last."""
    if change.columns.get("finished_at") != now:
        return change
    return replace(change, columns=change.columns | {"unseen_s": max(0.0, (now - seen_at).total_seconds())})


def unknown(error: ProviderError, now: datetime) -> Decide:
    """The provider says that it does not know the task."""

    def decide(known: Known) -> Change:
        if known.status in FINAL:
            return Change()
        if known.status is Status.LOST:
            return Change(events=(NewEvent(EventType.CHECK, f"Asked again, still unknown: {error}"),))
        return verdict(known, Status.LOST, str(error), now)

    return decide


def failed_ask(error: ProviderError, tracked: Tracked, now: datetime) -> Decide:
    """The ask told nothing of the task: an event once for a streak of the same, and our deadline still counts."""
    is_news = str(error) != tracked.problem and tracked.problems < PROBLEMS_MAX
    news = (NewEvent(EventType.PROBLEM, str(error)),) if is_news else ()
    return lambda known: _give_up_late(known, Change(events=news), tracked.deadline_at, now)


def overdue(tracked: Tracked, now: datetime) -> Decide:
    """Nobody was asked, but our deadline has passed."""
    return lambda known: _give_up_late(known, Change(), tracked.deadline_at, now)


def _give_up_late(known: Known, change: Change, deadline_at: datetime, now: datetime) -> Change:
    after = known.after(change)
    if after.status not in WAITING or now < deadline_at:
        return change
    late = verdict(after, Status.TIMED_OUT, "Our deadline passed before the provider finished it", now)
    return replace(change, columns=change.columns | late.columns, events=change.events + late.events)


def next_ask_at(
    tracked: Tracked, change: Change, soon: datetime, now: datetime, timing: Timing, *, owed: bool
) -> datetime | None:
    """When to ask again once `change` is written; `soon` while the task waits or runs, None when never.

    `owed`: this ask went unanswered, so a recheck has still to be made.
    """
    status = tracked.known.after(change).status
    if status in FINAL:
        return None
    if status in WAITING or (owed and status is tracked.known.status):
        return soon
    if tracked.hurried:
        return now
    anchor = (
        change.columns.get("status_at", tracked.status_at) if status is Status.LOST else tracked.deadline_at
    )
    return next_recheck_at(status, anchor, now, timing)
