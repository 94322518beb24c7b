"""An answer that cannot be finished: its connection is cut, so that nobody takes a part for the whole.

daphne leaves such a connection hanging, and stumbles when it tries to answer 500 in the midst of another answer.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from dashboard.media.streams import BrokenOff

logger = logging.getLogger(__name__)

BROKEN = "dailies.response.broken"
"""Sent by `telling_breaks`, after the start of an answer and in place of its end."""

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def telling_breaks(application: Application) -> Application:
    """An application that fails in the midst of an HTTP answer sends `BROKEN`; any other failure is the server's."""

    async def run(scope: dict[str, Any], receive: Any, send: Any) -> None:
        started = False

        async def watched(message: dict[str, Any]) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await application(scope, receive, watched)
        except Exception as error:
            if not started:
                raise
            _log(scope["path"], error)
            await send({"type": BROKEN})

    return run


def _log(path: str, error: Exception) -> None:
    if isinstance(error, BrokenOff):
        logger.warning("%s was broken off. %s", path, error)
    else:
        logger.error("%s was broken off.", path, exc_info=error)


def cut(request: Any) -> None:
    """Reset the connection of daphne's `request`: a mere end would look right where no length was told."""
    if not request.finished and request.channel is not None:
        request.channel.transport.abortConnection()
