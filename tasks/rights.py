"""Who may still do what they asked for earlier. Roles are the dashboard's business, which hands its judgement in."""

from collections.abc import Callable

from django.contrib.auth.models import User

Judge = Callable[[User], bool]

_judges: list[Judge] = []


def judge_by(judge: Judge) -> None:
    """From now on `judge` says whether somebody may change tasks."""
    _judges[:] = [judge]


def may_change_tasks(user_id: int | None) -> bool:
    """Whether this person may change tasks now, read from the database; nobody may not."""
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id is not None else None
    return user is not None and all(judge(user) for judge in _judges)
