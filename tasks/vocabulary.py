"""The words of the product, shared by providers, models, pages and API. No Django here: providers know none."""

from enum import StrEnum


class Kind(StrEnum):
    """What a task makes, or what a result is."""

    VIDEO = "video"
    IMAGE = "image"
    AUDIO = "audio"
    MODEL3D = "model3d"
    TEXT = "text"
    OTHER = "other"


class Status(StrEnum):
    """Where a task stands.

    submitting ─▶ queued ─▶ running ─▶ succeeded | failed | canceled      final: nothing leaves them
         └▶ unconfirmed     (a person: adopt or discard)
    queued, running ─▶ lost | timed_out ─▶ any status a late answer brings
    """

    SUBMITTING = "submitting"
    UNCONFIRMED = "unconfirmed"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    LOST = "lost"
    TIMED_OUT = "timed_out"


FINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELED})
ACTIVE = frozenset({Status.SUBMITTING, Status.QUEUED, Status.RUNNING})
WAITING = frozenset({Status.QUEUED, Status.RUNNING})
"""Statuses in which the provider has it and has not told how it ended."""
ASKED = frozenset({Status.QUEUED, Status.RUNNING, Status.LOST, Status.TIMED_OUT})
"""Statuses in which a provider can still bring news."""
WRONG = frozenset({Status.FAILED, Status.UNCONFIRMED, Status.LOST, Status.TIMED_OUT})
"""Statuses in which somebody may want to look after it."""
TOLD = FINAL | WRONG
"""Statuses whose beginning channels tell of."""


class Reason(StrEnum):
    """Why a task failed, in our words."""

    MODERATION = "moderation"
    QUOTA = "quota"
    BAD_INPUT = "bad_input"
    AUTH = "auth"
    PROVIDER = "provider"
    UNKNOWN = "unknown"


class Archive(StrEnum):
    """Where our own copy of a result stands."""

    PENDING = "pending"
    STORED = "stored"
    FAILED = "failed"
    EXPIRED = "expired"
    SKIPPED = "skipped"


class Health(StrEnum):
    """How an account does, as its last answers showed."""

    OK = "ok"
    LIMITED = "limited"
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    PAUSED = "paused"


class EventType(StrEnum):
    """What an event in a task's history tells."""

    CREATED = "created"
    STATUS = "status"
    RECOVERED = "recovered"
    NO_FILE = "no_file"
    PROBLEM = "problem"
    CHECK = "check"
    STOPPED = "stopped"
    RESTORED = "restored"
    EDITED = "edited"
    SAVED = "saved"
    NOT_SAVED = "not_saved"
    SHARED = "shared"
    SHARE_ENDED = "share_ended"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"


class Duty(StrEnum):
    """What a process with a heartbeat does."""

    POLLING = "polling"
    ARCHIVING = "archiving"
    SUBMITTING = "submitting"
    NOTIFYING = "notifying"
    BATCHING = "batching"


class ChannelKind(StrEnum):
    """How a channel tells: words for people, through a service that they read, or JSON for programs."""

    CHAT = "chat"
    WEBHOOK = "webhook"


class Tells(StrEnum):
    """Of which tasks' ends a channel tells."""

    ENDED = "ended"
    WRONG = "wrong"
    NOTHING = "nothing"


class What(StrEnum):
    """What a channel is told, beside `task.<status>`. Also the `type` of a webhook's message."""

    ACCOUNT_TROUBLE = "account.trouble"
    ACCOUNT_RECOVERED = "account.recovered"
    TEST = "test"
    MESSAGE = "message"


class BatchAct(StrEnum):
    """What a batch does with each of its tasks."""

    STAR = "star"
    UNSTAR = "unstar"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    TAG = "tag"
    UNTAG = "untag"
    STOP = "stop"
    RESTORE = "restore"
    KEEP = "keep"
    AGAIN = "again"
    CANCEL = "cancel"
    DELETE = "delete"


class ItemState(StrEnum):
    """How far a batch is with one task: waiting ─▶ (begun) ─▶ done | not_done | left."""

    WAITING = "waiting"
    BEGUN = "begun"
    """Its provider is being asked; asked once more when nobody wrote down the answer."""
    DONE = "done"
    NOT_DONE = "not_done"
    LEFT = "left"
    """The batch ended before its turn."""


class Wait(StrEnum):
    """Why a task is not asked although its time has come."""

    BACKOFF = "backoff"
    BUDGET = "budget"
    AT_ONCE = "at_once"
    LIMITED = "limited"
    KEY = "key"
    PAUSED = "paused"


class Deed(StrEnum):
    """What the audit log remembers."""

    SHARE_MADE = "share_made"
    SHARE_CHANGED = "share_changed"
    SHARE_RENEWED = "share_renewed"
    SHARE_REVOKED = "share_revoked"
    TASK_DELETED = "task_deleted"
    TASK_RESTORED = "task_restored"
    COPY_DELETED = "copy_deleted"
    RULE_MADE = "rule_made"
    RULE_CHANGED = "rule_changed"
    RULE_DELETED = "rule_deleted"
    RULE_APPLIED = "rule_applied"
    PERSON_ADDED = "person_added"
    PERSON_DELETED = "person_deleted"
    ROLE_CHANGED = "role_changed"
    PERSON_DISABLED = "person_disabled"
    PERSON_ENABLED = "person_enabled"
    LINK_GIVEN = "link_given"
    PASSWORD_SET = "password_set"  # noqa: S105  a word, not a secret
    TOKEN_MADE = "token_made"  # noqa: S105
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DELETED = "account_deleted"
    CHANNEL_ADDED = "channel_added"
    CHANNEL_CHANGED = "channel_changed"
    CHANNEL_DELETED = "channel_deleted"
