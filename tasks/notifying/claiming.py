"""Which messages a notifier holds. Synchronous; run in its own thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from tasks.models import Channel, Delivery, Poller
from tasks.notifying.timing import NotifyTiming
from tasks.transactions import write_transaction


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send, with its channel as it is now."""

    delivery: Delivery
    channel: Channel


def claim(notifier_id: UUID, now: datetime, held: Mapping[UUID, int], timing: NotifyTiming) -> list[Claimed]:
    """Messages that are due, of each channel as many as there is room for: one that stalls takes no other's place.

    Messages of one task leave one after the other; after failures a channel is tried with one message at a time.
    """
    due = Delivery.objects.filter(due_at__lte=now, claimed_by=None)
    ready = Channel.objects.working().filter(Q(resumes_at=None) | Q(resumes_at__lte=now))
    channels = list(ready.filter(Exists(due.filter(channel=OuterRef("pk")))))
    rooms = {channel: room_of(channel, timing) - held.get(channel.pk, 0) for channel in channels}
    if not any(room > 0 for room in rooms.values()):
        return []
    found: list[Claimed] = []
    with write_transaction():
        if not Poller.objects.filter(pk=notifier_id).exists():
            return []
        for channel, room in rooms.items():
            ids = _take(due.filter(channel=channel), room, notifier_id) if room > 0 else []
            rows = Delivery.objects.filter(pk__in=ids, claimed_by=notifier_id)
            found += [Claimed(delivery, channel) for delivery in rows]
    return found


def room_of(channel: Channel, timing: NotifyTiming) -> int:
    """How many messages a channel may have on their way."""
    is_healthy = channel.failures < timing.failures_to_hold
    return timing.webhooks_at_once if channel.is_webhook and is_healthy else 1


def _take(due: "QuerySet[Delivery]", room: int, notifier_id: UUID) -> list[UUID]:
    before = Delivery.objects.filter(
        channel=OuterRef("channel"),
        task_id=OuterRef("task_id"),
        due_at__isnull=False,
        event_id__lt=OuterRef("event_id"),
    )
    rows = due.exclude(Exists(before)).order_by("due_at")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    ids = list(rows.values_list("pk", flat=True)[:room])
    Delivery.objects.filter(pk__in=ids, claimed_by=None).update(claimed_by=notifier_id)
    return ids


def release(notifier_id: UUID, known: set[UUID]) -> None:
    """Give up what is ours by the database but not among `known`: something was cut short."""
    ours = Delivery.objects.filter(claimed_by=notifier_id)
    strays = set(ours.values_list("pk", flat=True)) - known
    if strays:
        with write_transaction():
            ours.filter(pk__in=strays).update(claimed_by=None)
