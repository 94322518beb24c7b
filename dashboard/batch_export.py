"""Every task of a batch and what came of it, as a table for spreadsheets, written while it is sent."""

from collections.abc import AsyncGenerator
from uuid import UUID

from channels.db import database_sync_to_async

from dashboard.audit_export import BYTE_ORDER_MARK, CHUNK, lines_of
from tasks.models import BatchItem

COLUMNS = ("task", "outcome", "reason", "made", "address")

Row = tuple[int, UUID, str, str, UUID | None]


async def table_of(batch_id: UUID, tasks_url: str) -> AsyncGenerator[bytes, None]:
    """All items of a batch as CSV, a chunk in memory at a time. `tasks_url` with an id behind it is a task's page."""
    yield (BYTE_ORDER_MARK + lines_of([COLUMNS])).encode()
    after = 0
    while rows := await database_sync_to_async(_page)(batch_id, after):
        yield lines_of(_cells(row, tasks_url) for row in rows).encode()
        after = rows[-1][0]


def _page(batch_id: UUID, after: int) -> list[Row]:
    rows = BatchItem.objects.filter(batch=batch_id, pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", "task_id", "state", "reason", "made")[:CHUNK])


def _cells(row: Row, tasks_url: str) -> tuple[str, ...]:
    _, task_id, state, reason, made = row
    return str(task_id), state, reason, str(made or ""), f"{tasks_url}{made or task_id}"
