"""How a process of ours is asked to end."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def on_stop_signal(loop: asyncio.AbstractEventLoop, stop: Callable[[], object]) -> None:
    """Call `stop` on the loop at the first SIGTERM or SIGINT; the second one ends the process at once.

    The second is left to the system, so that it works while the loop is stuck, too.
    """

    def first() -> None:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        stop()

    for number in SIGNALS:
        loop.add_signal_handler(number, first)


def leave(code: int) -> NoReturn:
    """End this process now. The interpreter's own exit would wait for every thread, and a view may be stuck in one."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
