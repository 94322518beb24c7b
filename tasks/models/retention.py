from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from tasks.models.account import Account
from tasks.vocabulary import Kind

MANY = {
    Kind.VIDEO: "Videos",
    Kind.IMAGE: "Images",
    Kind.AUDIO: "Sounds",
    Kind.MODEL3D: "3D models",
    Kind.TEXT: "Texts",
    Kind.OTHER: "Other files",
}


class RetentionRule(models.Model):
    """Which of our own copies are deleted by age. Pinned results, starred tasks and what a link shows are kept."""

    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    """NULL: of every account."""
    kind = models.CharField(max_length=16, blank=True, default="", choices=[(k.value, k.value) for k in Kind])
    """Empty: of every kind."""
    older_than_days = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    began_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Since when a run of it is under way: it deletes what was old enough then. NULL between runs."""
    ran_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the last run ended; NULL has it run at once."""
    deleted_count = models.PositiveIntegerField(default=0, editable=False)
    """Copies that the run under way, or else the last one, deleted."""
    deleted_bytes = models.BigIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["older_than_days", "id"]

    def __str__(self) -> str:
        what = MANY[Kind(self.kind)] if self.kind else "Everything"
        whose = f" of {self.account}" if self.account_id else ""
        return f"{what}{whose} after {self.older_than_days} day{'s' if self.older_than_days != 1 else ''}"
