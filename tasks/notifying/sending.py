"""One message into its channel, whichever kind it is."""

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from tasks.models import Channel, Delivery
from tasks.notifying import chat
from tasks.notifying.outcome import Outcome
from tasks.notifying.timing import NotifyTiming
from tasks.notifying.webhook import Webhooks
from tasks.secrets import KeyUnreadable, decrypt

UNREADABLE = "The stored address was encrypted with another SECRET_KEY and cannot be read. Enter it again."


class Sender:
    """Sends into any channel. `webhooks` is open as long as it is used."""

    def __init__(self, webhooks: Webhooks, timing: NotifyTiming) -> None:
        self._webhooks = webhooks
        self._timing = timing

    async def send(self, channel: Channel, delivery: Delivery, now: datetime) -> Outcome:
        """One attempt. A channel's trouble is in the outcome; what is raised is a fault of ours."""
        try:
            address = channel.address
            secrets = _secrets(channel, now)
        except KeyUnreadable:
            return Outcome(UNREADABLE)
        if channel.is_webhook:
            return await self._webhooks.send(address, secrets, str(delivery.pk), delivery.payload.encode())
        message = chat.Message(**json.loads(delivery.payload))
        limit_s = self._timing.chat_s
        try:
            async with asyncio.timeout(limit_s):
                return await in_thread(lambda: chat.send(address, message))
        except TimeoutError:
            return Outcome(f"{channel.service or 'The service'} did not take it within {limit_s:g} s.")


def _secrets(channel: Channel, now: datetime) -> list[str]:
    """The present one first."""
    is_rotating = channel.old_secret_until is not None and channel.old_secret_until > now
    stored = [channel.secret_encrypted, channel.old_secret_encrypted if is_rotating else ""]
    return [decrypt(one) for one in stored if one]


async def in_thread(work: Callable[[], Outcome]) -> Outcome:
    """Run it in a thread of its own, which nobody waits for when it never ends: neither others nor the exit."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Outcome] = loop.create_future()

    def tell(outcome: Outcome | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        elif outcome is not None:
            done.set_result(outcome)

    def run() -> None:
        outcome, fault = None, None
        try:
            outcome = work()
        except Exception as error:  # noqa: BLE001  it is raised where it is waited for
            fault = error
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(tell, outcome, fault)

    threading.Thread(target=run, name="notify-chat", daemon=True).start()
    return await done
