"""What chat messages say. Plain text: titles and providers' words go out as they are, for the service to escape."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.figures import counted
from tasks.models import Account, Incident, Task
from tasks.notifying.chat import Message
from tasks.notifying.cohorts import Cohort
from tasks.vocabulary import ACTIVE, WRONG, Health, Status, What

LINES = 12
TITLE_MAX = 120
REASON_MAX = 300
SUBJECT_MAX = 300
ENDS = {
    Status.SUCCEEDED: "done",
    Status.FAILED: "failed",
    Status.CANCELED: "canceled",
    Status.LOST: "lost at the provider",
    Status.TIMED_OUT: "given up waiting for",
    Status.UNCONFIRMED: "not confirmed",
}
"""In the order in which they are told."""


@dataclass(frozen=True, slots=True)
class End:
    """That a task ended, as it was noticed."""

    task: Task
    status: Status


@dataclass(frozen=True, slots=True)
class News:
    """That an account's trouble began, or is over."""

    incident: Incident
    is_over: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """Everything that one message tells."""

    ends: Sequence[End]
    news: Sequence[News] = ()
    cohort: Cohort | None = None
    """When all of the ends belong to one."""
    was_quiet: bool = False


def message_of(told: Telling, site: str) -> Message:
    """One message for people. `site` is what links begin with, "" for none."""
    if len(told.ends) == 1 and not told.news and not told.was_quiet and not _is_many(told.cohort):
        return _about_one(told.ends[0], site)
    if len(told.news) == 1 and not told.ends and not told.was_quiet:
        return _about_account(told.news[0], site)
    lines = [_headline(one) for one in told.news]
    lines += [_line(one) for one in _worst_first(told.ends)]
    more = len(lines) - LINES
    if more > 0:
        lines[LINES:] = [f"… and {more} more"]
    return Message(_title(told), "\n".join([*lines, *([f"{site}/"] if site else [])]), _tone(told))


def _title(told: Telling) -> str:
    title = _of_cohort(told.cohort) if told.cohort and _is_many(told.cohort) else _of_many(told)
    return f"While it was quiet: {title}" if told.was_quiet else title


def _of_cohort(cohort: Cohort) -> str:
    ended, going = _counts(Counter(one.status for one in cohort.members)), cohort.count(ACTIVE)
    still = f", {going} still under way" if going else ""
    return f"{len(cohort.members)} tasks started together: {ended}{still}"


def _of_many(told: Telling) -> str:
    ended = _counts(Counter(one.status for one in told.ends))
    accounts = f"news of {counted(len(told.news), 'account')}" if told.news else ""
    return ", ".join(part for part in (ended, accounts) if part)


def _counts(found: Counter[Status]) -> str:
    return ", ".join(f"{found[status]} {words}" for status, words in ENDS.items() if found[status])


def _tone(told: Telling) -> str:
    bad = any(one.status in WRONG for one in told.ends) or any(not one.is_over for one in told.news)
    return "warning" if bad else "success" if told.ends else "info"


def _about_one(end: End, site: str) -> Message:
    task, words = end.task, ENDS[end.status]
    facts = [str(task.account), task.model, task.kind, _duration(task, end.status)]
    lines = [" · ".join(fact for fact in facts if fact)]
    if reason := _reason(end):
        lines.insert(0, reason)
    if site:
        lines.append(f"{site}/tasks/{task.pk}")
    tone = "failure" if end.status in WRONG else "success" if end.status is Status.SUCCEEDED else "info"
    return Message(f"{words[:1].upper()}{words[1:]}: {_name(task)}", "\n".join(lines), tone)


def _about_account(news: News, site: str) -> Message:
    lines = [news.incident.message] if news.incident.message and not news.is_over else []
    lines += [f"{site}/accounts"] if site else []
    return Message(
        _headline(news), "\n".join(lines) or _headline(news), "success" if news.is_over else "failure"
    )


def _headline(news: News) -> str:
    account, refused = news.incident.account, news.incident.health == Health.UNAUTHORIZED
    if news.is_over:
        return f"{account}: {'the key is accepted again' if refused else 'it answers again'}"
    return f"{account}: {'the key is refused' if refused else 'it cannot be reached'}"


def _line(end: End) -> str:
    reason = _reason(end)
    words = ENDS[end.status]
    return f"{words[:1].upper()}{words[1:]}: {_name(end.task)}" + (f" ({reason})" if reason else "")


def _worst_first(ends: Iterable[End]) -> list[End]:
    return sorted(ends, key=lambda one: one.status not in WRONG)


def _reason(end: End) -> str:
    text = end.task.error_message if end.status is Status.FAILED else ""
    return text if len(text) <= REASON_MAX else f"{text[: REASON_MAX - 1]}…"


def _name(task: Task) -> str:
    title = " ".join(task.shown_title.split())
    return title if len(title) <= TITLE_MAX else f"{title[: TITLE_MAX - 1]}…"


def _duration(task: Task, status: Status) -> str:
    if status is not Status.SUCCEEDED or task.finished_at is None:
        return ""
    minutes, seconds = divmod(round((task.finished_at - task.created_at).total_seconds()), 60)
    return f"took {minutes}:{seconds:02} min" if minutes else f"took {seconds} s"


def _is_many(cohort: Cohort | None) -> bool:
    return cohort is not None and len(cohort.members) > 1


def subject_of_task(task: Task, status: str) -> str:
    """For the log: `done: A ridge`."""
    words = ENDS.get(Status(status), status)
    return f"{words[:1].upper()}{words[1:]}: {_name(task)}"[:SUBJECT_MAX]


def subject_of_account(account: Account, what: str) -> str:
    words = "back" if what == What.ACCOUNT_RECOVERED else "in trouble"
    return f"{account} is {words}"[:SUBJECT_MAX]


def trial_message(at: datetime, site: str) -> Message:
    """What the test button sends."""
    lines = [f"Sent {at:%d %B %Y, %H:%M} UTC. What happens to your tasks will be told here.", site]
    return Message("Dailies can reach you", "\n".join(line for line in lines if line), "success")
