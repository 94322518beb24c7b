"""Who is alive: each part of a process that holds something has a row, and beats.

Of who beats no more, or whose process is gone from this machine, the others take over what it held.
"""

import logging
import os
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from tasks.database_thread import DatabaseThread
from tasks.identity import host_identity, is_alive
from tasks.models import Batch, Delivery, Poller, Result, Submission, Task
from tasks.transactions import lock_in_order, write_transaction
from tasks.vocabulary import Duty

logger = logging.getLogger(__name__)

_ours: set[UUID] = set()
"""Pollers that live in this very process: its id on another row means an earlier life of it."""


def register(now: datetime, duty: Duty = Duty.POLLING) -> UUID:
    """A row for this process; its id."""
    one = Poller(host=host_identity(), pid=os.getpid(), started_at=now, heartbeat_at=now, duty=duty)
    _ours.add(one.id)
    with write_transaction():
        one.save(force_insert=True)
    return one.id


def beat(poller_id: UUID, now: datetime) -> bool:
    """Write the heartbeat. False: we were declared dead, and hold nothing any more."""
    with write_transaction():
        return bool(Poller.objects.filter(pk=poller_id).update(heartbeat_at=now))


def bury_dead(now: datetime, dead_after_s: float) -> int:
    """Free the claims of pollers that no longer beat, or whose process is gone from this machine. How many died."""
    late = now - timedelta(seconds=dead_after_s)
    others = Poller.objects.exclude(pk__in=_ours)
    dead = [one.pk for one in others if one.heartbeat_at < late or _is_gone(one)]
    if dead:
        with write_transaction():
            _forget(dead)
    return len(dead)


def _is_gone(one: Poller) -> bool:
    return one.host == host_identity() and not is_alive(one.pid)


def leave(poller_id: UUID) -> None:
    """Free all claims and go."""
    _ours.discard(poller_id)
    with write_transaction():
        _forget([poller_id])


def _forget(ids: list[UUID]) -> None:
    for model in (Batch, Delivery, Result, Submission, Task):
        theirs = model._default_manager.filter(claimed_by__in=ids)
        lock_in_order(theirs)
        theirs.update(claimed_by=None)
    Poller.objects.filter(pk__in=ids).delete()


class Life:
    """One such row, from `begin` to `end`. Every method is called on the event loop."""

    def __init__(self, database: DatabaseThread, duty: Duty, dead_after_s: float) -> None:
        self._database = database
        self._duty = duty
        self._dead_after_s = dead_after_s
        self.id = UUID(int=0)
        """Whose claims are ours; nobody's before the beginning and after the end."""

    @property
    def is_begun(self) -> bool:
        return self.id.int != 0

    async def begin(self) -> None:
        """A row of our own, and what the dead held is free."""
        self.id = await self._database.run(register, timezone.now(), self._duty)
        await self.bury()

    async def beat(self) -> bool:
        """False: we were declared dead, and hold nothing any more. Let go of it, then `begin` anew."""
        if await self._database.run(beat, self.id, timezone.now()):
            return True
        logger.warning("%s: this process was declared dead; it starts anew", self._duty)
        return False

    async def bury(self) -> bool:
        """Free what the dead held. Whether there was anybody."""
        return bool(await self._database.run(bury_dead, timezone.now(), self._dead_after_s))

    async def end(self) -> None:
        """The row goes, and with it our claims."""
        gone, self.id = self.id, UUID(int=0)
        await self._database.run(leave, gone)
