"""Whether there is room for a file: on the disk, and in the quota of all copies together."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.db.models import Sum

from tasks.archive.failures import LocalTrouble
from tasks.figures import size
from tasks.models import Input, Result
from tasks.vocabulary import Archive

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class NoRoom(LocalTrouble):
    """There is no room for the file at present; what was written of it is in the way of others."""


def stored_bytes() -> int:
    """How much all copies take, and all files that tasks begin from."""
    copies = Result.objects.filter(archive=Archive.STORED).aggregate(total=Sum("bytes"))["total"]
    inputs = Input.objects.present().aggregate(total=Sum("bytes"))["total"]
    return int(copies or 0) + int(inputs or 0)


def disk_full(error: OSError) -> LocalTrouble:
    """A write that failed, as trouble of ours."""
    if error.errno in FULL:
        return NoRoom("The disk of DATA_DIR is full, so the file cannot be kept now. We try again.")
    return LocalTrouble(f"DATA_DIR cannot be written ({error.strerror}). We try again.")


@dataclass
class Room:
    """Knows what was promised to downloads under way in this process. `quota_bytes` None is no limit."""

    folder: Path
    quota_bytes: int | None
    least_free_bytes: int
    _promised: dict[UUID, int] = field(default_factory=dict)

    @contextmanager
    def promised(self, result_id: UUID) -> Iterator[None]:
        """For as long as a download lasts, what `claim` gave it counts."""
        self._promised[result_id] = 0
        try:
            yield
        finally:
            del self._promised[result_id]

    def claim(self, result_id: UUID, *, more_bytes: int, whole_bytes: int, used_bytes: int) -> None:
        """Take room for a file; NoRoom when there is none. Blocks for a moment. `more_bytes` are still to come."""
        free_bytes = shutil.disk_usage(self.folder).free
        if free_bytes - more_bytes < self.least_free_bytes:
            raise NoRoom(f"The disk of DATA_DIR is full: {size(free_bytes)} are free. We try again.")
        others = sum(self._promised.values()) - self._promised.get(result_id, 0)
        if self.quota_bytes is not None and used_bytes + others + max(1, whole_bytes) > self.quota_bytes:
            raise NoRoom(f"The quota of {size(self.quota_bytes)} for media is used up. We try again.")
        self._promised[result_id] = whole_bytes
