"""Looking for a task of which nobody knows whether it was made, in its provider's list.

Certain is only a task that carries our own id: newer servers take it from us, so no other call can have made it.
Everything else that fits is offered, for a person to decide.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from tasks.importing import Ask, ListReader, about_of, ask_now, call_is_out, lister_of, unknown
from tasks.lifecycle import touch
from tasks.models import Lookup, Submission, Task
from tasks.providers import PROVIDERS
from tasks.providers.contract import About, ErrorKind, ProviderError
from tasks.secrets import KeyUnreadable
from tasks.timing import HOUR, MINUTE
from tasks.transactions import write_transaction
from tasks.unconfirmed import CannotAdopt, adopt
from tasks.vocabulary import Status

AGAIN_AFTER_S = (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR)
"""After each look, how long until the next; then no more by itself. The server tells a task's subject only late."""
SOON_S = 15.0
"""Until an account without room, or with a create call out, is tried again."""
LEASE = timedelta(minutes=10)
"""Whoever looks is given up for dead after that long."""
PAGES = 20
ASKED_MAX = 30
"""Tasks that are asked what they are about, the newest ones."""
FITTING_MAX = 5
CLOCKS_DIFFER = timedelta(minutes=10)
"""The most by which the server's clock may be behind ours."""


def due_lookups(now: datetime) -> list[UUID]:
    """Tasks to look for now; each gets its row here when it is the first time."""
    listed = [name for name, provider in PROVIDERS.items() if provider.LISTING is not None]
    open_ = Task.objects.tracked().filter(
        status=Status.UNCONFIRMED, account__provider__in=listed, account__enabled=True
    )
    for task_id in list(open_.filter(lookup=None).values_list("pk", flat=True)[:100]):
        Lookup.objects.get_or_create(pk=task_id, defaults={"due_at": now})
    return list(open_.filter(lookup__due_at__lte=now).values_list("pk", flat=True)[:100])


def look_up(task_id: UUID, now: datetime, ask: Ask = ask_now) -> None:
    """Look for it once, unless another process does just now. Blocks, within the account's budget."""
    lease = now + LEASE
    if not _move(task_id, Q(due_at__lte=now), lease):
        return
    task = (
        Task.objects.tracked().filter(pk=task_id, status=Status.UNCONFIRMED).select_related("account").first()
    )
    if task is None:
        _move(task_id, Q(due_at=lease), None)
        return
    try:
        _look(task, now, ask, lease)
    except (ProviderError, KeyUnreadable) as error:
        limited = isinstance(error, ProviderError) and error.kind is ErrorKind.LIMITED
        said = error.said_once if isinstance(error, ProviderError) else "The account’s key cannot be read."
        _note(task, now, lease, SOON_S if limited else None, problem=said[:500])
    except BaseException:
        _move(task_id, Q(due_at=lease), now)
        raise


def look_again(task: Task, now: datetime) -> bool:
    """A person wants it looked for now. False: it is not that kind of task."""
    if task.status != Status.UNCONFIRMED or task.account.provider_module.LISTING is None:
        return False
    with write_transaction():
        Lookup.objects.update_or_create(pk=task.pk, defaults={"due_at": now})
    return True


def _look(task: Task, now: datetime, ask: Ask, lease: datetime) -> None:
    account, call = task.account, Submission.objects.filter(pk=task.pk).first()
    ids = [one for page in ListReader(account, ask, PAGES) for one in page]
    if call_is_out(account):
        _note(task, now, lease, SOON_S, problem="")
        return
    new = unknown(account, ids)
    if str(task.pk) in new:
        _adopt_certain(task)
        return
    lister, fitting, untold = lister_of(account), [], 0
    for remote_id in list(reversed(new))[:ASKED_MAX]:
        about = about_of(account, lister, remote_id, ask)
        if about is None:
            untold += 1
        elif call and _is_since(about, call) and lister.was_made_by(about, call.params):
            fitting.append(remote_id)
    _note(task, now, lease, None, fitting=fitting[:FITTING_MAX], untold=untold)


def _is_since(about: About, call: Submission) -> bool:
    """Whether what it is about was written down after our call; a server that tells no time is believed."""
    return about.at is None or about.at >= (call.sent_at or call.created_at) - CLOCKS_DIFFER


def _adopt_certain(task: Task) -> None:
    try:
        adopt(task, str(task.pk), None)
    except CannotAdopt:  # a person settled it just now
        return


def _note(task: Task, now: datetime, lease: datetime, again_s: float | None, **columns: object) -> None:
    """What was seen; `again_s` None: the next look is due after the usual time, and this one counts."""
    lookup = Lookup.objects.get(pk=task.pk)
    values: dict[str, object] = {"problem": "", **columns}
    if again_s is None:
        gap = dict(enumerate(AGAIN_AFTER_S)).get(lookup.times)
        values |= {"times": F("times") + 1, "looked_at": now}
    else:
        gap = again_s
    values["due_at"] = None if gap is None else now + timedelta(seconds=gap)
    with write_transaction():
        if Lookup.objects.filter(pk=task.pk, due_at=lease).update(**values):
            touch([task.pk], now)


def _move(task_id: UUID, held: Q, due_at: datetime | None) -> bool:
    with write_transaction():
        return bool(Lookup.objects.filter(held, pk=task_id).update(due_at=due_at))
