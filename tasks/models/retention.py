from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from tasks.models.account import Account
from tasks.vocabulary import Kind


class RetentionRule(models.Model):
    """Which of our own copies are deleted by age. Pinned results, starred tasks and what a link shows are kept."""

    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    """NULL: of every account."""
    kind = models.CharField(max_length=16, blank=True, default="", choices=[(k.value, k.value) for k in Kind])
    """Empty: of every kind."""
    older_than_days = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["older_than_days", "id"]

    def __str__(self) -> str:
        return f"After {self.older_than_days} days"
