"""What people do with channels. Every change goes into the audit log, without address and secret."""

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import datetime, time
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from tasks import secrets
from tasks.auditing import remember
from tasks.ids import uuid7
from tasks.models import Channel, Delivery, Notice
from tasks.notifying import chat, wording
from tasks.notifying.gathering import body_of
from tasks.notifying.outcome import Outcome
from tasks.notifying.reading import newest_event_id
from tasks.notifying.sending import Sender
from tasks.notifying.settling import note_success
from tasks.notifying.signing import new_secret
from tasks.notifying.timing import OLD_SECRET_KEPT, NotifyTiming
from tasks.notifying.webhook import Webhooks
from tasks.publishing import wake_notifiers
from tasks.transactions import write_transaction
from tasks.vocabulary import ChannelKind, Deed, Tells, What

URL_MAX = 2_000
MOST = 50
"""Channels of one person, or of the team."""
TEST_SUBJECT = "A test"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a channel tells, and when. `quiet_from` and `quiet_to` are both given or both None."""

    name: str
    mine_only: bool = False
    tells: Tells = Tells.ENDED
    tells_accounts: bool = False
    quiet_from: time | None = None
    quiet_to: time | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A new channel. `secret`: what a webhook's receiver checks messages with, shown this once; "" for chat."""

    channel: Channel
    secret: str


def make_channel(
    kind: ChannelKind, address: str, terms: Terms, by: User, *, of_team: bool = False, site: str = ""
) -> Made:
    """A channel of `by`, or of the team. ValidationError by field. It is told of what happens from now on."""
    owner = None if of_team else by
    channel = Channel(kind=kind, owner=owner, site=site)
    _set_address(channel, address)
    _set_terms(channel, terms)
    secret = new_secret() if kind is ChannelKind.WEBHOOK else ""
    channel.secret_encrypted = secrets.encrypt(secret)
    with write_transaction():
        if Channel.objects.filter(owner=owner).count() >= MOST:
            raise ValidationError(f"There are {MOST} channels already. Delete one that nobody needs.")
        channel.since_event_id = newest_event_id()
        channel.save(force_insert=True)
        remember(Deed.CHANNEL_ADDED, by, channel, subject_id=channel.pk, details=_where(channel))
        wake_notifiers()
    return Made(channel, secret)


def change_channel(channel: Channel, terms: Terms, by: User, *, address: str = "", site: str = "") -> None:
    """ValidationError by field, with nothing changed. `address` "" leaves it as it is."""
    if address:
        _set_address(channel, address)
    _set_terms(channel, terms)
    channel.site = site or channel.site
    fields = [*("name", "mine_only", "tells", "tells_accounts", "quiet_from", "quiet_to", "site")]
    if address:
        fields += ["address_encrypted", "address_hint", "service"]
    with write_transaction():
        channel.save(update_fields=fields)
        told = f"address replaced: {_where(channel)}" if address else ""
        remember(Deed.CHANNEL_CHANGED, by, channel, subject_id=channel.pk, details=told)
        wake_notifiers()


def pause_channel(channel: Channel, by: User) -> None:
    """What happens until it is resumed is not told; what was on its way waits."""
    with write_transaction():
        if Channel.objects.filter(pk=channel.pk, enabled=True).update(enabled=False):
            remember(Deed.CHANNEL_CHANGED, by, channel, subject_id=channel.pk, details="paused")
            wake_notifiers()


def resume_channel(channel: Channel, by: User) -> None:
    """Tell again of what happens from now on, whether a person paused it or Dailies turned it off.

    What waited to be sent is sent now.
    """
    now = timezone.now()
    with write_transaction():
        row = Channel.objects.select_for_update().get(pk=channel.pk)
        if row.enabled and not row.turned_off_at:
            return
        Channel.objects.filter(pk=channel.pk).update(
            enabled=True,
            turned_off_at=None,
            failures=0,
            failing_since=None,
            resumes_at=None,
            since_event_id=newest_event_id(),
        )
        Delivery.objects.filter(channel=channel, due_at__gt=now).update(due_at=now)
        remember(Deed.CHANNEL_CHANGED, by, channel, subject_id=channel.pk, details="resumed")
        wake_notifiers()


def delete_channel(channel: Channel, by: User) -> None:
    """With its log, and what was still to be sent."""
    with write_transaction():
        Channel.objects.select_for_update().filter(pk=channel.pk).exists()
        remember(Deed.CHANNEL_DELETED, by, channel, subject_id=channel.pk, details=_where(channel))
        Notice.objects.filter(channel=channel).delete()
        Delivery.objects.filter(channel=channel).delete()
        channel.delete()


def renew_secret(channel: Channel, by: User) -> str:
    """A new secret for a webhook; for a day messages are signed with the one before as well."""
    secret = new_secret()
    with write_transaction():
        row = Channel.objects.select_for_update().get(pk=channel.pk)
        row.old_secret_encrypted = row.secret_encrypted
        row.old_secret_until = timezone.now() + OLD_SECRET_KEPT
        row.secret_encrypted = secrets.encrypt(secret)
        row.save(update_fields=["old_secret_encrypted", "old_secret_until", "secret_encrypted"])
        remember(Deed.CHANNEL_CHANGED, by, channel, subject_id=channel.pk, details="new signing secret")
    return secret


def redeliver(delivery: Delivery) -> bool:
    """Send a message once more, under its id. False: it is on its way already."""
    with write_transaction():
        settled = Delivery.objects.filter(pk=delivery.pk, claimed_by=None)
        found = settled.update(due_at=timezone.now(), attempts=0, given_up_at=None, delivered_at=None)
        wake_notifiers()
    return bool(found)


def try_channel(channel: Channel, timing: NotifyTiming = NotifyTiming()) -> Outcome:  # noqa: B008
    """Send a test message now, whatever the channel's hours; how it went. It is in the log, and is not repeated.

    Blocks as long as the receiver takes. One that arrives ends what the channel was held for.
    """
    now = timezone.now()
    delivery = _trial(channel, now)
    outcome = asyncio.run(_send_alone(channel, delivery, now, timing))
    delivery.sent_at, delivery.attempts = timezone.now(), 1
    delivery.http_status, delivery.answer, delivery.trouble = (
        outcome.http_status,
        outcome.answer,
        outcome.trouble,
    )
    delivery.delivered_at = delivery.sent_at if outcome.arrived else None
    delivery.given_up_at = None if outcome.arrived else delivery.sent_at
    with write_transaction():
        row = Channel.objects.select_for_update().filter(pk=channel.pk).first()
        if row is None:
            return outcome
        delivery.save(force_insert=True)
        if outcome.arrived:
            note_success(row, timezone.now())
            wake_notifiers()
    return outcome


async def _send_alone(channel: Channel, delivery: Delivery, now: datetime, timing: NotifyTiming) -> Outcome:
    async with Webhooks(timing) as webhooks:
        return await Sender(webhooks, timing).send(channel, delivery, now)


def _trial(channel: Channel, now: datetime) -> Delivery:
    pk = uuid7()
    if channel.is_webhook:
        payload = body_of(pk, What.TEST, now, {})
    else:
        payload = json.dumps(asdict(wording.trial_message(now, channel.base_url)))
    return Delivery(
        id=pk, channel=channel, what=What.TEST, subject=TEST_SUBJECT, payload=payload, created_at=now
    )


def _set_terms(channel: Channel, terms: Terms) -> None:
    if (terms.quiet_from is None) != (terms.quiet_to is None):
        missing = "quiet_to" if terms.quiet_to is None else "quiet_from"
        raise ValidationError({missing: "Quiet hours need both a beginning and an end."})
    if terms.quiet_from is not None and terms.quiet_from == terms.quiet_to:
        raise ValidationError({"quiet_to": "Quiet hours end at another time than they begin."})
    if terms.tells is Tells.NOTHING and not terms.tells_accounts:
        raise ValidationError({"tells": "It would tell nothing: choose tasks, accounts, or both."})
    channel.name, channel.tells, channel.tells_accounts = terms.name, terms.tells, terms.tells_accounts
    channel.mine_only = terms.mine_only and channel.owner_id is not None
    is_chat = not channel.is_webhook
    channel.quiet_from, channel.quiet_to = (terms.quiet_from, terms.quiet_to) if is_chat else (None, None)


def _set_address(channel: Channel, address: str) -> None:
    try:
        found = _look_at_url(address) if channel.is_webhook else chat.look_at(address)
    except chat.AddressRefused as error:
        raise ValidationError({"address": str(error)}) from error
    channel.address_encrypted = secrets.encrypt(address.strip())
    channel.address_hint, channel.service = found.hint[:300], found.name[:100]


def _look_at_url(address: str) -> chat.Service:
    address = address.strip()
    refused = chat.AddressRefused("A webhook is a whole address such as https://hooks.example/dailies.")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise refused from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(address) > URL_MAX:
        raise refused
    if not (address.isascii() and address.isprintable()) or " " in address:
        raise chat.AddressRefused("The address holds a character that no address has; encode it with %.")
    if "@" in parts.netloc or parts.fragment:
        raise chat.AddressRefused(
            "Leave user name, password and “#” out of the address; its path may carry a key."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return chat.Service("", f"{parts.scheme}://{host}{f':{port}' if port else ''}")


def _where(channel: Channel) -> str:
    whose = "the team's" if channel.owner_id is None else "own"
    return f"{whose}, {channel.service or 'webhook'}: {channel.address_hint}"
