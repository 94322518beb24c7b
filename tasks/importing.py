"""Tasks that a provider's own list names: those not known here are tracked, with what they are about."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from tasks.asking import ask_once
from tasks.models import Account, Task
from tasks.providers.contract import Adoption, Lister, Page, ProviderError
from tasks.tracking import Intent, track

PAGE_SIZE = 100
PAGES_MAX = 100
NEW_MAX = 200
"""Tasks taken at a time: each is asked what it is about, and somebody waits."""


class NoList(Exception):
    """This provider has no list of tasks."""


@dataclass(slots=True)
class Imported:
    """What came of it. `more`: the list holds others that were not taken this time."""

    new: int = 0
    known: int = 0
    more: bool = False


def import_tasks(account: Account, user: User | None) -> Imported:
    """Track what the account's list has and we have not; those in the trash stay there. ProviderError, NoList. Blocks.

    Nobody minds pages that shift while they are read: what one time misses, the next one finds.
    """
    lister = account.provider_module.LISTING
    if lister is None:
        raise NoList
    done, seen = Imported(), set[str]()
    for number in range(1, PAGES_MAX + 1):
        page = Page(number, PAGE_SIZE)
        listed = lister.parse_list(ask_once(account, lister.list_request(page)), page)
        ids = [one.remote_id for one in listed.tasks if one and one.remote_id not in seen]
        seen.update(ids)
        here = set(
            Task.objects.filter(account=account, remote_id__in=ids).values_list("remote_id", flat=True)
        )
        done.known += len(here)
        for remote_id in ids:
            if remote_id in here:
                continue
            if done.new >= NEW_MAX:
                done.more = True
                return done
            _take(account, lister, remote_id, user)
            done.new += 1
        if not ids or (listed.total is not None and len(seen) >= listed.total):
            return done
    done.more = True
    return done


def _take(account: Account, lister: Lister, remote_id: str, user: User | None) -> None:
    try:
        subject = lister.parse_subject(ask_once(account, lister.subject_request(remote_id)))
    except ProviderError:  # it is tracked all the same, without a name
        subject = ""
    track(account, Adoption(remote_id), user, Intent(prompt=subject))
