from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasks.ids import uuid7
from tasks.models.poller import Poller
from tasks.vocabulary import Archive, Kind

if TYPE_CHECKING:
    from tasks.models.task import Task


class ResultQuerySet(models.QuerySet["Result"]):
    def reachable(self) -> "ResultQuerySet":
        """Of tasks that are not in the trash."""
        return self.filter(task__deleted_at__isnull=True)

    def due(self, now: datetime) -> "ResultQuerySet":
        """What an archiver has to do now, and no other is doing."""
        return self.filter(archive_due_at__isnull=False, archive_due_at__lte=now, claimed_by__isnull=True)

    def at_risk(self) -> "ResultQuerySet":
        """Of which only the provider has a copy."""
        return self.filter(archive__in=(Archive.PENDING.value, Archive.FAILED.value))


class Result(models.Model):
    """One file a task made. `remote_url` is as the provider gave it; "" when its bytes came inside the answer.

    Our own copy: pending ─▶ stored | failed | expired | skipped; a person may set any of the last three to pending.
    The bytes lie in the media storage under the result's id, and are there, whole, before `archive` says so.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task: "models.ForeignKey[Task, Task]" = models.ForeignKey(
        "tasks.Task", on_delete=models.CASCADE, related_name="results"
    )
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in Kind])
    role = models.CharField(max_length=32, default="output")
    name = models.CharField(max_length=255, blank=True, default="")
    remote_url = models.TextField(blank=True, default="")
    inline = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    """When the provider's own link dies; NULL when nobody tells."""

    archive = models.CharField(
        max_length=16, choices=[(a.value, a.value) for a in Archive], default=Archive.PENDING.value
    )
    archive_due_at = models.DateTimeField(null=True, blank=True)
    """When an archiver has to do something: fetch while pending, look into the file once it is stored."""
    claimed_by = models.ForeignKey(
        Poller, null=True, blank=True, editable=False, on_delete=models.SET_NULL, db_index=False
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True, default="")
    """Why there is no copy of ours, or not yet, as a sentence for people."""
    fetched_bytes = models.BigIntegerField(default=0)
    """Of a copy under way: what the next attempt continues from."""
    stored_at = models.DateTimeField(null=True, blank=True)
    inspected_at = models.DateTimeField(null=True, blank=True)
    pinned = models.BooleanField(default=False)
    """Kept whatever the retention rules say."""

    bytes = models.BigIntegerField(null=True, blank=True)
    content_type = models.CharField(max_length=100, blank=True, default="")
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    codec = models.CharField(max_length=32, blank=True, default="")
    peaks = models.JSONField(default=list, blank=True)
    """Of a sound: its loudness over time, 0 to 100 each."""
    sha256 = models.CharField(max_length=64, blank=True, default="")
    has_poster = models.BooleanField(default=False)
    poster_problem = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["task", "position"], name="result_position_once")]
        indexes = [
            models.Index(
                fields=["archive_due_at"],
                name="result_due",
                condition=Q(archive_due_at__isnull=False, claimed_by__isnull=True),
            ),
            models.Index(fields=["claimed_by"], name="result_claimed", condition=Q(claimed_by__isnull=False)),
            # Whatever sums up copies by age and kind reads this alone.
            models.Index(fields=["archive", "stored_at", "kind", "bytes", "task"], name="result_copies"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.position + 1}"

    @property
    def is_stored(self) -> bool:
        return self.archive == Archive.STORED
