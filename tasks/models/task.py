from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasks.ids import uuid7
from tasks.models.account import Account
from tasks.models.poller import Poller
from tasks.vocabulary import ASKED, FINAL, EventType, Kind, Reason, Status

TRASH_KEPT = timedelta(days=30)
LONGEST_WAIT = timedelta(days=366)
ON_DESK = Q(deleted_at=None, archived_at=None)
STARRED = Q(deleted_at=None, starred=True)
ARCHIVED = Q(deleted_at=None, archived_at__isnull=False)


class TaskQuerySet(models.QuerySet["Task"]):
    def tracked(self) -> "TaskQuerySet":
        """Without the trash."""
        return self.filter(deleted_at__isnull=True)

    def on_desk(self) -> "TaskQuerySet":
        """Without the trash, and without what was put aside: what the list shows unless asked for more."""
        return self.tracked().filter(archived_at__isnull=True)

    def trash(self) -> "TaskQuerySet":
        return self.filter(deleted_at__isnull=False)

    def free(self, until: datetime) -> "TaskQuerySet":
        """To be asked before `until`, and nobody's."""
        return self.filter(next_poll_at__lte=until, next_poll_at__isnull=False, claimed_by__isnull=True)

    def with_owner(self) -> "TaskQuerySet":
        """Everything a row, a card or the API shows of a task, in two queries."""
        return self.select_related("account", "created_by").prefetch_related("results")


class Task(models.Model):
    """One generation at a provider.

    `version` rises with every change a reader can see, in the same conditional UPDATE that makes the
    change. Poll facts (`poll_count`, `last_poll_at`, `next_poll_at`) are the poller's notes and do not count.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    remote_id = models.CharField(max_length=512, null=True, blank=True)  # noqa: DJ001  NULL: no id yet, and unique ignores it
    poll_url = models.TextField(blank=True, default="")
    kind = models.CharField(
        max_length=16, choices=[(k.value, k.value) for k in Kind], default=Kind.OTHER.value
    )
    status = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in Status], default=Status.QUEUED.value
    )
    raw_status = models.CharField(max_length=200, blank=True, default="")
    progress = models.PositiveSmallIntegerField(null=True, blank=True)
    model = models.CharField(max_length=200, blank=True, default="")
    title = models.CharField(max_length=500, blank=True, default="")
    prompt = models.TextField(blank=True, default="")
    tags = models.JSONField(default=list, blank=True)
    search = models.TextField(blank=True, default="", editable=False)
    """Title, prompt, model and remote id, case-folded: what the text filter looks into."""
    tag_words = models.TextField(blank=True, default="", editable=False)
    """The tags, case-folded, each between line breaks: what the tag filter looks into. See `words_of`."""
    starred = models.BooleanField(default=False)
    """A favourite of the team's."""
    archived_at = models.DateTimeField(null=True, blank=True)
    """Put aside: out of the list, still found, still asked about."""

    error_reason = models.CharField(
        max_length=16, blank=True, default="", choices=[(r.value, r.value) for r in Reason]
    )
    error_code = models.CharField(max_length=200, blank=True, default="")
    error_message = models.TextField(blank=True, default="")

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    unseen_s = models.FloatField(null=True, blank=True, editable=False)
    """The end lies at most so long before `finished_at`; NULL: the provider told when it was."""
    status_at = models.DateTimeField(default=timezone.now)
    """When `status` last changed."""
    deadline_at = models.DateTimeField()
    changed_at = models.DateTimeField(default=timezone.now)
    """When `version` last rose: what the hub's look at the database goes by."""
    version = models.PositiveBigIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    next_poll_at = models.DateTimeField(null=True, blank=True)
    """NULL when nothing is to be asked: final, or in the trash."""
    last_poll_at = models.DateTimeField(null=True, blank=True)
    poll_count = models.PositiveIntegerField(default=0)
    check_requested_at = models.DateTimeField(null=True, blank=True)
    """Somebody asked to ask now; the poller that holds the task clears it."""
    claimed_by = models.ForeignKey(Poller, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "remote_id"], name="task_remote_id_once")]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="task_list", condition=Q(deleted_at=None)),
            models.Index(
                fields=["status", "-created_at", "-id"], name="task_by_status", condition=Q(deleted_at=None)
            ),
            models.Index(
                fields=["account", "-created_at", "-id"], name="task_by_account", condition=Q(deleted_at=None)
            ),
            models.Index(
                fields=["kind", "-created_at", "-id"], name="task_by_kind", condition=Q(deleted_at=None)
            ),
            models.Index(
                fields=["kind", "account", "status", "archived_at"],
                name="task_counts_archived",
                condition=Q(deleted_at=None),
            ),
            models.Index(fields=["-deleted_at"], name="task_trash", condition=Q(deleted_at__isnull=False)),
            models.Index(fields=["changed_at"], name="task_changed"),
            models.Index(
                fields=["account", "next_poll_at"],
                name="task_free",
                condition=Q(next_poll_at__isnull=False, claimed_by__isnull=True),
            ),
            models.Index(fields=["claimed_by"], name="task_claimed", condition=Q(claimed_by__isnull=False)),
            models.Index(
                fields=["check_requested_at"],
                name="task_check",
                condition=Q(check_requested_at__isnull=False),
            ),
            # What the list shows when it is asked for nothing else. These come late: of two that fit alike,
            # SQLite takes the one made last.
            models.Index(fields=["-created_at", "-id"], name="task_desk", condition=ON_DESK),
            models.Index(
                fields=["status", "-created_at", "-id"], name="task_desk_by_status", condition=ON_DESK
            ),
            models.Index(
                fields=["account", "-created_at", "-id"], name="task_desk_by_account", condition=ON_DESK
            ),
            models.Index(fields=["kind", "-created_at", "-id"], name="task_desk_by_kind", condition=ON_DESK),
            models.Index(
                fields=["created_by", "-created_at", "-id"],
                name="task_by_owner",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                fields=["created_by", "status", "archived_at"],
                name="task_owner_counts",
                condition=Q(deleted_at=None),
            ),
            # What the bell tells: a person's own, or everybody's.
            models.Index(
                fields=["created_by", "-status_at"], name="task_owner_news", condition=Q(deleted_at=None)
            ),
            models.Index(fields=["-status_at"], name="task_news", condition=Q(deleted_at=None)),
            models.Index(fields=["-created_at", "-id"], name="task_starred", condition=STARRED),
            models.Index(fields=["status", "archived_at"], name="task_starred_counts", condition=STARRED),
            models.Index(fields=["-created_at", "-id"], name="task_archived", condition=ARCHIVED),
            models.Index(fields=["status"], name="task_archived_counts", condition=ARCHIVED),
        ]

    def __str__(self) -> str:
        return self.shown_title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search = self.search_text()
        self.tag_words = words_of(self.tags)
        super().save(*args, **kwargs)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def can_be_asked(self) -> bool:
        """Whether the provider can still bring news of it."""
        return self.status in ASKED and self.deleted_at is None and bool(self.remote_id or self.poll_url)

    @property
    def shown_title(self) -> str:
        """What people call it: its title, else its prompt's beginning, else its remote id."""
        return self.title or self.prompt[:80] or self.remote_id or "Untitled"

    def search_text(self) -> str:
        return "\n".join((self.title, self.prompt, self.model, self.remote_id or "")).casefold()


def words_of(tags: Iterable[str]) -> str:
    """What `tag_words` holds for these tags; "" for none. A tag with commas is found by each of its parts."""
    words = [word for tag in tags for part in str(tag).splitlines() for word in part.split(",")]
    found = [word for one in words if (word := folded(one))]
    return "\n".join(["", *found, ""]) if found else ""


def folded(tag: str) -> str:
    """A tag as it is compared: case and space do not count."""
    return " ".join(tag.split()).casefold()


class Event(models.Model):
    """One fact in a task's history. `actor` is a person's name, or "" when the provider or we did it."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    type = models.CharField(max_length=16, choices=[(t.value, t.value) for t in EventType])
    from_status = models.CharField(max_length=16, blank=True, default="")
    to_status = models.CharField(max_length=16, blank=True, default="")
    actor = models.CharField(max_length=150, blank=True, default="")
    message = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.message or f"{self.from_status} → {self.to_status}"


class RawAnswer(models.Model):
    """The provider's last answer as it came, cut to 64 KiB; kept apart so that lists never load it."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="raw_answer")
    at = models.DateTimeField()
    http_status = models.PositiveSmallIntegerField()
    text = models.TextField()
    whole = models.BooleanField(default=False)
    """Whether nothing of it was cut: programs at the gateway may read it in place of the answer."""


def deadline(account: Account, kind: Kind, model: str, created_at: datetime) -> datetime:
    """When we give up waiting: the account's own time, else what its provider usually needs."""
    seconds = account.deadline_s or account.provider_module.deadline_s(kind, model)
    return created_at + timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))
