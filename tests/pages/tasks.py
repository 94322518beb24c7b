"""Rows for tests of the pages."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from tasks.models import Account, Task
from tasks.vocabulary import Status


def make(account: Account, *, age_s: float = 60, **fields: Any) -> Task:
    """A running video of a minute ago, unless `fields` say otherwise."""
    now = timezone.now()
    values = {
        "title": "A ridge",
        "status": Status.RUNNING,
        "kind": "video",
        "remote_id": f"ldtask_{uuid4().hex}",
        "deadline_at": now + timedelta(hours=1),
    } | fields
    return Task.objects.create(account=account, created_at=now - timedelta(seconds=age_s), **values)
