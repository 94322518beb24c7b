from django.db import models

from tasks.ids import uuid7


class Poller(models.Model):
    """A process that asks. Its row is its life: the row gone, its claims are gone, and it applies nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    host = models.CharField(max_length=200)
    """Machine, boot and process-id space: within it, a process id tells who is alive."""
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host.split('/')[0]}:{self.pid}"
