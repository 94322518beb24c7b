from django.db import models

from tasks.ids import uuid7
from tasks.vocabulary import Duty


class PollerQuerySet(models.QuerySet["Poller"]):
    def polling(self) -> "PollerQuerySet":
        """Those that ask, without the archivers."""
        return self.filter(duty=Duty.POLLING.value)


class Poller(models.Model):
    """A process that asks, or one that keeps files. Its row is its life: the row gone, its claims are gone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    host = models.CharField(max_length=200)
    """Machine, boot and process-id space: within it, a process id tells who is alive."""
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    duty = models.CharField(
        max_length=16, choices=[(d.value, d.value) for d in Duty], default=Duty.POLLING.value
    )
    report = models.JSONField(default=dict)
    """What it last told of itself: see `tasks/poller/report.py`. Empty for those that do not ask."""

    objects = PollerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.host.split('/')[0]}:{self.pid}"
