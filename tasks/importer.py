"""The process that reads lists by itself: for accounts that take in new tasks, and for tasks nobody could confirm.

On a thread of its own, since each request is waited for. Several processes: whoever moves the time at which a list is
due reads it, so only one does.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone

from tasks import publishing
from tasks.asking import ask_once
from tasks.database_thread import DatabaseThread
from tasks.figures import counted
from tasks.importing import Ask, Imported, NoList, ask_now, import_tasks
from tasks.looking_up import due_lookups, look_up
from tasks.models import Account
from tasks.poller.duties import cancel, repeat
from tasks.providers.contract import Answer, ErrorKind, ProviderError, Request
from tasks.secrets import KeyUnreadable
from tasks.timing import MINUTE
from tasks.transactions import write_transaction

LOOK_S = 5.0
SHORTEST_GAP_S, LONGEST_GAP_S = MINUTE, 5 * MINUTE
"""Between two readings of a list, by what one costs."""
SHARE = 0.1
"""Of an account's requests, at most so much is spent on reading its list."""
REQUEST_COSTS_S = 10.0
"""Where nobody set a limit: so much longer is the gap for each request."""
PAGES = 10
NEW_AT_ONCE = 20
LEASE = timedelta(minutes=30)
"""Whoever reads is given up for dead after that long."""


class Stopped(Exception):
    """This process is to end; what was begun is due again at once."""


async def run_importer(stop: asyncio.Event, every_s: float = LOOK_S) -> None:
    """Until `stop` is set; the request under way is waited for."""
    publishing.set_home_loop(asyncio.get_running_loop())
    thread = DatabaseThread("importer")

    def ask(account: Account, request: Request) -> Answer:
        if stop.is_set():
            raise Stopped
        return ask_once(account, request)

    async def care() -> None:
        with suppress(Stopped):
            await thread.run(read_due, timezone.now, ask)

    caring = asyncio.create_task(repeat(every_s, care))
    try:
        await stop.wait()
    finally:
        await cancel([caring])
        with suppress(InterfaceError, OperationalError):
            await thread.close()


async def import_once() -> None:
    """Read what is due one time."""
    thread = DatabaseThread("importer")
    try:
        await thread.run(read_due, timezone.now, ask_now)
    finally:
        await thread.close()


def read_due(clock: Callable[[], datetime], ask: Ask) -> None:
    """What nobody could confirm first: an import leaves alone what may be theirs."""
    for task_id in due_lookups(clock()):
        look_up(task_id, clock(), ask)
    for account in due_accounts(clock()):
        take_in_new(account, clock(), ask)


def due_accounts(now: datetime) -> list[Account]:
    """Those that take in new tasks, and whose list is to be read now."""
    wanted = Account.objects.enabled().filter(imports=True)
    return list(wanted.filter(Q(import_due_at=None) | Q(import_due_at__lte=now)))


def take_in_new(account: Account, now: datetime, ask: Ask = ask_now) -> None:
    """Read its list once, unless another process does just now, and track what is new there."""
    lease = now + LEASE
    due = Q(import_due_at=None) | Q(import_due_at__lte=now)
    if not _write(account, due & Q(imports=True), import_due_at=lease):
        return
    mine = Q(import_due_at=lease)
    try:
        done = import_tasks(account, None, pages=pages_for(account), most=NEW_AT_ONCE, ask=ask)
    except (ProviderError, KeyUnreadable) as error:
        is_limited = isinstance(error, ProviderError) and error.kind is ErrorKind.LIMITED
        said = error.said_once if isinstance(error, ProviderError) else "The account’s key cannot be read."
        gap_s = SHORTEST_GAP_S if is_limited else LONGEST_GAP_S
        _write(
            account,
            mine,
            import_due_at=now + timedelta(seconds=gap_s),
            import_message=f"The list cannot be read: {said}"[:500],
        )
    except NoList:
        _write(account, mine, imports=False, import_due_at=None)
    except BaseException:
        _write(account, mine, import_due_at=now)
        raise
    else:
        due_at = now + timedelta(seconds=gap_for(account, done))
        _write(account, mine, import_due_at=due_at, imported_at=now, import_message=told_of(done))


def pages_for(account: Account) -> int:
    """How many pages one reading may take, so that every five minutes it stays within its share."""
    if account.requests_per_minute is None:
        return PAGES
    return max(1, min(PAGES, int(SHARE * account.requests_per_minute * LONGEST_GAP_S / MINUTE)))


def gap_for(account: Account, done: Imported) -> float:
    """Seconds until the next reading: the longer, the more requests this one took; soon when there is more."""
    if done.waits:
        return SHORTEST_GAP_S
    per_minute = account.requests_per_minute
    costs_s = done.asked * (MINUTE / (SHARE * per_minute) if per_minute else REQUEST_COSTS_S)
    return min(max(SHORTEST_GAP_S, costs_s), LONGEST_GAP_S)


def told_of(done: Imported) -> str:
    """What the account's card says of a reading."""
    if done.waits:
        return "A create call was out, so nothing was taken in."
    left = f", {counted(done.left, 'other')} may be of a call that nobody could confirm" if done.left else ""
    new = f"{counted(done.new, 'new task')}" if done.new else "Nothing new"
    return f"{new}{left}."


def _write(account: Account, held: Q, **columns: object) -> bool:
    with write_transaction():
        return bool(Account.objects.filter(held, pk=account.pk).update(**columns))
