"""Changes of tasks as other parts of the product make them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils import timezone

from tasks.models import Task
from tasks.publishing import publish_tasks
from tasks.transactions import write_transaction


def change(task_id: UUID, **columns: Any) -> int:
    """Change a task as the poller does, and tell; its new version."""
    with write_transaction():
        version = change_silently(task_id, **columns)
        publish_tasks([task_id])
    return version


def change_silently(task_id: UUID, **columns: Any) -> int:
    """Change a task as a process does that shares nothing with this one but the database."""
    version = Task.objects.values_list("version", flat=True).get(pk=task_id) + 1
    Task.objects.filter(pk=task_id).update(**columns, version=version, changed_at=timezone.now())
    return version


def purge(task_id: UUID) -> None:
    """Delete a task for good, and tell."""
    with write_transaction():
        Task.objects.filter(pk=task_id).delete()
        publish_tasks([task_id])


def tidy(work: Callable[[], None]) -> Callable[[], None]:
    """For a thread of its own: `work`, then its database connection is closed."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    return run
