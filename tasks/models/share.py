from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from tasks.ids import uuid7
from tasks.models.result import Result
from tasks.models.task import Task


class ShareQuerySet(models.QuerySet["Share"]):
    def working(self, now: datetime) -> "ShareQuerySet":
        """Those that a stranger can open."""
        lasting = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now)
        return self.filter(lasting, revoked_at__isnull=True)


class Share(models.Model):
    """A link that lets somebody without a login see some results. Only the hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    title = models.CharField(max_length=200, blank=True, default="")
    """Instead of the task's own; the name of a gallery."""
    note = models.TextField(blank=True, default="")
    password_hash = models.CharField(max_length=200, blank=True, default="", editable=False)
    """As Django keeps people's passwords; "" for none."""
    allow_download = models.BooleanField(default=True)
    show_prompt = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    views = models.PositiveIntegerField(default=0)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["-created_at", "-id"], name="share_list")]

    def __str__(self) -> str:
        return self.title or f"Link of {self.created_at:%d %B %Y}"

    def is_working(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class ShareItem(models.Model):
    """What a share shows: a task with all its results, those to come included, or one result of it."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="items")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="share_items")
    result = models.ForeignKey(Result, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["share", "position"], name="share_item_position_once"),
        ]


class ShareVisit(models.Model):
    """That somebody looked at a share in one hour. `visitor` is a hash that changes with the hour, not a person."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="visits")
    hour = models.DateTimeField()
    visitor = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["share", "hour", "visitor"], name="share_visit_once"),
        ]
        indexes = [models.Index(fields=["hour"], name="share_visit_hour")]
