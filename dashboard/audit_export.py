"""The audit log as a table for spreadsheets, written while it is sent."""

import csv
from collections.abc import AsyncGenerator, Iterable
from io import StringIO

from channels.db import database_sync_to_async

from dashboard.audit_log import AuditFilter, Place, page_after
from tasks.models import AuditEntry

CHUNK = 500
COLUMNS = ("time (UTC)", "who", "deed", "what", "id", "details")
BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheets take UTF-8 for something else."""
FORMULA_SIGNS = frozenset("=+-@\t\r\n")


async def table_of(found: AuditFilter) -> AsyncGenerator[bytes, None]:
    """All entries of a filter as CSV, a chunk in memory at a time."""
    yield (BYTE_ORDER_MARK + lines_of([COLUMNS])).encode()
    place: Place | None = None
    while True:
        entries, place = await database_sync_to_async(page_after)(found.entries(), place, CHUNK)
        yield lines_of(map(_row, entries)).encode()
        if place is None:
            return


def _row(entry: AuditEntry) -> tuple[str, ...]:
    who = entry.actor_name or "Dailies"
    at = f"{entry.at:%Y-%m-%d %H:%M:%S}"
    return at, who, entry.deed, entry.subject, entry.subject_id, entry.details


def lines_of(rows: Iterable[tuple[str, ...]]) -> str:
    """Rows as CSV in which no cell is a formula."""
    text = StringIO()
    csv.writer(text).writerows([_as_text(cell) for cell in row] for row in rows)
    return text.getvalue()


def _as_text(cell: str) -> str:
    """What a spreadsheet would take for a formula begins with an apostrophe: titles and names are anybody's."""
    begins = (cell[:1], cell.lstrip()[:1])
    return f"'{cell}" if FORMULA_SIGNS.intersection(begins) else cell
