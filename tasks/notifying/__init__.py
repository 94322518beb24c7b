"""The notifier: tells people and programs what happened, through channels of theirs."""

import asyncio

from tasks import publishing
from tasks.log_fields import about
from tasks.notifying.engine import Notifier
from tasks.notifying.sending import Sender
from tasks.notifying.timing import NotifyTiming
from tasks.notifying.webhook import Webhooks
from tasks.vocabulary import Duty

__all__ = ["notify_once", "run_notifier"]


async def run_notifier(stop: asyncio.Event, timing: NotifyTiming = NotifyTiming()) -> None:  # noqa: B008  a frozen value
    """Tell until `stop` is set; returns once the messages on their way have arrived, within bounds."""
    about(duty=Duty.NOTIFYING)
    publishing.set_home_loop(asyncio.get_running_loop())
    async with Webhooks(timing) as webhooks:
        await Notifier(timing, Sender(webhooks, timing)).run(stop)


async def notify_once(timing: NotifyTiming = NotifyTiming()) -> int:  # noqa: B008
    """Tell what there is to tell, one time; how many messages were sent."""
    about(duty=Duty.NOTIFYING)
    publishing.set_home_loop(asyncio.get_running_loop())
    async with Webhooks(timing) as webhooks:
        return await Notifier(timing, Sender(webhooks, timing)).run_once()
