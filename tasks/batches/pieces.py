"""One piece of a batch: taken, done and written down so that a kill at any moment loses nothing and repeats nothing.

Acts within the database are done in the transaction that writes down that they were. Acts that ask a provider cannot
be: their task is marked begun first, and done once more when nobody wrote down what came of it, which is harmless
for each of them.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, connection, models
from django.utils import timezone

from tasks.batches.acts import ACTS, ASKING, Act, NotNow, Told
from tasks.creating import KeyReused
from tasks.desk import BadTags
from tasks.models import Batch, BatchItem, Poller
from tasks.providers.forms import BadParams
from tasks.publishing import publish_tasks
from tasks.rights import may_change_tasks
from tasks.transactions import write_transaction
from tasks.vocabulary import BatchAct, ItemState

logger = logging.getLogger(__name__)

OPEN = (ItemState.WAITING, ItemState.BEGUN)
REFUSALS = (BadTags, BadParams, KeyReused)
"""What an act says of a task by an exception; its text is for people."""
FAULT = "A fault in Dailies itself; its log says more."
REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class Piece:
    """What is done next, and by whom."""

    batch: Batch
    act: Act
    ids: list[UUID]
    by: User = field(repr=False)


def claim(worker_id: UUID, now: datetime, *, asking: bool) -> list[Batch]:
    """Batches that are due and free, now ours, and those that we hold; longest waiting first."""
    acts = ASKING if asking else ACTS.keys() - ASKING
    due = Batch.objects.open().filter(due_at__lte=now, act__in=sorted(acts))
    if not due.exists():
        return []
    with write_transaction():
        if not Poller.objects.filter(pk=worker_id).exists():
            return []
        free = due.filter(claimed_by=None).order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            free = free.select_for_update(skip_locked=True, of=("self",))
        Batch.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(claimed_by=worker_id)
    return list(due.filter(claimed_by=worker_id).order_by("due_at", "pk"))


def work(batch_id: UUID, worker_id: UUID) -> bool:
    """Do the next piece. False: it is over, waits for its account, or is not ours."""
    batch = Batch.objects.filter(pk=batch_id).first()
    if batch is None:
        return False
    if ACTS[BatchAct(batch.act)].asks:
        return _work_asking(batch_id, worker_id)
    with write_transaction():
        piece = _next(batch_id, worker_id)
        if piece is None:
            return False
        _write(piece, _do(piece))
        return True


def release(batch_id: UUID, worker_id: UUID) -> None:
    """Give a batch back to whoever comes first."""
    with write_transaction():
        Batch.objects.filter(pk=batch_id, claimed_by=worker_id).update(claimed_by=None)


def _work_asking(batch_id: UUID, worker_id: UUID) -> bool:
    with write_transaction():
        piece = _next(batch_id, worker_id)
        if piece is None:
            return False
        _items(piece).update(state=ItemState.BEGUN)
    try:
        told = _do(piece)
    except NotNow as error:
        _wait(piece, error)
        return False
    with write_transaction():
        if _lock(batch_id, worker_id):
            _write(piece, told)
    return True


def _lock(batch_id: UUID, worker_id: UUID) -> Batch | None:
    ours = Batch.objects.open().filter(pk=batch_id, claimed_by=worker_id)
    return ours.select_for_update(of=("self",)).first()


def _next(batch_id: UUID, worker_id: UUID) -> Piece | None:
    """The next piece of a batch that is ours, its row locked; None when there is none, and the batch then ends."""
    batch = _lock(batch_id, worker_id)
    if batch is None:
        return None
    act = ACTS[BatchAct(batch.act)]
    if batch.canceled_at is not None:
        _end(batch, f"{batch.canceled_by or 'Somebody'} ended it before its turn.")
        return None
    ids = list(_open(batch).order_by("pk").values_list("task_id", flat=True)[: act.size])
    if not ids:
        _end(batch)
        return None
    by = batch.by
    if by is None or not may_change_tasks(by.pk):
        _end(batch, f"{batch.by_name or 'Who began it'} may no longer change tasks.")
        return None
    return Piece(batch, act, ids, by)


def _open(batch: Batch) -> "models.QuerySet[BatchItem]":
    return BatchItem.objects.filter(batch=batch, state__in=OPEN)


def _items(piece: Piece) -> "models.QuerySet[BatchItem]":
    return _open(piece.batch).filter(task_id__in=piece.ids)


def _do(piece: Piece) -> Told:
    """The act on the whole piece; where that fails, on one task after the other, so that one spoils it for none."""
    try:
        return _attempt(piece, piece.ids)
    except (OperationalError, InterfaceError, NotNow):
        raise
    except Exception as error:  # noqa: BLE001  told below
        if len(piece.ids) == 1:
            return Told(not_done={piece.ids[0]: _why(piece, error)})
    whole = Told()
    for pk in piece.ids:
        try:
            told = _attempt(piece, [pk])
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  told by `_why`
            told = Told(not_done={pk: _why(piece, error)})
        whole.done += told.done
        whole.not_done |= told.not_done
        whole.made |= told.made
    return whole


def _attempt(piece: Piece, ids: list[UUID]) -> Told:
    if piece.act.asks:
        return piece.act.do(piece.batch, ids, piece.by)
    with write_transaction():  # a savepoint: what fails leaves nothing behind
        return piece.act.do(piece.batch, ids, piece.by)


def _why(piece: Piece, error: Exception) -> str:
    if isinstance(error, REFUSALS):
        return str(error)
    logger.error("batch %s: a fault in Dailies itself", piece.batch.pk, exc_info=error)
    return FAULT


def _write(piece: Piece, told: Told) -> None:
    """What came of the piece, in the transaction that holds the batch's lock."""
    items = _items(piece)
    done = 0
    if told.made:
        for pk, made in told.made.items():
            done += items.filter(task_id=pk).update(state=ItemState.DONE, made=made)
    done += items.filter(task_id__in=told.done).update(state=ItemState.DONE)
    not_done = 0
    for reason in set(told.not_done.values()):
        ids = [pk for pk, why in told.not_done.items() if why == reason]
        not_done += items.filter(task_id__in=ids).update(state=ItemState.NOT_DONE, reason=reason[:REASON_MAX])
    Batch.objects.filter(pk=piece.batch.pk).update(
        done=models.F("done") + done, not_done=models.F("not_done") + not_done, note=""
    )
    publish_tasks(told.made.values())


def _wait(piece: Piece, error: NotNow) -> None:
    with write_transaction():
        if _lock(piece.batch.pk, _holder(piece)):
            _items(piece).update(state=ItemState.WAITING)
            due_at = timezone.now() + timedelta(seconds=error.wait_s)
            Batch.objects.filter(pk=piece.batch.pk).update(
                due_at=due_at, note=str(error)[:REASON_MAX], claimed_by=None
            )


def _holder(piece: Piece) -> UUID:
    return piece.batch.claimed_by_id or UUID(int=0)


def _end(batch: Batch, why_left: str = "") -> None:
    if why_left:
        _open(batch).update(state=ItemState.LEFT, reason=why_left[:REASON_MAX])
    Batch.objects.filter(pk=batch.pk).update(ended_at=timezone.now(), claimed_by=None, note="")
