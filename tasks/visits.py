"""How often a share was looked at: once a visitor and hour, and nobody is remembered longer than a few hours."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils.crypto import salted_hmac

from tasks.lifecycle import touch
from tasks.models import Share, ShareItem, ShareVisit
from tasks.transactions import write_transaction

KEPT = timedelta(hours=3)
NOTED_EVERY = timedelta(minutes=1)


def visitor_in(share_id: UUID, address: str, agent: str, hour: datetime) -> str:
    """A visitor's name for one share and hour: the same browser has another one an hour later and elsewhere."""
    key = f"dailies.visit.{share_id}.{hour.isoformat()}"
    return salted_hmac(key, f"{address}\n{agent}", algorithm="sha256").hexdigest()


def count_visit(share_id: UUID, address: str, agent: str, now: datetime) -> bool:
    """Somebody saw this share. True when it is the first time this hour: then it is one view more."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    visitor = visitor_in(share_id, address, agent, hour)
    mine = ShareVisit.objects.filter(share_id=share_id, hour=hour, visitor=visitor)
    if mine.exists():
        _saw(share_id, now)
        return False
    with write_transaction():
        if not mine.get_or_create(share_id=share_id, hour=hour, visitor=visitor)[1]:
            return False
        rows = Share.objects.filter(pk=share_id)
        rows.update(last_seen_at=now, views=F("views") + 1)
        touch(ShareItem.objects.filter(share=share_id).values_list("task_id", flat=True), now)
    return True


def _saw(share_id: UUID, now: datetime) -> None:
    """Noted once a minute at most: a player asks for its file in many parts."""
    stale = Share.objects.filter(pk=share_id, last_seen_at__lt=now - NOTED_EVERY)
    if stale.exists():
        with write_transaction():
            stale.update(last_seen_at=now)


def forget_visits(now: datetime) -> int:
    """Delete who came, hours ago; the number of views stays. How many rows."""
    old = ShareVisit.objects.filter(hour__lt=now - KEPT)
    if not old.exists():
        return 0
    with write_transaction():
        return old.delete()[0]
