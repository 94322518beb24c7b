"""Making a task once more with the parameters it had: one way for pages and batches."""

from django.contrib.auth.models import User

from tasks.creating import Wish, create
from tasks.models import Submission, Task
from tasks.tracking import Intent
from tasks.vocabulary import Kind


def why_not(task: Task, call: Submission | None) -> str:
    """Why it cannot be made once more; "" when it can. `call`: the create call it was made by."""
    if call is None or not call.params:
        return "It was not made here, so its parameters are not known."
    if not task.account.enabled:
        return "Its account is paused."
    return ""


def make_again(task: Task, call: Submission, user: User | None, key: str) -> Task:
    """The new task; the same `key` makes none twice within a day. BadParams, KeyReused. It may cost money."""
    intent = Intent(title=task.title, tags=tuple(task.tags))
    return create(task.account, Wish(Kind(task.kind), call.params, intent, key=key, retry_of=task), user).task
