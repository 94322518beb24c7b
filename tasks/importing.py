"""Tasks that a provider's own list names: those not known here are tracked, with what they are about."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from tasks.asking import ask_once
from tasks.models import Account, Dismissed, Submission, Task
from tasks.providers.contract import About, Adoption, Answer, Lister, Page, ProviderError, Request
from tasks.tracking import Intent, track
from tasks.vocabulary import Status

PAGE_SIZE = 100
PAGES_MAX = 100
NEW_MAX = 200
"""Tasks taken at a time: each is asked what it is about, and somebody waits."""
UNTOLD_FOR = timedelta(days=1)
"""So long a task that does not tell what it is about may be the one of a call that nobody could confirm."""

Ask = Callable[[Account, Request], Answer]
"""One request within the account's budget; ProviderError."""


class NoList(Exception):
    """This provider has no list of tasks."""


@dataclass(slots=True)
class Imported:
    """What came of it. `more`: the list holds others that were not taken this time."""

    new: int = 0
    known: int = 0
    more: bool = False
    left: int = 0
    """Not taken, since each may be the task of a create call that nobody could confirm: that page offers it."""
    waits: bool = False
    """A create call is out: what is new in the list may be its task."""
    asked: int = 0
    """Requests that it took."""


def ask_now(account: Account, request: Request) -> Answer:
    """As `ask_once`; looked up here at each call."""
    return ask_once(account, request)


def import_tasks(
    account: Account,
    user: User | None,
    *,
    pages: int = PAGES_MAX,
    most: int = NEW_MAX,
    ask: Ask = ask_now,
) -> Imported:
    """Track what the account's list has and we have not; those stopped here stay so. ProviderError, NoList. Blocks.

    Of a list longer than `pages` only its end is read, where new tasks stand. Nobody minds pages that shift while
    they are read: what one time misses, the next one finds.
    """
    lister, done = lister_of(account), Imported()
    reader = ListReader(account, ask, pages)
    open_calls = Unconfirmed(account, lister)
    for ids in reader:
        done.asked += 1
        if call_is_out(account):
            done.waits = True
            return done
        new = unknown(account, ids)
        done.known += len(ids) - len(new)
        for remote_id in new:
            if done.new >= most:
                done.more = True
                return done
            about = about_of(account, lister, remote_id, ask)
            done.asked += 1
            if open_calls.may_have_made(remote_id, about):
                done.left += 1
                continue
            track(account, Adoption(remote_id), user, Intent(prompt=about.subject if about else ""))
            done.new += 1
    done.more = reader.cut
    return done


def lister_of(account: Account) -> Lister:
    """How this account's list is read. NoList."""
    lister = account.provider_module.LISTING
    if lister is None:
        raise NoList
    return lister


class ListReader:
    """Reads a list page by page: the ids that no earlier page had. `cut`: it is longer than what was read."""

    def __init__(self, account: Account, ask: Ask, pages: int) -> None:
        self._account = account
        self._lister = lister_of(account)
        self._ask = ask
        self._pages = pages
        self.cut = False

    def __iter__(self) -> Iterator[list[str]]:
        seen: set[str] = set()
        number = 1
        for _ in range(self._pages):
            page = Page(number, PAGE_SIZE)
            listed = self._lister.parse_list(self._ask(self._account, self._lister.list_request(page)), page)
            ids = [one.remote_id for one in listed.tasks if one and one.remote_id not in seen]
            seen.update(ids)
            yield ids
            if not ids or (listed.total is not None and len(seen) >= listed.total):
                return
            number = self._after(number, listed.total)
        self.cut = True

    def _after(self, number: int, total: int | None) -> int:
        """The page to read next: after the first one, of a long list, the first of those at its end."""
        last = -(-total // PAGE_SIZE) if total else 0
        return max(number + 1, last - self._pages + 2) if number == 1 else number + 1


def unknown(account: Account, ids: Iterable[str]) -> list[str]:
    """Those of these ids that are not here, not in the trash, and were not stopped here and deleted since."""
    wanted = list(ids)
    rows = Task.objects.filter(account=account, remote_id__in=wanted)
    here = set(rows.values_list("remote_id", flat=True))
    gone = Dismissed.objects.filter(account=account, remote_id__in=wanted)
    here |= set(gone.values_list("remote_id", flat=True))
    return [one for one in wanted if one not in here]


def call_is_out(account: Account) -> bool:
    """Whether a create call was sent of which nobody knows yet what came of it."""
    return Submission.objects.filter(
        task__account=account, sent_at__isnull=False, settled_at__isnull=True
    ).exists()


def about_of(account: Account, lister: Lister, remote_id: str, ask: Ask = ask_now) -> About | None:
    """What a listed task is about; None where the server does not tell, or not yet. ProviderError (limited)."""
    try:
        return lister.parse_about(ask(account, lister.subject_request(remote_id)))
    except ProviderError:  # it may be tracked all the same, without a name
        return None


class Unconfirmed:
    """The account's tasks of which nobody knows whether they were made: what may be theirs is not taken in."""

    def __init__(self, account: Account, lister: Lister) -> None:
        self._lister = lister
        rows = Submission.objects.filter(
            task__account=account, task__status=Status.UNCONFIRMED, task__deleted_at=None
        )
        self._calls = list(rows.select_related("task"))

    def may_have_made(self, remote_id: str, about: About | None) -> bool:
        """Whether it carries an id of ours, fits one of the calls, or does not tell yet while one is young."""
        if any(str(call.pk) == remote_id for call in self._calls):
            return True
        if about is not None:
            return any(self._lister.was_made_by(about, call.params) for call in self._calls)
        since = timezone.now() - UNTOLD_FOR
        return any(call.created_at > since for call in self._calls)
