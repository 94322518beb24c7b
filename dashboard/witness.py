"""Stands beside whatever changes people: judges it, writes it into the audit log, and tells the hubs.

It compares the roster before and after, so nothing gets past it, whichever page, form or command does the deed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User

from dashboard.roster import NO_POWERS, Change, Person, Roster, changes
from tasks.auditing import remember
from tasks.models import Installation
from tasks.publishing import publish_people
from tasks.transactions import write_transaction
from tasks.vocabulary import Deed


class NotAllowed(Exception):
    """What was asked for would lock people out or hand out more than one has. Its text is for people."""


@contextmanager
def witnessed(by: User | None) -> Iterator[None]:
    """A write transaction. NotAllowed, with nothing changed, for what `by` may not do; None, a command, may do all."""
    with write_transaction():
        Installation.objects.select_for_update().filter(pk=1).first()  # one at a time, on PostgreSQL too
        before = Roster.read()
        yield
        after = Roster.read()
        found = changes(before, after)
        if by is not None:
            _judge(found, before, after, by)
        _remember_people(found, by)
        owners = _remember_tokens(before, after, by)
        publish_people({one.user_id for one in found if one.was} | owners)


def _judge(found: list[Change], before: Roster, after: Roster, by: User) -> None:
    for one in found:
        if one.user_id == by.pk and one.was and (one.now is None or one.now.standing != one.was.standing):
            raise NotAllowed(
                "You cannot change your own role, disable or delete yourself. Another manager can."
            )
        if not by.is_superuser and _takes_an_administrator(one):
            raise NotAllowed(
                "Only an administrator may change an administrator or give somebody the admin site."
            )
    if before.has_manager and not after.has_manager:
        raise NotAllowed("That would leave nobody who manages. Make somebody else a manager first.")


def _takes_an_administrator(one: Change) -> bool:
    """What concerns an administrator, or gives powers beyond the role."""
    if any(person is not None and person.superuser for person in (one.was, one.now)):
        return True
    return one.now is not None and one.now.powers != (one.was.powers if one.was else NO_POWERS)


def _remember_people(found: list[Change], by: User | None) -> None:
    for one in found:
        own = by is not None and one.user_id == by.pk
        for deed, details in _deeds(one.was, one.now, own=own):
            remember(deed, by, one.name, subject_id=one.user_id, details=details)


def _deeds(was: Person | None, now: Person | None, *, own: bool) -> Iterator[tuple[Deed, str]]:
    if was is None or now is None:
        if now:
            yield Deed.PERSON_ADDED, now.rank
        if was:
            yield Deed.PERSON_DELETED, was.rank
        return
    if was.rank != now.rank:
        yield Deed.ROLE_CHANGED, f"{was.rank} → {now.rank}"
    elif was.powers != now.powers:
        yield Deed.ROLE_CHANGED, "other permissions on the admin site"
    if was.active != now.active:
        yield (Deed.PERSON_ENABLED if now.active else Deed.PERSON_DISABLED), now.rank
    if was.password != now.password and not own:
        yield Deed.PASSWORD_SET, ""


def _remember_tokens(before: Roster, after: Roster, by: User | None) -> set[int]:
    """Whose tokens ended."""
    gone = [before.tokens[pk] for pk in sorted(before.tokens.keys() - after.tokens.keys())]
    for token in gone:
        owner = before.people[token.owner_id].name
        remember(Deed.TOKEN_REVOKED, by, token.name, subject_id=token.owner_id, details=f"of {owner}")
    return {token.owner_id for token in gone}
