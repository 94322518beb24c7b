"""What one socket, or one request of a page without a socket, wants to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from dashboard.filters import TaskFilter
from tasks.models import Task


class View(StrEnum):
    """How a task is drawn: as a row, a card or a whole page; for programs as JSON; beside a bell not at all."""

    ROWS = "rows"
    CARDS = "cards"
    TASK = "task"
    BELL = "bell"
    JSON = "json"


EVERYTHING = TaskFilter()
PAGE_VIEWS = {view.value: view for view in (View.ROWS, View.CARDS, View.TASK, View.BELL)}


class UnknownInterest(ValueError):
    """The query string names no view of ours, or no task for the view of one."""


@dataclass(frozen=True, slots=True)
class Interest:
    """Sockets of equal interest are sent the same bytes."""

    view: View
    found: TaskFilter = EVERYTHING
    task_id: UUID | None = None
    grows: bool = True
    """Whether tasks it does not show yet belong to it: not to one task's page, nor to an older page of a list."""
    whole: bool = False
    """Whether it had no older page when it was made: then an older task that comes to match belongs on it too."""
    site: str = ""
    """The address that a program's links begin with."""

    @classmethod
    def of_page(cls, query: Mapping[str, str]) -> "Interest":
        """From a page's query string. UnknownInterest or UnknownWord when it makes no sense."""
        name = query.get("view", View.ROWS.value)
        if name not in PAGE_VIEWS:
            raise UnknownInterest(f"There is no view “{name[:20]}”.")
        view = PAGE_VIEWS[name]
        if view is View.TASK:
            return cls(view, task_id=_task_id(query.get("id", "")), grows=False)
        if view is View.BELL:
            return cls(view, grows=False)
        return cls(
            view, TaskFilter.read(query), grows=not query.get("cursor"), whole=query.get("whole") == "1"
        )

    @classmethod
    def of_program(cls, site: str) -> "Interest":
        """All tasks."""
        return cls(View.JSON, site=site)

    @property
    def is_program(self) -> bool:
        return self.view is View.JSON

    def matches(self, task: Task) -> bool:
        """Whether a task, its account and owner loaded, is among those it is about."""
        if self.view is View.TASK:
            return task.id == self.task_id and task.deleted_at is None
        if self.view is View.BELL:
            return False
        return self.found.matches(task)


def _task_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownInterest("The view of one task needs its id.") from error
