"""What is deleted by age, by and by."""

from django.utils import timezone

from tasks.database_thread import DatabaseThread
from tasks.tracking import PURGE_CHUNK, purge_trash
from tasks.visits import forget_visits


async def purge() -> None:
    """In a thread of its own: files may be deleted far away, and meanwhile the heartbeat wants the database."""
    database = DatabaseThread("purge-database")
    try:
        while await database.run(purge_trash, timezone.now()) == PURGE_CHUNK:
            pass
        await database.run(forget_visits, timezone.now())
    finally:
        await database.close()
