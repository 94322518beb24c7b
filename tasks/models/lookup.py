from django.db import models
from django.db.models import Q

from tasks.models.account import Account
from tasks.models.task import Task


class Lookup(models.Model):
    """What its provider's list showed of a task of which nobody knows whether it was made."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="lookup")
    due_at = models.DateTimeField(null=True)
    """When the list is looked at next; NULL: no more by itself. Whoever moves it looks, so it is one at a time."""
    looked_at = models.DateTimeField(null=True)
    times = models.PositiveSmallIntegerField(default=0)
    fitting = models.JSONField(default=list)
    """Remote ids of tasks not known here that fit, at most a few."""
    untold = models.PositiveIntegerField(default=0)
    """Tasks not known here of which the server does not tell yet what they are about."""
    problem = models.CharField(max_length=500, blank=True, default="")
    """Why the list could not be read the last time."""

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="lookup_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.task_id}: {len(self.fitting)}"


class Dismissed(models.Model):
    """A task that was stopped here and is deleted for good by now: an import never takes it in again."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    remote_id = models.CharField(max_length=512)

    class Meta:
        verbose_name_plural = "dismissed"
        constraints = [models.UniqueConstraint(fields=["account", "remote_id"], name="dismissed_once")]

    def __str__(self) -> str:
        return self.remote_id
