from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from tasks.ids import uuid7
from tasks.vocabulary import Archive, Kind

if TYPE_CHECKING:
    from tasks.models.task import Task


class Result(models.Model):
    """One file a task made. `remote_url` is as the provider gave it; "" when its bytes came inside the answer."""

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
    archive = models.CharField(
        max_length=16, choices=[(a.value, a.value) for a in Archive], default=Archive.PENDING.value
    )
    bytes = models.BigIntegerField(null=True, blank=True)
    content_type = models.CharField(max_length=100, blank=True, default="")
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["task", "position"], name="result_position_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.position + 1}"
