"""What the pages say of a status: its chip, the sentence of a row, and whose fault an end is."""

from dataclasses import dataclass

from dashboard.figures import clock
from tasks.models import Task
from tasks.vocabulary import ACTIVE, EventType, Kind, Reason, Status

MESSAGE_MAX = 600


@dataclass(frozen=True, slots=True)
class Chip:
    """A status to look at: colour, shape and word."""

    css: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the status filters above the list."""

    label: str
    icon: str
    css: str
    statuses: frozenset[Status]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a task came to stand where it does: who is at fault, and what helps."""

    css: str
    icon: str
    title: str
    paragraphs: tuple[str, ...]


CHIPS = {
    Status.SUBMITTING: Chip("submitting", "st-submitting", "Submitting"),
    Status.UNCONFIRMED: Chip("unconfirmed", "st-unconfirmed", "Not confirmed"),
    Status.QUEUED: Chip("queued", "st-queued", "Queued"),
    Status.RUNNING: Chip("running", "st-running", "Running"),
    Status.SUCCEEDED: Chip("succeeded", "st-done", "Done"),
    Status.FAILED: Chip("failed", "st-failed", "Failed"),
    Status.CANCELED: Chip("canceled", "st-canceled", "Canceled"),
    Status.LOST: Chip("lost", "st-lost", "Lost at provider"),
    Status.TIMED_OUT: Chip("timed_out", "st-timed_out", "Gave up waiting"),
}
BLOCKED = Chip("blocked", "st-blocked", "Blocked")
SAVING = Chip("saving", "st-saving", "Saving copy")

TABS = (
    Tab("All", "", "", frozenset()),
    Tab("Active", "st-running", "running", ACTIVE),
    Tab("Needs you", "st-unconfirmed", "waiting", frozenset({Status.UNCONFIRMED, Status.TIMED_OUT})),
    Tab("Done", "st-done", "succeeded", frozenset({Status.SUCCEEDED})),
    Tab("Failed", "st-failed", "failed", frozenset({Status.FAILED})),
    Tab("Canceled", "st-canceled", "idle", frozenset({Status.CANCELED})),
    Tab("Lost", "st-lost", "idle", frozenset({Status.LOST})),
)

KINDS = {
    Kind.VIDEO: "Video",
    Kind.IMAGE: "Image",
    Kind.AUDIO: "Audio",
    Kind.MODEL3D: "3D model",
    Kind.TEXT: "Text",
    Kind.OTHER: "Other",
}

REASONS = {
    Reason.MODERATION: "Moderation",
    Reason.QUOTA: "Quota",
    Reason.BAD_INPUT: "Bad input",
    Reason.AUTH: "Key refused",
    Reason.PROVIDER: "Provider error",
    Reason.UNKNOWN: "Unknown",
}

EVENTS = {
    EventType.CREATED: ("plus", "Created"),
    EventType.RECOVERED: ("retry", "Recovered"),
    EventType.NO_FILE: ("info", "No file"),
    EventType.PROBLEM: ("alert", "Problem"),
    EventType.CHECK: ("retry", "Checked on request"),
    EventType.STOPPED: ("trash", "Stopped tracking"),
    EventType.RESTORED: ("retry", "Restored from the trash"),
    EventType.EDITED: ("edit", "Edited"),
    EventType.SAVED: ("check", "Saved"),
    EventType.NOT_SAVED: ("alert", "Not saved"),
    EventType.ARCHIVED: ("archive", "Archived"),
    EventType.SHARED: ("share", ""),
    EventType.SHARE_ENDED: ("share", ""),
    EventType.UNARCHIVED: ("archive", "Unarchived"),
}


def is_blocked(task: Task) -> bool:
    return task.status == Status.FAILED and task.error_reason == Reason.MODERATION


def chip_of(task: Task) -> Chip:
    """The one chip of a row: a moderated failure shows as Blocked, a reported progress beside Running."""
    if is_blocked(task):
        return BLOCKED
    chip = CHIPS[Status(task.status)]
    if task.status == Status.RUNNING and task.progress is not None:
        return Chip(chip.css, chip.icon, f"{chip.word} {task.progress} %")
    return chip


def took_s(task: Task) -> float | None:
    """Seconds from its beginning to its end, when both are known and in that order."""
    if task.finished_at is None:
        return None
    begun_at = min(task.created_at, task.started_at or task.created_at)
    seconds = (task.finished_at - begun_at).total_seconds()
    return seconds if seconds > 0 else None


def sentence(task: Task) -> str:
    """What a row says of a task that ended without success, or needs somebody."""
    match Status(task.status):
        case Status.FAILED:
            return _failure(task)
        case Status.CANCELED:
            return f"Canceled{_after(task)}"
        case Status.LOST:
            return f"{_provider(task)} no longer knows it"
        case Status.TIMED_OUT:
            return f"No end after {clock((task.status_at - task.created_at).total_seconds())}"
        case Status.UNCONFIRMED:
            return "Connection lost while sending: it may or may not exist"
        case _:
            return ""


def _failure(task: Task) -> str:
    match task.error_reason:
        case Reason.MODERATION:
            return "Refused by the provider: content policy"
        case Reason.QUOTA:
            return f"No credit left at {_provider(task)}"
        case Reason.BAD_INPUT:
            return f"{_provider(task)} did not accept the input"
        case Reason.AUTH:
            return f"{_provider(task)} refused the account’s key"
        case Reason.PROVIDER:
            return f"Provider error{_after(task)}"
        case _:
            return f"Failed{_after(task)}, {_said(task) or 'no reason given'}"


def _after(task: Task) -> str:
    seconds = took_s(task)
    return f" after {clock(seconds)}" if seconds is not None else ""


def _said(task: Task) -> str:
    return f"“{task.error_message[:80]}”" if task.error_message else ""


def _provider(task: Task) -> str:
    return task.account.provider_module.NAME


def verdict(task: Task) -> Verdict | None:
    """The panel of a task that failed, vanished or waits for somebody; None for all others."""
    name = _provider(task)
    match Status(task.status):
        case Status.FAILED:
            return _failed_verdict(task)
        case Status.LOST:
            return Verdict("", "st-lost", f"{name} no longer knows this task", LOST)
        case Status.TIMED_OUT:
            return Verdict("waiting", "st-timed_out", "It did not end before our deadline", TIMED_OUT)
        case Status.UNCONFIRMED:
            title = "Nobody knows yet whether it was created"
            return Verdict("waiting", "st-unconfirmed", title, UNCONFIRMED)
        case Status.CANCELED:
            return Verdict(
                "", "st-canceled", "It was canceled", (f"{name} reports it as canceled{_after(task)}.",)
            )
        case _:
            return None


LOST = (
    "That is no proof of failure: it may have finished, and it may have been charged.",
    "We ask again on our own 10 minutes, 1 hour and 24 hours after it vanished. If it comes back, it goes on here.",
)
TIMED_OUT = (
    "The provider has not said that it failed: we only stopped asking all the time.",
    "We look again 2, 6 and 24 hours after the deadline. If it finishes late, it becomes Done here.",
)
UNCONFIRMED = (
    "The connection broke while the request was out. It may have been carried out, and it may have been charged, "
    "so it is never sent again by itself.",
    "Look it up at the provider: if it is there, adopt its id; if it is not, stop tracking this one.",
)


def _failed_verdict(task: Task) -> Verdict:
    name, account = _provider(task), str(task.account)
    match task.error_reason:
        case Reason.MODERATION:
            title = f"{name} refused it (content policy)"
            helps = "The same prompt will most likely be refused again. Describe it differently."
            return _says(task, "blocked", "st-blocked", title, helps)
        case Reason.QUOTA:
            title = f"{account} has no credit left at {name}"
            helps = f"Nothing is wrong with the task. Top up the account at {name}, then send it again."
        case Reason.BAD_INPUT:
            title = f"{name} did not accept the input"
            helps = "Something in the request is not what the model takes. Correct it and send it again."
        case Reason.AUTH:
            title = f"{name} refused the key of {account}"
            helps = "Nothing is wrong with the task. A manager can enter a working key on the accounts page."
        case Reason.PROVIDER:
            title = f"{name} could not finish it"
            helps = "The fault is the provider’s, not the prompt’s. The same request may work another time."
        case _:
            title = f"It failed at {name}"
            helps = "The provider does not say whose fault it is. The raw answer below is all it told."
    return _says(task, "failed", "st-failed", title, helps)


def _says(task: Task, css: str, icon: str, title: str, helps: str) -> Verdict:
    message = task.error_message[:MESSAGE_MAX]
    says = (f"It says: “{message}”",) if message else ("It gives no message.",)
    return Verdict(css, icon, title, (*says, helps))
