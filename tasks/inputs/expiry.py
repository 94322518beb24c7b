"""Files that tasks begin from go some time after somebody used them last. A process killed midway has a successor."""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from tasks.archive.storage import input_name, input_poster_name, media_storage
from tasks.inputs.limits import KEPT, UNFINISHED_KEPT
from tasks.models import Input, Submission
from tasks.models.input import InputQuerySet
from tasks.transactions import lock_in_order, write_transaction

logger = logging.getLogger(__name__)

CHUNK = 200


def remove_unused(now: datetime) -> int:
    """Give up a chunk of those that nobody needs, and delete what was given up; how many rows are gone."""
    give_up(list(_unneeded(now).order_by("pk").values_list("pk", flat=True)[:CHUNK]), now)
    return _delete(Input.objects.filter(gone_at__isnull=False).order_by("pk")[:CHUNK])


def give_up(ids: Iterable[UUID], now: datetime | None = None) -> None:
    """From now on nobody is offered them. `now`: only those that nobody needs then; None: whatever they are."""
    rows = Input.objects.filter(pk__in=list(ids), gone_at=None)
    with write_transaction():
        lock_in_order(rows)
        chosen = rows.filter(pk__in=_unneeded(now).values("pk")) if now else rows
        chosen.update(gone_at=timezone.now())


def _unneeded(now: datetime) -> InputQuerySet:
    """Long unused, and not wanted by a call still to be made; or never stored, by who was killed."""
    waiting = Submission.objects.filter(inputs=OuterRef("pk"), settled_at=None)
    unused = Q(stored_at__isnull=False, used_at__lte=now - KEPT)
    unfinished = Q(stored_at=None, created_at__lte=now - UNFINISHED_KEPT)
    return Input.objects.filter(unused | unfinished, gone_at=None).exclude(Exists(waiting))


def _delete(rows: InputQuerySet) -> int:
    """Files first, then their rows. A storage that is away leaves both for the next time."""
    storage, deleted = media_storage(), []
    for input_id in rows.values_list("pk", flat=True):
        try:
            storage.delete(input_name(input_id))
            storage.delete(input_poster_name(input_id))
        except Exception as error:  # noqa: BLE001  whatever a storage raises
            logger.warning("the files of input %s are still to be deleted: %s", input_id, error)
            break
        deleted.append(input_id)
    with write_transaction():
        Input.objects.filter(pk__in=deleted).delete()
    return len(deleted)
