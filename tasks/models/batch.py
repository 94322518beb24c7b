from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasks.ids import uuid7
from tasks.models.poller import Poller
from tasks.vocabulary import BatchAct, ItemState

BATCHES_KEPT = timedelta(days=30)


class BatchQuerySet(models.QuerySet["Batch"]):
    def open(self) -> "BatchQuerySet":
        """Those that are not over."""
        return self.filter(ended_at=None)


class Batch(models.Model):
    """One act, done to many tasks in the background: those that matched when somebody asked for it.

    Whoever writes its items locks this row first, so two workers never do the same piece.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    act = models.CharField(max_length=16, choices=[(a.value, a.value) for a in BatchAct])
    params = models.JSONField(default=dict)
    """What the act needs besides its tasks: `tags`."""
    query = models.TextField(blank=True, default="")
    """The filter that chose the tasks, as a query string; `trash`; "" when they were named one by one."""
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    by_name = models.CharField(max_length=150, blank=True, default="")
    """As it was then."""
    undoes = models.OneToOneField("self", null=True, on_delete=models.SET_NULL, related_name="undone_by")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    canceled_at = models.DateTimeField(null=True)
    """Somebody wants it to end: it does after the piece under way."""
    canceled_by = models.CharField(max_length=150, blank=True, default="")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    not_done = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    """Not worked on before: an account has no room for the next request, as `note` says."""
    note = models.CharField(max_length=500, blank=True, default="")
    claimed_by = models.ForeignKey(Poller, null=True, on_delete=models.SET_NULL, db_index=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "batches"
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="batch_list"),
            models.Index(fields=["due_at"], name="batch_open", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.total:,}"

    @property
    def handled(self) -> int:
        return self.done + self.not_done

    @property
    def left(self) -> int:
        """How many were, or will be, left out or are still to come."""
        return self.total - self.handled


class BatchItem(models.Model):
    """One task of a batch. Only its id is kept: the task may be deleted for good while the report stays."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items", db_index=False)
    task_id = models.UUIDField()
    state = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in ItemState], default=ItemState.WAITING.value
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    """Why it was not done."""
    made = models.UUIDField(null=True)
    """The new task, where one was made."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "task_id"], name="batch_task_once")]
        indexes = [models.Index(fields=["batch", "state", "id"], name="batch_items")]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.state}"
