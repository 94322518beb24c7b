from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tasks.lifecycle import Change, Known
from tasks.models import Task
from tasks.providers.contract import TaskRef
from tasks.scheduling import TaskView
from tasks.transport import Prepared
from tasks.vocabulary import Kind


@dataclass(slots=True, eq=False)
class Tracked:
    """A claimed task in the poller's memory: the row's truth as last read or written, and our own notes."""

    id: UUID
    account_id: int
    ref: TaskRef
    known: Known
    version: int
    status_at: datetime
    deadline_at: datetime
    due_s: float
    """When to ask next, on the loop's clock."""
    last_poll_at: datetime | None = None
    poll_count: int = 0
    request: Prepared | None = None
    """Built once: a task's question never changes."""
    heard: int | None = None
    """Hash of the last answer that was parsed and applied: the same bytes again mean no news."""
    failures: int = 0
    missing: int = 0
    missing_since_s: float = 0.0
    problem: str = ""
    """What the last failed ask was, so that a streak of the same leaves one event."""
    problems: int = 0
    """How often that changed."""
    facts_changed: bool = False
    view: TaskView | None = None
    """What decides when it is asked next; None before our first answer, and once it turns out to be of another kind."""
    gone: bool = False
    """No longer ours: in the trash, finished, or held by another poller."""
    asking: bool = False
    hurried: bool = False
    """Somebody wants it asked again at once, though an answer is just on its way."""

    @classmethod
    def of(cls, task: Task, file_count: int, due_s: float) -> "Tracked":
        return cls(
            id=task.id,
            account_id=task.account_id,
            ref=TaskRef(task.remote_id or "", task.poll_url, Kind(task.kind), task.model),
            known=Known.of(task, file_count),
            version=task.version,
            status_at=task.status_at,
            deadline_at=task.deadline_at,
            due_s=due_s,
            last_poll_at=task.last_poll_at,
            poll_count=task.poll_count,
        )


@dataclass(slots=True, eq=False)
class Update:
    """A change still to be written. `decide` makes it anew from the row when somebody else was faster."""

    tracked: Tracked
    change: Change
    decide: Callable[[Known], Change]
    at: datetime
    next_poll_at: datetime | None
    release: bool
