"""What programs read of tasks and accounts: the shapes, and how rows become them. API and socket share it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from tasks.models import Account, Event, Result, Task
from tasks.providers import PROVIDERS
from tasks.vocabulary import Archive, EventType, Health, Kind, Reason, Status


def _word(description: str, words: Iterable[str]) -> object:
    return Field(description=description, json_schema_extra={"enum": [str(word) for word in words]})


def _time(description: str) -> object:
    return Field(description=f"{description} ISO 8601, UTC.", examples=["2026-11-22T14:05:09.123456Z"])


class TaskErrorJson(TypedDict):
    """Why a task failed."""

    reason: Annotated[str, _word("Our word for it.", Reason)]
    code: Annotated[str | None, Field(description="The provider's own code.", examples=["content_policy"])]
    message: Annotated[str, Field(description="A sentence for people.")]


class ResultJson(TypedDict):
    """One file a task made."""

    id: Annotated[str, Field(description="UUID.")]
    kind: Annotated[str, _word("What the file is.", Kind)]
    role: Annotated[
        str, Field(description="`output`, or what else it is.", examples=["output", "cover", "lyrics"])
    ]
    url: Annotated[str, Field(description="Ours, absolute; takes the same bearer token and may redirect.")]
    archive: Annotated[str, _word("Where our own copy stands.", Archive)]
    bytes: Annotated[int | None, Field(description="Size.")]
    content_type: Annotated[str | None, Field(description="MIME type.", examples=["video/mp4"])]
    width: Annotated[int | None, Field(description="Pixels.")]
    height: Annotated[int | None, Field(description="Pixels.")]
    duration: Annotated[float | None, Field(description="Seconds.")]
    sha256: Annotated[str | None, Field(description="Of our own copy, hexadecimal.")]


EventJson = TypedDict(
    "EventJson",
    {
        "at": Annotated[str, _time("When.")],
        "type": Annotated[str, _word("What kind of fact; `status` is a change of status.", EventType)],
        "from": Annotated[str | None, Field(description="The status before.")],
        "to": Annotated[str | None, Field(description="The status after.")],
        "actor": Annotated[
            str | None, Field(description="The person; null when the provider or Dailies did it.")
        ],
        "message": Annotated[str | None, Field(description="A sentence for people.")],
    },
)
EventJson.__doc__ = "One fact in a task's history."


class TaskJson(TypedDict):
    """One generation at a provider. Every key is always there."""

    id: Annotated[str, Field(description="UUID.")]
    account: Annotated[str, Field(description="The account's slug.", examples=["lemon"])]
    provider: Annotated[str, _word("The account's provider.", PROVIDERS)]
    remote_id: Annotated[
        str | None, Field(description="The provider's own identifier; null before it is known.")
    ]
    kind: Annotated[str, _word("What the task makes.", Kind)]
    status: Annotated[str, _word("Where it stands, in our words.", Status)]
    raw_status: Annotated[
        str, Field(description="The provider's own word, as it came.", examples=["processing", "4"])
    ]
    progress: Annotated[int | None, Field(description="0 to 100; 100 when succeeded; null when unknown.")]
    model: Annotated[str, Field(description='"" when unknown.', examples=["veo3.1"])]
    title: Annotated[str, Field(description='"" when it has none.')]
    prompt: Annotated[str, Field(description='"" when unknown.')]
    tags: Annotated[list[str], Field(description="Words to find it by.")]
    error: Annotated[TaskErrorJson | None, Field(description="Only of a failed task.")]
    results: Annotated[list[ResultJson], Field(description="The files it made, so far.")]
    created_at: Annotated[str, _time("When tracking began.")]
    started_at: Annotated[str | None, _time("When the provider began.")]
    finished_at: Annotated[str | None, _time("When it became final.")]
    last_poll_at: Annotated[str | None, _time("When the provider was last asked; may lag 5 s.")]
    next_poll_at: Annotated[str | None, _time("When it is asked next; null when it is not.")]
    poll_count: Annotated[int, Field(description="How often the provider was asked; may lag 5 s.")]
    version: Annotated[int, Field(description="Rises with every change except the poll facts.")]


class WholeTaskJson(TaskJson):
    """A task with its history."""

    events: Annotated[list[EventJson], Field(description="Oldest first.")]


class TaskPageJson(TypedDict):
    """One page of tasks, newest first."""

    items: Annotated[list[TaskJson], Field(description="At most `limit` tasks.")]
    next: Annotated[str | None, Field(description="`cursor` of the next page; null on the last.")]


class AccountJson(TypedDict):
    """One connection to a provider. Keys are never shown."""

    slug: Annotated[str, Field(description="Its name for programs.", examples=["lemon"])]
    provider: Annotated[str, _word("The kind of service.", PROVIDERS)]
    base_url: Annotated[str, Field(description="Where it is asked.", examples=["https://api.lemondata.cc"])]
    enabled: Annotated[bool, Field(description="False: nothing of it is asked.")]
    health: Annotated[str, _word("How its last answers were; `paused` when it is not enabled.", Health)]
    message: Annotated[str | None, Field(description="What is wrong, for people.")]
    requests_per_minute: Annotated[int | None, Field(description="The most in any 60 s; null is no limit.")]
    requests_last_minute: Annotated[int, Field(description="Sent in the last 60 s; may lag 2 s.")]


class AccountsJson(TypedDict):
    """Every account, by slug."""

    items: Annotated[list[AccountJson], Field(description="All of them.")]


def time_json(at: datetime) -> str:
    """`2026-11-22T14:05:09.123456Z`: always UTC, always six digits, so that text sorts as time does."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def task_json(task: Task, site: str) -> TaskJson:
    """A task loaded `with_owner()`. `site` is `site_url()`: what its result links begin with."""
    return TaskJson(
        id=str(task.id),
        account=task.account.slug,
        provider=task.account.provider,
        remote_id=task.remote_id,
        kind=task.kind,
        status=task.status,
        raw_status=task.raw_status,
        progress=100 if task.status == Status.SUCCEEDED else task.progress,
        model=task.model,
        title=task.title,
        prompt=task.prompt,
        tags=task.tags,
        error=_error_json(task),
        results=[result_json(result, site) for result in task.results.all()],
        created_at=time_json(task.created_at),
        started_at=_maybe_time(task.started_at),
        finished_at=_maybe_time(task.finished_at),
        last_poll_at=_maybe_time(task.last_poll_at),
        next_poll_at=_maybe_time(task.next_poll_at),
        poll_count=task.poll_count,
        version=task.version,
    )


def whole_task_json(task: Task, site: str) -> WholeTaskJson:
    """The same with its events, which cost one query more."""
    return WholeTaskJson(**task_json(task, site), events=[event_json(event) for event in task.events.all()])


def result_json(result: Result, site: str) -> ResultJson:
    """One file, behind a link of ours that never changes."""
    return ResultJson(
        id=str(result.id),
        kind=result.kind,
        role=result.role,
        url=f"{site}/results/{result.id}",
        archive=result.archive,
        bytes=result.bytes,
        content_type=result.content_type or None,
        width=result.width,
        height=result.height,
        duration=result.duration_s,
        sha256=result.sha256 or None,
    )


def event_json(event: Event) -> EventJson:
    """One fact of a task's history."""
    return {
        "at": time_json(event.at),
        "type": event.type,
        "from": event.from_status or None,
        "to": event.to_status or None,
        "actor": event.actor or None,
        "message": event.message or None,
    }


def account_json(account: Account, requests_last_minute: int) -> AccountJson:
    """An account; what its last answers said is hidden while a person has paused it."""
    said = account.health_message or account.money_message if account.enabled else ""
    return AccountJson(
        slug=account.slug,
        provider=account.provider,
        base_url=account.base_url,
        enabled=account.enabled,
        health=account.shown_health.value,
        message=said or None,
        requests_per_minute=account.requests_per_minute,
        requests_last_minute=requests_last_minute,
    )


def _error_json(task: Task) -> TaskErrorJson | None:
    if task.status != Status.FAILED:
        return None
    return TaskErrorJson(
        reason=task.error_reason or Reason.UNKNOWN.value,
        code=task.error_code or None,
        message=task.error_message,
    )


def _maybe_time(at: datetime | None) -> str | None:
    return time_json(at) if at else None
