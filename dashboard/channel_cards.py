"""What the pages say of a channel and of the messages in its log."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User

from dashboard.paging import Cursor, older_page
from dashboard.people import Role, role_of
from dashboard.wording import Chip
from tasks.models import Channel, Delivery
from tasks.vocabulary import Tells

PER_PAGE = 50
WORKING = Chip("succeeded", "st-done", "Working")
TROUBLED = Chip("timed_out", "alert", "Trouble")
PAUSED = Chip("paused", "st-paused", "Paused")
TURNED_OFF = Chip("failed", "st-failed", "Turned off")

ARRIVED = Chip("succeeded", "st-done", "Arrived")
WAITING = Chip("queued", "st-queued", "On its way")
AGAIN = Chip("timed_out", "retry", "Trying again")
GIVEN_UP = Chip("failed", "st-failed", "Given up")

TELLS = {
    Tells.ENDED: "every end of {} tasks",
    Tells.WRONG: "what goes wrong with {} tasks",
    Tells.NOTHING: "",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A channel as a row of the list shows it."""

    channel: Channel

    @property
    def chip(self) -> Chip:
        if self.channel.turned_off_at:
            return TURNED_OFF
        if not self.channel.enabled:
            return PAUSED
        return TROUBLED if self.channel.trouble else WORKING

    @property
    def is_on(self) -> bool:
        return self.channel.enabled and self.channel.turned_off_at is None

    @property
    def service(self) -> str:
        return self.channel.service or "Webhook"

    @property
    def says(self) -> str:
        """`Tells of every end of your tasks and of account trouble. Quiet from 22:00 to 07:00 (UTC).`"""
        channel, parts = self.channel, []
        if words := TELLS[Tells(channel.tells)]:
            parts.append(words.format("your own" if channel.mine_only else "all"))
        if channel.tells_accounts:
            parts.append("account trouble")
        told = f"Tells of {' and of '.join(parts)}."
        if channel.quiet_from is None or channel.quiet_to is None:
            return told
        zone = settings.SITE_TIME_ZONE.key
        return f"{told} Quiet from {channel.quiet_from:%H:%M} to {channel.quiet_to:%H:%M} ({zone})."

    @property
    def verdict(self) -> str:
        """What to do about a channel that Dailies turned off; "" for any other."""
        if not self.channel.turned_off_at:
            return ""
        return "Dailies turned it off, since nothing arrives any more. Turn it on again once its other end works."


@dataclass(frozen=True, slots=True)
class Line:
    """A message of the log."""

    delivery: Delivery

    @property
    def chip(self) -> Chip:
        if self.delivery.delivered_at:
            return ARRIVED
        if self.delivery.due_at is None:
            return GIVEN_UP
        return AGAIN if self.delivery.attempts else WAITING

    @property
    def can_be_sent_again(self) -> bool:
        return self.delivery.claimed_by_id is None and not self.is_test

    @property
    def is_test(self) -> bool:
        return self.delivery.what == "test"

    @property
    def is_about_task(self) -> bool:
        return self.delivery.task_id is not None


def channels_for(user: User) -> tuple[list[Card], list[Card]]:
    """One's own, and those of the team where one may change them."""
    own = [Card(one) for one in Channel.objects.filter(owner=user)]
    is_manager = role_of(user) >= Role.MANAGER
    return own, [Card(one) for one in Channel.objects.filter(owner=None)] if is_manager else []


def log_of(channel: Channel, cursor: Cursor | None) -> tuple[Sequence[Line], Cursor | None]:
    """The newest first; the place behind the last one when more follow."""
    rows = Delivery.objects.filter(channel=channel).defer("payload").order_by("-created_at", "-id")
    found, older = older_page(rows, cursor, PER_PAGE)
    return [Line(one) for one in found], older
