from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasks.ids import uuid7
from tasks.providers import PROVIDER_CHOICES
from tasks.vocabulary import Kind


class TemplateQuerySet(models.QuerySet["Template"]):
    def visible_to(self, user: object) -> "TemplateQuerySet":
        """One's own, and those that are shared with the team."""
        return self.filter(Q(owner=user) | Q(shared=True))


class Template(models.Model):
    """Parameters to begin from, under a name: of one provider and kind, whichever of its accounts is used."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    shared = models.BooleanField(default=False)
    provider = models.CharField(max_length=32, choices=PROVIDER_CHOICES)
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in Kind])
    params = models.JSONField(default=dict)
    """Cleaned, but not complete: what is to be made is often missing."""
    title = models.CharField(max_length=500, blank=True, default="")
    tags = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "provider", "kind", "name"], name="template_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
