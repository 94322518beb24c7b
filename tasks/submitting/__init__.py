"""The submitter: sends each create call once, and writes down what came of it, or that nobody knows."""

import asyncio

from tasks import publishing
from tasks.log_fields import about
from tasks.submitting.submitter import Submitter
from tasks.timing import Timing
from tasks.transport import AiohttpTransport
from tasks.vocabulary import Duty

__all__ = ["run_submitter", "submit_once"]


async def run_submitter(stop: asyncio.Event, timing: Timing = Timing()) -> None:  # noqa: B008  a frozen value
    """Send what is to be made until `stop` is set; returns once the calls under way are answered, within bounds."""
    about(duty=Duty.SUBMITTING)
    publishing.set_home_loop(asyncio.get_running_loop())
    async with _transport(timing) as transport:
        await Submitter(timing, transport).run(stop)


async def submit_once(timing: Timing = Timing()) -> int:  # noqa: B008
    """Send every call that waits, one time; how many."""
    about(duty=Duty.SUBMITTING)
    publishing.set_home_loop(asyncio.get_running_loop())
    async with _transport(timing) as transport:
        return await Submitter(timing, transport).run_once()


def _transport(timing: Timing) -> AiohttpTransport:
    """A connection for each call: on one kept from before, nobody could tell whether a call arrived."""
    return AiohttpTransport(connect_timeout_s=timing.connect_timeout_s, force_close=True)
