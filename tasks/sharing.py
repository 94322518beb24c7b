"""Links for people without a login: made, changed, replaced, revoked. One way for page, API and admin."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User
from django.utils import timezone

from tasks.auditing import name_of, remember
from tasks.lifecycle import touch
from tasks.models import Event, Result, Share, ShareItem, Task
from tasks.secrets import hash_token
from tasks.transactions import write_transaction
from tasks.vocabulary import Deed, EventType

TOKEN_BYTES = 24
USUAL_LIFE = timedelta(days=7)
LONGEST_LIFE = timedelta(days=3660)
PIECES_MAX = 200
PASSWORD_MAX = 200


class NothingToShare(Exception):
    """None of what was named is there any more."""


class NoSuchShare(Exception):
    """It never existed, or was revoked."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a share shows: a task with all its results, those to come included, or one result of it."""

    task_id: UUID
    result_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a link allows. `expires_at` None: it works until somebody revokes it; `password` "": none is asked for."""

    expires_at: datetime | None
    password: str = ""
    allow_download: bool = True
    show_prompt: bool = False
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """`token` is nowhere else: whoever made the link is shown it now, or never."""

    share: Share
    token: str


CHANGEABLE = {
    "title": "title",
    "note": "note",
    "expires_at": "end",
    "allow_download": "downloads",
    "show_prompt": "prompt",
}
"""Columns that people change, as the log calls them. The password has a way of its own."""


def make(pieces: Sequence[Piece], terms: Terms, by: User | None) -> Made:
    """A new link to these pieces, in their order. NothingToShare when none of them is tracked."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), timezone.now()
    share = Share(
        token_hash=hash_token(token),
        password_hash=_hashed(terms.password),
        created_at=now,
        created_by=by,
        **{name: getattr(terms, name) for name in CHANGEABLE},
    )
    with write_transaction():
        share.save(force_insert=True)
        _put(share, pieces)
        _tell(share, EventType.SHARED, f"Link made, {_until(share)}", by, now)
        remember(Deed.SHARE_MADE, by, name_of_share(share), subject_id=share.pk, details=_until(share))
    return Made(share, token)


def change(
    share_id: UUID, by: User | None, values: Mapping[str, object], *, password: str | None = None
) -> Share:
    """Change what `values` names of CHANGEABLE; a `password` replaces the one there is, "" removes it.

    Nothing to change leaves no trace. NoSuchShare when it was revoked.
    """
    hashed = None if password is None else _hashed(password)
    now = timezone.now()
    with write_transaction():
        share = _locked(share_id)
        given = {name: value for name, value in values.items() if name in CHANGEABLE}
        columns = {name: value for name, value in given.items() if value != getattr(share, name)}
        words = [CHANGEABLE[name] for name in columns]
        if hashed is not None and hashed != share.password_hash:
            columns["password_hash"] = hashed
            words.append("password")
        if columns:
            _write(share, columns)
            message = f"Changed {', '.join(words)}; {_until(share)}"
            _tell(share, EventType.SHARED, f"Link changed: {', '.join(words)}", by, now)
            remember(Deed.SHARE_CHANGED, by, name_of_share(share), subject_id=share.pk, details=message)
    return share


def renew(share_id: UUID, by: User | None) -> Made:
    """A new token in place of the old one, which nobody knows any more. NoSuchShare when it was revoked."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), timezone.now()
    with write_transaction():
        share = _locked(share_id)
        _write(share, {"token_hash": hash_token(token)})
        _tell(share, EventType.SHARED, "New link in place of the old one", by, now)
        remember(Deed.SHARE_RENEWED, by, name_of_share(share), subject_id=share.pk)
    return Made(share, token)


def replace(share_id: UUID, pieces: Sequence[Piece], by: User | None) -> Share:
    """Show these pieces behind the same link. NothingToShare, or NoSuchShare, and it shows what it showed before."""
    now = timezone.now()
    with write_transaction():
        share = _locked(share_id)
        before = set(_tasks_of(share))
        share.items.all().delete()
        _put(share, pieces)
        left = before - set(_tasks_of(share))
        _record(left, EventType.SHARE_ENDED, "Its link shows something else now", by, now)
        _tell(share, EventType.SHARED, "Shown behind a link that was there already", by, now)
        remember(
            Deed.SHARE_CHANGED, by, name_of_share(share), subject_id=share.pk, details="It shows this now"
        )
    return share


def revoke(ids: Iterable[UUID], by: User | None) -> list[UUID]:
    """End links at once; they look as if they had never existed. Those that were not revoked before."""
    now = timezone.now()
    with write_transaction():
        rows = Share.objects.filter(pk__in=list(ids), revoked_at=None).select_for_update()
        found = list(rows)
        Share.objects.filter(pk__in=[share.pk for share in found]).update(revoked_at=now)
        for share in found:
            _tell(share, EventType.SHARE_ENDED, "Link revoked", by, now)
            remember(Deed.SHARE_REVOKED, by, name_of_share(share), subject_id=share.pk)
    return [share.pk for share in found]


def opens(share: Share, password: str) -> bool:
    """Whether this is the password of a share that has one. Takes its time, whatever the answer."""
    return check_password(password[: PASSWORD_MAX + 1], share.password_hash)


def name_of_share(share: Share, tasks: Sequence[Task] | None = None) -> str:
    """What people call it: its title, else what it shows. `tasks` spares the question which those are."""
    if share.title:
        return share.title
    if tasks is None:
        items = share.items.order_by("position").select_related("task")
        tasks = list({item.task_id: item.task for item in items}.values())
    more = f" and {len(tasks) - 1} more" if len(tasks) > 1 else ""
    return f"{tasks[0].shown_title}{more}" if tasks else str(share)


def _hashed(password: str) -> str:
    return make_password(password) if password else ""


def _locked(share_id: UUID) -> Share:
    share = Share.objects.select_for_update().filter(pk=share_id, revoked_at=None).first()
    if share is None:
        raise NoSuchShare
    return share


def _write(share: Share, columns: Mapping[str, object]) -> None:
    for name, value in columns.items():
        setattr(share, name, value)
    share.save(update_fields=list(columns))


def _put(share: Share, pieces: Sequence[Piece]) -> None:
    """What is there of `pieces`, each once."""
    wanted = list(dict.fromkeys(pieces))[:PIECES_MAX]
    tracked = Task.objects.tracked().filter(pk__in={piece.task_id for piece in wanted})
    tasks = set(tracked.values_list("pk", flat=True))
    chosen = Result.objects.filter(pk__in={piece.result_id for piece in wanted if piece.result_id})
    results = set(chosen.values_list("task_id", "pk"))
    kept = [
        piece
        for piece in wanted
        if piece.task_id in tasks and (not piece.result_id or (piece.task_id, piece.result_id) in results)
    ]
    if not kept:
        raise NothingToShare
    ShareItem.objects.bulk_create(
        ShareItem(share=share, task_id=one.task_id, result_id=one.result_id, position=n)
        for n, one in enumerate(kept)
    )


def _tasks_of(share: Share) -> list[UUID]:
    return list(dict.fromkeys(share.items.order_by("position").values_list("task_id", flat=True)))


def _tell(share: Share, event: EventType, message: str, by: User | None, now: datetime) -> None:
    _record(_tasks_of(share), event, message, by, now)


def _record(task_ids: Iterable[UUID], event: EventType, message: str, by: User | None, now: datetime) -> None:
    """In the history of each task, and on every page that shows it."""
    ids = list(task_ids)
    Event.objects.bulk_create(
        Event(task_id=pk, at=now, type=event, actor=name_of(by), message=message) for pk in ids
    )
    touch(ids, now)


def _until(share: Share) -> str:
    """In UTC, as everything that is written down."""
    at = share.expires_at
    return f"works until {at.day} {at:%B %Y, %H:%M} UTC" if at else "works until it is revoked"
