from django.conf import settings
from django.db import models
from django.utils import timezone

from tasks.vocabulary import Deed


class AuditEntry(models.Model):
    """Who did what that others may ask about later. Written in the transaction of the deed, never changed."""

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    actor_name = models.CharField(max_length=150, blank=True, default="")
    """As it was then; "" when Dailies did it by itself."""
    deed = models.CharField(max_length=32, choices=[(d.value, d.value) for d in Deed])
    subject = models.CharField(max_length=300, blank=True, default="")
    """What it was done to, as people call it."""
    subject_id = models.CharField(max_length=64, blank=True, default="")
    details = models.TextField(blank=True, default="")
    search = models.TextField(blank=True, default="", editable=False)
    """Actor, subject and details, case-folded."""

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_list"),
            models.Index(fields=["deed", "-at", "-id"], name="audit_by_deed"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name or 'Dailies'}: {self.deed} {self.subject}"
