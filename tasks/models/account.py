from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from tasks import secrets
from tasks.budget.learning import Slowed, allowed
from tasks.providers import PROVIDER_CHOICES, PROVIDERS
from tasks.providers.contract import Provider
from tasks.vocabulary import Health

USE_WINDOW_S = 60.0
KEY_HINT_MIN = 12
"""Keys shorter than this show no part of themselves."""


class AccountQuerySet(models.QuerySet["Account"]):
    def enabled(self) -> "AccountQuerySet":
        return self.filter(enabled=True)


class Account(models.Model):
    """One configured connection to a provider. `config_version` rises when a person edits it."""

    HEALTH_CHOICES = [(h.value, h.value) for h in Health if h is not Health.PAUSED]

    slug = models.SlugField(max_length=64, unique=True, help_text="Its name for programs; it never changes.")
    name = models.CharField(max_length=100, blank=True, default="", help_text="Its name for people.")
    provider = models.CharField(max_length=32, choices=PROVIDER_CHOICES)
    base_url = models.CharField("base URL", max_length=500)
    api_key_encrypted = models.TextField(blank=True, default="", editable=False)
    api_key_hint = models.CharField(max_length=8, blank=True, default="", editable=False)
    enabled = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="In any 60 seconds; empty is no limit.",
    )
    concurrency = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(500)], help_text="Requests at once."
    )
    poll_interval_s = models.FloatField(
        "poll interval",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.2), MaxValueValidator(3600)],
        help_text="The longest gap between two asks of a running task, in seconds; empty lets it grow from 3 to 30.",
    )
    deadline_s = models.FloatField(
        "deadline",
        null=True,
        blank=True,
        validators=[MinValueValidator(10)],
        help_text="Seconds until we give up waiting; empty is the provider's usual time.",
    )
    imports = models.BooleanField(
        "take in new tasks",
        default=False,
        help_text="Reads the provider’s list every few minutes and tracks what is new there.",
    )
    import_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the list is read next. Whoever moves it reads, so only one process does at a time."""
    imported_at = models.DateTimeField(null=True, blank=True, editable=False)
    import_message = models.CharField(max_length=500, blank=True, default="", editable=False)
    """What the last reading brought, or why it brought nothing."""
    config_version = models.PositiveIntegerField(default=1, editable=False)

    health = models.CharField(max_length=16, choices=HEALTH_CHOICES, default=Health.OK, editable=False)
    health_message = models.CharField(max_length=500, blank=True, default="", editable=False)
    health_at = models.DateTimeField(null=True, blank=True, editable=False)
    resumes_at = models.DateTimeField(null=True, blank=True, editable=False)
    money_message = models.CharField(max_length=500, blank=True, default="", editable=False)
    money_at = models.DateTimeField(null=True, blank=True, editable=False)
    slowed_from = models.PositiveIntegerField(null=True, blank=True, editable=False)
    """So many requests a minute were too many for the provider."""
    slowed_to = models.PositiveIntegerField(null=True, blank=True, editable=False)
    """So many were sent from `slowed_at` on; it grows again slowly, see `requests_allowed`."""
    slowed_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_answer_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_latency_s = models.FloatField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(concurrency__gte=1), name="account_concurrency_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.slug

    @property
    def provider_module(self) -> Provider:
        return PROVIDERS[self.provider]

    @property
    def shown_health(self) -> Health:
        """`paused` is a person's decision and hides what the last answer said."""
        return Health(self.health) if self.enabled else Health.PAUSED

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    @property
    def api_key(self) -> str:
        """The key in the clear. KeyUnreadable when it was encrypted with another secret key."""
        return secrets.decrypt(self.api_key_encrypted)

    def set_api_key(self, key: str) -> None:
        """Encrypt and remember; the caller saves `api_key_encrypted` and `api_key_hint`."""
        self.api_key_encrypted = secrets.encrypt(key)
        self.api_key_hint = key[-4:] if len(key) >= KEY_HINT_MIN else ""

    def requests_allowed(self, now: datetime) -> int | None:
        """In any 60 s: what a person set, or less while the provider has said too many; None is no limit."""
        return allowed(self.requests_per_minute, self.slowed, now.timestamp())

    @property
    def slowed(self) -> Slowed | None:
        """What the provider's last "too many requests" has taught."""
        if self.slowed_from is None or self.slowed_to is None or self.slowed_at is None:
            return None
        return Slowed(self.slowed_from, self.slowed_to, self.slowed_at.timestamp())

    def requests_last_minute(self, now: datetime) -> int:
        """Requests that all pollers sent in the last 60 s, as they last wrote it down (2 s late at most)."""
        since = now - timedelta(seconds=USE_WINDOW_S)
        total = self.uses.filter(at__gt=since).aggregate(n=models.Sum("requests_last_minute"))["n"]
        return int(total or 0)


class AccountUse(models.Model):
    """What one process holds of an account's budget and what it has used of it, as it last wrote them down."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="uses")
    holder = models.UUIDField()
    """The process, from its start to its end."""
    host = models.CharField(max_length=200, blank=True, default="")
    pid = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    """How many of the account's requests in any 60 s are this process's alone."""
    places = models.PositiveIntegerField(default=0)
    """How many of its requests at once."""
    requests_wanted = models.PositiveIntegerField(default=0)
    places_wanted = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(default=timezone.now)
    """It may use them until then, unless it renews this."""
    spent = models.JSONField(default=list)
    """When requests were answered, in seconds since 1970, and how many."""
    requests_last_minute = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "holder"], name="account_use_once")]
