"""Looking at the database: what changed since, what it is now, and who else polls."""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from dashboard.live.memory import STANDING_COLUMNS, Standing
from dashboard.usual import usual_times
from tasks.identity import host_identity
from tasks.models import Poller, Task


def changed_since(since: datetime) -> list[Standing]:
    """Tasks whose version rose since then, those in the trash as well."""
    rows = Task.objects.filter(changed_at__gte=since).order_by()
    return [Standing.of(task) for task in rows.only(*STANDING_COLUMNS)]


def load(ids: Iterable[UUID]) -> list[Task]:
    """The tasks as they are now, those in the trash as well, with what a row shows."""
    tasks = list(Task.objects.with_owner().filter(pk__in=list(ids)))
    usual_times.renew(tasks)
    return tasks


def is_polled_elsewhere(dead_after_s: float) -> bool:
    """Whether a poller of another process is alive."""
    alive = Poller.objects.polling().filter(heartbeat_at__gt=timezone.now() - timedelta(seconds=dead_after_s))
    return alive.exclude(host=host_identity(), pid=os.getpid()).exists()
