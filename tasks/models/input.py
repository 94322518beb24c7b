from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasks.ids import uuid7
from tasks.vocabulary import Kind

PRESENT = Q(stored_at__isnull=False, gone_at=None)


class InputQuerySet(models.QuerySet["Input"]):
    def present(self) -> "InputQuerySet":
        """Whose bytes are here, whole."""
        return self.filter(PRESENT)


class Input(models.Model):
    """A file that somebody gave for tasks to begin from. One with the same bytes is kept once.

    The row is there before its bytes are in the media storage, and after they are not: so there is always somebody
    who knows what is to be deleted. Only between `stored_at` and `gone_at` it may be used.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=255, blank=True, default="")
    """As its owner's machine called it; for people."""
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in Kind])
    content_type = models.CharField(max_length=100)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    has_poster = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    stored_at = models.DateTimeField(null=True, blank=True, editable=False)
    used_at = models.DateTimeField(default=timezone.now)
    """When it was last given, chosen or sent: it goes some time after that."""
    gone_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Its files are being deleted."""

    objects = InputQuerySet.as_manager()

    class Meta:
        ordering = ["-used_at"]
        constraints = [
            models.UniqueConstraint(fields=["sha256"], name="input_once", condition=PRESENT),
        ]
        indexes = [models.Index(fields=["used_at"], name="input_used", condition=PRESENT)]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {str(self.id)[-4:]}"
