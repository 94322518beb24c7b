"""What people do to find tasks again: star them, put them aside, tag them. One way for page, API and admin.

Every act is told which tasks it is about, changes those that are not so already, and says which they were.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from tasks.auditing import name_of
from tasks.lifecycle import touch
from tasks.models import Event, Task
from tasks.models.task import folded, words_of
from tasks.transactions import write_transaction
from tasks.vocabulary import EventType

MAX_TAGS = 50
MAX_TAG = 100
"""Characters of one tag."""
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")


class BadTags(ValueError):
    """Tags that a task cannot have. Its text is for people."""


def read_tags(text: str) -> list[str]:
    """Tags as people type them, with commas between. BadTags for one too long, or with what no database takes."""
    return checked_tags(word for part in text.splitlines() for word in part.split(","))


def checked_tags(words: Iterable[object]) -> list[str]:
    """Texts as tags: trimmed, each once whatever its case, blank ones left out. BadTags for anything else."""
    found: dict[str, str] = {}
    for word in words:
        if not isinstance(word, str):
            raise BadTags("A tag is a text.")
        tag = " ".join(word.split())
        if _NO_TEXT.search(tag):
            raise BadTags("A tag holds a character that is no text.")
        if len(tag) > MAX_TAG:
            raise BadTags(f"“{tag[:30]}…” is longer than {MAX_TAG} characters.")
        if tag:
            found.setdefault(folded(tag), tag)
    if len(found) > MAX_TAGS:
        raise BadTags(f"A task takes {MAX_TAGS} tags at most.")
    return list(found.values())


def set_starred(ids: Iterable[UUID], *, starred: bool) -> list[UUID]:
    """Make tasks favourites of the team, or no longer."""
    rows = Task.objects.tracked().exclude(starred=starred)
    return _set(rows, ids, timezone.now(), starred=starred)


def put_aside(ids: Iterable[UUID], by: User | None) -> list[UUID]:
    """Take tasks out of the list. They are still found, and still asked about."""
    now = timezone.now()
    with write_transaction():
        moved = _set(Task.objects.tracked().filter(archived_at=None), ids, now, archived_at=now)
        _tell(moved, EventType.ARCHIVED, by, now)
    return moved


def take_back(ids: Iterable[UUID], by: User | None) -> list[UUID]:
    """Take tasks that were put aside into the list again."""
    now = timezone.now()
    with write_transaction():
        rows = Task.objects.tracked().filter(archived_at__isnull=False)
        moved = _set(rows, ids, now, archived_at=None)
        _tell(moved, EventType.UNARCHIVED, by, now)
    return moved


def add_tags(ids: Iterable[UUID], tags: Iterable[str], by: User | None) -> list[UUID]:
    """Add tags behind those a task has. BadTags, and nothing changed, when one would have too many."""
    new = list(tags)
    return _retag(ids, lambda had: _with(had, new), f"Tagged {', '.join(new)}", by)


def remove_tags(ids: Iterable[UUID], tags: Iterable[str], by: User | None) -> list[UUID]:
    """Take tags away, in whatever case they are written."""
    old = list(tags)
    return _retag(ids, lambda had: _without(had, old), f"No longer tagged {', '.join(old)}", by)


def known_tags(among: int = 300) -> list[str]:
    """The tags of the newest tasks, by name: what somebody is likely to mean."""
    newest = Task.objects.tracked().order_by("-created_at", "-id").values_list("tags", flat=True)[:among]
    found = {folded(tag): tag for tags in newest for tag in tags}
    return [found[word] for word in sorted(found)]


def _with(had: list[str], new: list[str]) -> list[str]:
    known = set(map(folded, had))
    tags = [*had, *(tag for tag in new if folded(tag) not in known)]
    if len(tags) > max(MAX_TAGS, len(had)):
        raise BadTags(f"A task takes {MAX_TAGS} tags at most.")
    return tags


def _without(had: list[str], old: list[str]) -> list[str]:
    unwanted = set(map(folded, old))
    return [tag for tag in had if folded(tag) not in unwanted]


def _set(rows: models.QuerySet[Task], ids: Iterable[UUID], now: datetime, **columns: object) -> list[UUID]:
    with write_transaction():
        found = list(
            rows.filter(pk__in=list(ids)).order_by("pk").select_for_update().values_list("pk", flat=True)
        )
        Task.objects.filter(pk__in=found).update(**columns)
        touch(found, now)
    return found


def _retag(
    ids: Iterable[UUID], change: Callable[[list[str]], list[str]], message: str, by: User | None
) -> list[UUID]:
    now = timezone.now()
    with write_transaction():
        rows = (
            Task.objects.tracked()
            .filter(pk__in=list(ids))
            .order_by("pk")
            .select_for_update()
            .only("id", "tags")
        )
        changed = []
        for row in rows:
            had, row.tags = row.tags, change(row.tags)
            row.tag_words = words_of(row.tags)
            changed += [row] if row.tags != had else []
        Task.objects.bulk_update(changed, ["tags", "tag_words"], batch_size=200)
        found = [row.pk for row in changed]
        _tell(found, EventType.EDITED, by, now, message)
        touch(found, now)
    return found


def _tell(ids: list[UUID], event: EventType, by: User | None, now: datetime, message: str = "") -> None:
    Event.objects.bulk_create(
        [Event(task_id=pk, at=now, type=event, actor=name_of(by), message=message) for pk in ids]
    )
