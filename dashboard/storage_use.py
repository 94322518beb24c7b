"""How much our copies take: all of them, by account, by kind and by age; and what room there is."""

import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage
from django.db.models import Case, Count, IntegerField, Sum, Value, When

from dashboard.wording import KINDS
from tasks.archive.storage import media_storage
from tasks.models import Account, Result
from tasks.vocabulary import Archive, Kind

AGES = ((7, "Up to 7 days"), (30, "8 to 30 days"), (90, "31 to 90 days"), (365, "91 days to a year"))
AGE_WORDS = (*(words for _, words in AGES), "Older than a year")
REMEMBERED = "storage-use"
LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Part:
    """What one account, kind or age takes. `share` is of all bytes, 0 to 100."""

    label: str
    count: int
    bytes: int
    share: float


@dataclass(frozen=True, slots=True)
class Use:
    """Of all copies, those of tasks in the trash as well."""

    counted_at: datetime
    count: int
    bytes: int
    accounts: list[Part]
    kinds: list[Part]
    ages: list[Part]


@dataclass(frozen=True, slots=True)
class Room:
    """None: nobody can tell, or there is no limit."""

    free_bytes: int | None
    disk_bytes: int | None
    quota_bytes: int | None


def read_use(now: datetime) -> Use:
    """Counted anew unless that was done just now: it is remembered for a hundred times as long as it took."""
    known: Use | None = cache.get(REMEMBERED)
    if known is None:
        begun_at = time.monotonic()
        known = count_use(now)
        cache.set(REMEMBERED, known, timeout=min(LONGEST_S, 100 * (time.monotonic() - begun_at)))
    return known


def count_use(now: datetime) -> Use:
    """In three queries, however many copies there are."""
    stored = Result.objects.filter(archive=Archive.STORED).order_by()
    ages, kinds, accounts = _Sums(), _Sums(), _Sums()
    for kind, age, count, total in _summed(stored.values_list("kind", _age(now))):
        kinds.add(KINDS[Kind(kind)], count, total)
        ages.add(AGE_WORDS[age], count, total)
    names = {one.pk: str(one) for one in Account.objects.all()}
    for account_id, count, total in _summed(stored.values_list("task__account")):
        accounts.add(names.get(account_id, "?"), count, total)
    return Use(
        now, sum(kinds.counts.values()), kinds.total, accounts.parts(), kinds.parts(), ages.parts(AGE_WORDS)
    )


def read_room() -> Room:
    storage = media_storage()
    if not isinstance(storage, FileSystemStorage):
        return Room(None, None, settings.MEDIA_QUOTA)
    disk = shutil.disk_usage(settings.DATA_DIR)
    return Room(disk.free, disk.total, settings.MEDIA_QUOTA)


class _Sums:
    """Files and bytes by label."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = defaultdict(int)
        self.bytes: dict[str, int] = defaultdict(int)

    @property
    def total(self) -> int:
        return sum(self.bytes.values())

    def add(self, label: str, count: int, total: int | None) -> None:
        self.counts[label] += count
        self.bytes[label] += int(total or 0)

    def parts(self, order: Sequence[str] = ()) -> list[Part]:
        """In the given order, else the largest first."""
        labels = order or sorted(self.bytes, key=lambda label: -self.bytes[label])
        return [
            Part(one, self.counts[one], self.bytes[one], 100 * self.bytes[one] / (self.total or 1))
            for one in labels
        ]


def _summed(rows: Any) -> Iterable[Any]:
    return rows.annotate(files=Count("*"), total=Sum("bytes"))  # type: ignore[no-any-return]


def _age(now: datetime) -> Case:
    """Which of `AGE_WORDS`, by its place."""
    cases = [
        When(stored_at__gt=now - timedelta(days=days), then=Value(n)) for n, (days, _) in enumerate(AGES)
    ]
    return Case(*cases, default=Value(len(AGES)), output_field=IntegerField())
