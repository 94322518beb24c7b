"""A poller in a process of its own, by durations of its own: python -m tests.benchmarks.poller_process JSON"""

import asyncio
import json
import logging
import os
import sys

import django


async def main() -> None:
    from tasks.poller import run_poller
    from tasks.stopping import on_stop_signal
    from tasks.timing import Timing

    stop = asyncio.Event()
    on_stop_signal(asyncio.get_running_loop(), stop.set)
    print("ready", flush=True)
    await run_poller(stop, Timing(**json.loads(sys.argv[1])))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    logging.disable(logging.INFO)
    asyncio.run(main())
