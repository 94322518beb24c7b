from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasks import secrets
from tasks.ids import uuid7
from tasks.models.account import Account
from tasks.models.poller import Poller
from tasks.vocabulary import ChannelKind, Health, Tells


class ChannelQuerySet(models.QuerySet["Channel"]):
    def working(self) -> "ChannelQuerySet":
        """Those that are told: on, not turned off by failures, and not of somebody who may not sign in any more."""
        able = Q(owner__isnull=True) | Q(owner__is_active=True)
        return self.filter(able, enabled=True, turned_off_at__isnull=True)


class Channel(models.Model):
    """Where somebody is told what happened. The address is a secret: only `address_hint` is ever shown."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="channels"
    )
    """NULL: the team's."""
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in ChannelKind])
    service = models.CharField(max_length=100, blank=True, default="")
    """What people call the service that carries it, such as Slack; "" for a webhook."""
    address_encrypted = models.TextField(editable=False)
    address_hint = models.CharField(max_length=300, editable=False)
    """Scheme and host, as far as they tell nothing."""
    secret_encrypted = models.TextField(blank=True, default="", editable=False)
    """What a webhook's messages are signed with."""
    old_secret_encrypted = models.TextField(blank=True, default="", editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    """Until then they are signed with the secret before as well."""

    mine_only = models.BooleanField(default=False)
    """Only what the owner's own tasks do."""
    tells = models.CharField(
        max_length=16, choices=[(t.value, t.value) for t in Tells], default=Tells.ENDED.value
    )
    tells_accounts = models.BooleanField(default=False)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    """In the site's time zone; both or none."""
    site = models.CharField(max_length=300, blank=True, default="")
    """How its maker came here: what links begin with where PUBLIC_URL is not set."""

    enabled = models.BooleanField(default=True)
    turned_off_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When Dailies itself gave it up; a person turns it on again."""
    trouble = models.CharField(max_length=500, blank=True, default="", editable=False)
    """Why the last message did not arrive; "" when it did."""
    trouble_at = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    """In a row."""
    resumes_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Nothing is sent before, after several failures in a row."""
    since_event_id = models.BigIntegerField(default=0, editable=False)
    """It is told of later events than this one."""
    gathered_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the last chat message was put together."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_webhook(self) -> bool:
        return self.kind == ChannelKind.WEBHOOK

    @property
    def address(self) -> str:
        """In the clear. KeyUnreadable when it was encrypted with another secret key."""
        return secrets.decrypt(self.address_encrypted)

    @property
    def base_url(self) -> str:
        """What links in its messages begin with."""
        return settings.PUBLIC_URL or self.site


class Bookmark(models.Model):
    """How far the history of all tasks was read: every channel knows of the events up to it. One row."""

    event_id = models.BigIntegerField(default=0)


class Incident(models.Model):
    """An account that could not be reached, or whose key was refused, from when it was noticed until it was over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="incidents")
    health = models.CharField(max_length=16, choices=[(h.value, h.value) for h in Health])
    message = models.CharField(max_length=500, blank=True, default="")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(ended_at__isnull=True), name="incident_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.health}"


class Notice(models.Model):
    """Something that a channel is to be told, once: before it becomes a message, and as the memory that it did."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notices", db_index=False)
    source = models.CharField(max_length=64)
    """`event:<id>`, or `incident:<id>:<how it stands>`."""
    what = models.CharField(max_length=32)
    """`task.<status>`, or a word of `What`."""
    at = models.DateTimeField()
    """When it happened."""
    event_id = models.BigIntegerField(default=0)
    task_id = models.UUIDField(null=True, blank=True)
    """No foreign key: a purge of tasks has nothing to do with it."""
    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.CASCADE)
    created_at = models.DateTimeField()
    gathered_at = models.DateTimeField(null=True, blank=True)
    """When it became a message, or was dropped because its task is gone."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "source"], name="notice_once")]
        indexes = [
            models.Index(
                fields=["channel", "event_id"], name="notice_open", condition=Q(gathered_at__isnull=True)
            ),
            models.Index(fields=["gathered_at"], name="notice_old", condition=Q(gathered_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.source}"


class Delivery(models.Model):
    """A message on its way into a channel, and the log of what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    what = models.CharField(max_length=32)
    subject = models.CharField(max_length=300, blank=True, default="")
    """What it is about, in one line."""
    payload = models.TextField()
    """A webhook's body as it is sent; of a chat message its title, text and tone as JSON."""
    task_id = models.UUIDField(null=True, blank=True)
    event_id = models.BigIntegerField(default=0)
    """Messages of one task leave in this order."""
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    """When it is sent next; NULL when it arrived or was given up."""
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    """The last attempt."""
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True, default="")
    """How the last answer began."""
    trouble = models.CharField(max_length=500, blank=True, default="")
    delivered_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(Poller, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["channel", "-created_at", "-id"], name="delivery_log"),
            models.Index(
                fields=["channel", "due_at"], name="delivery_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["channel", "task_id", "event_id"],
                name="delivery_turn",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["claimed_by"], name="delivery_claimed", condition=Q(claimed_by__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.what
