"""What an attempt means for its message and its channel, written down. Synchronous; run in its own thread."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce

from tasks.models import Channel, Delivery, Notice
from tasks.notifying.outcome import TROUBLE_MAX, Outcome
from tasks.notifying.timing import LOG_KEPT, NotifyTiming
from tasks.transactions import write_transaction

CHUNK = 500


def settle(
    delivery: Delivery, notifier_id: UUID, outcome: Outcome, now: datetime, timing: NotifyTiming
) -> bool:
    """False: it is not ours any more, and whoever holds it sends it again."""
    attempts = delivery.attempts + 1
    values: dict[str, object] = {
        "attempts": attempts,
        "sent_at": now,
        "http_status": outcome.http_status,
        "answer": outcome.answer,
        "trouble": outcome.trouble[:TROUBLE_MAX],
        "claimed_by": None,
    }
    with write_transaction():
        channel = Channel.objects.select_for_update().filter(pk=delivery.channel_id).first()
        ours = Delivery.objects.filter(pk=delivery.pk, claimed_by=notifier_id)
        if channel is None or not ours.update(**values, **_next(attempts, outcome, now, timing)):
            return False
        if outcome.arrived:
            note_success(channel, now)
        else:
            note_failure(channel, outcome, now, timing)
    return True


def _next(attempts: int, outcome: Outcome, now: datetime, timing: NotifyTiming) -> dict[str, object]:
    if outcome.arrived:
        return {"due_at": None, "delivered_at": now, "given_up_at": None}
    if attempts > len(timing.retry_s):
        return {"due_at": None, "given_up_at": now}
    gap_s = max(timing.retry_s[attempts - 1], outcome.wait_s or 0.0)
    return {"due_at": now + timedelta(seconds=gap_s)}


def note_success(channel: Channel, now: datetime) -> None:
    """It works: whatever waited for that is due at once. In a transaction that holds the channel's row."""
    if not channel.trouble and not channel.failures:
        return
    Channel.objects.filter(pk=channel.pk).update(
        failures=0, failing_since=None, resumes_at=None, trouble="", trouble_at=None
    )
    Delivery.objects.filter(channel=channel, due_at__gt=now).update(due_at=now)


def note_failure(channel: Channel, outcome: Outcome, now: datetime, timing: NotifyTiming) -> None:
    """The channel is held for a while after several, and turned off after days. In a transaction that holds its row."""
    failures = channel.failures + 1
    since = channel.failing_since or now
    values: dict[str, object] = {
        "failures": failures,
        "failing_since": Coalesce(F("failing_since"), now),
        "trouble": outcome.trouble[:TROUBLE_MAX],
        "trouble_at": now,
    }
    if failures >= timing.failures_to_hold:
        doubled = min(failures - timing.failures_to_hold, 16)
        held_s = max(min(timing.hold_s * 2**doubled, timing.longest_hold_s), outcome.wait_s or 0.0)
        values["resumes_at"] = now + timedelta(seconds=held_s)
    if outcome.is_gone or since <= now - timedelta(seconds=timing.turn_off_s):
        values |= {"turned_off_at": now}
    Channel.objects.filter(pk=channel.pk).update(**values)


def cut_log(now: datetime) -> int:
    """Forget what was settled long ago, some of it at a time. How many rows; call again until there are none."""
    old = now - LOG_KEPT
    settled = Delivery.objects.filter(due_at=None, created_at__lt=old)
    ids = list(settled.values_list("pk", flat=True)[:CHUNK])
    notices = list(Notice.objects.filter(gathered_at__lt=old).values_list("pk", flat=True)[:CHUNK])
    if ids or notices:
        with write_transaction():
            Delivery.objects.filter(pk__in=ids).delete()
            Notice.objects.filter(pk__in=notices).delete()
    return len(ids) + len(notices)
