"""Every duration and number that notifying goes by, as one value: tests pass their own."""

from dataclasses import dataclass
from datetime import timedelta

from tasks.timing import HOUR, MINUTE

DAY = 24 * HOUR
LOG_KEPT = timedelta(days=30)
"""How long the log of a channel goes back."""
OLD_SECRET_KEPT = timedelta(days=1)
"""How long messages are signed with a replaced secret as well."""


@dataclass(frozen=True, slots=True)
class NotifyTiming:
    """In seconds."""

    heartbeat_s: float = 5.0
    dead_after_s: float = 30.0
    look_s: float = 1.0
    """How often the history is looked at."""
    idle_s: float = 15.0
    """How often is looked whether there is a channel, while there is none."""
    margin_s: float = MINUTE
    """Events are looked at again for so long: on PostgreSQL one with a lower number may become visible later."""
    bookmark_s: float = 10.0
    """How often is written down how far the history was read."""
    chat_look_s: float = 3.0
    """How often is looked whether what there is to tell is complete."""
    collect_s: float = 8.0
    """A chat message waits so long for more to tell along with it."""
    calm_s: float = MINUTE
    """And so long after the message before it, so that there is never a flood."""
    together_s: float = 5.0
    """Tasks of one person at one account that began no further apart were started together."""
    cohort_s: float = 30 * MINUTE
    """Those that ended wait so long for the others."""
    settle_s: float = 15.0
    """An account's trouble, and its end, are told when they have lasted so long."""
    connect_s: float = 10.0
    answer_s: float = 15.0
    """How long a webhook's receiver may take for its answer."""
    chat_s: float = 40.0
    """How long a chat or mail service may take."""
    stop_s: float = 5.0
    """After a signal: how long messages on their way may take."""
    retry_s: tuple[float, ...] = (
        *(5.0, 30.0, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE),
        *(HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, DAY, DAY),
    )
    """The gaps between attempts: when they are used up, after five days, a message is given up."""
    failures_to_hold: int = 3
    """After so many in a row nothing but one message at a time is tried, with growing gaps."""
    hold_s: float = 15.0
    longest_hold_s: float = HOUR
    turn_off_s: float = 5 * DAY
    """A channel that takes nothing for so long is turned off."""
    sweep_s: float = HOUR
    """How often the log is cut."""
    webhooks_at_once: int = 4
    """Messages at once to one receiver."""
