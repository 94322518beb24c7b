"""What programs read of a task or an account: the API's own representation, which lives on the other side of the house.

Named by two settings and looked up at the first use, so that the domain imports nothing of it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from tasks.models import Account, Task


def task_json(task: Task, site: str) -> Mapping[str, Any]:
    """A task loaded `with_owner()`, as `GET tasks` answers it."""
    represent = cast("Callable[[Task, str], Mapping[str, Any]]", _found(settings.TASK_REPRESENTATION))
    return represent(task, site)


def account_json(account: Account, now: datetime) -> Mapping[str, Any]:
    """An account, as `GET accounts` answers it."""
    represent = cast("Callable[[Account, int], Mapping[str, Any]]", _found(settings.ACCOUNT_REPRESENTATION))
    return represent(account, account.requests_last_minute(now))


def time_json(at: datetime) -> str:
    """As the API writes a time."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


@cache
def _found(path: str) -> object:
    return import_string(path)
