"""How many answers a second the poller takes in, on one core, beside loops that do nothing with the answer.

uv run python -m tests.benchmarks.poller [--tasks 10000] [--seconds 10] [--database URL] [--flat]

The provider runs on another core. Every poller task is always due; one answer in ten brings news that is written.
`--flat` measures the CPU a poll at 100, 1,000, 10,000 and 20,000 running tasks instead: once with 4,000 asks a second
at each number, the pace of 20,000 tasks at the usual gap of 5 s, and once with every task always due.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from math import inf
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
PORT = 8953
URL = f"http://127.0.0.1:{PORT}"
AT_ONCE = 100
WARM_S = 2.0
PACE = 4_000
ALWAYS_DUE_S = 0.001
MEAN_GAP = 0.9
"""Of an account's interval: gaps are shortened by up to a fifth."""
FILL = """
import sys
from datetime import timedelta
from django.utils import timezone
from tasks.models import Account, Task
Task.objects.all().delete()
Account.objects.all().delete()
now = timezone.now()
account = Account.objects.create(
    slug="bench", provider="lemondata", base_url=sys.argv[1], concurrency=int(sys.argv[3]),
    poll_interval_s=float(sys.argv[4])
)
Task.objects.bulk_create(
    (Task(account=account, remote_id=f"t{n}", kind="video", status="running", raw_status="processing", progress=0,
         model="veo3.1", next_poll_at=now, started_at=now, deadline_at=now + timedelta(hours=9))
    for n in range(int(sys.argv[2]))), batch_size=500)
"""


def answered() -> int:
    with urlopen(f"{URL}/count") as answer:
        return int(answer.read())


class Meter:
    """Answers, CPU and seconds between `begin` and `end`, of the process that calls it."""

    def begin(self) -> None:
        self._answers, self._cpu_s, self._at_s = answered(), time.process_time(), time.monotonic()

    def end(self) -> dict[str, float]:
        answers = answered() - self._answers
        took_s = time.monotonic() - self._at_s
        return {
            "rate": answers / took_s,
            "cpu_us": (time.process_time() - self._cpu_s) / max(answers, 1) * 1e6,
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def measure_aiohttp(tasks: int, seconds: float) -> dict[str, float]:
    return asyncio.run(_bare(tasks, seconds))


async def _bare(tasks: int, seconds: float) -> dict[str, float]:
    import aiohttp

    urls, meter = cycle([f"{URL}/v1/tasks/t{n}" for n in range(tasks)]), Meter()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def ask() -> None:
            while True:
                async with session.get(next(urls)) as answer:
                    await answer.read()

        asking = [asyncio.create_task(ask()) for _ in range(AT_ONCE)]
        await asyncio.sleep(WARM_S)
        meter.begin()
        await asyncio.sleep(seconds)
        found = meter.end()
        for one in asking:
            one.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        return found


def measure_requests(tasks: int, seconds: float) -> dict[str, float]:
    import requests

    urls, meter, over = cycle([f"{URL}/v1/tasks/t{n}" for n in range(tasks)]), Meter(), Event()

    def ask(_: int) -> None:
        with requests.Session() as session:
            while not over.is_set():
                session.get(next(urls)).json()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        asking = pool.map(ask, range(AT_ONCE))
        time.sleep(WARM_S)
        meter.begin()
        time.sleep(seconds)
        found = meter.end()
        over.set()
        list(asking)
    return found


def measure_poller(tasks: int, seconds: float) -> dict[str, float]:
    import django

    django.setup()
    return asyncio.run(_poll(tasks, seconds))


async def _poll(tasks: int, seconds: float) -> dict[str, float]:
    from tasks.memory import collect_seldom
    from tasks.poller import run_poller

    collect_seldom()  # as the commands do
    stop, meter, before = asyncio.Event(), Meter(), answered()
    polling = asyncio.create_task(run_poller(stop))
    while answered() - before < tasks:  # noqa: ASYNC110  nobody tells
        await asyncio.sleep(0.2)
    await asyncio.sleep(WARM_S)
    meter.begin()
    await asyncio.sleep(seconds)
    found = meter.end()
    stop.set()
    await polling
    return found


CLIENTS: dict[str, Callable[[int, float], dict[str, float]]] = {
    "aiohttp": measure_aiohttp,
    "requests": measure_requests,
    "poller": measure_poller,
}


@contextmanager
def provider() -> Iterator[None]:
    command = ["taskset", "-c", "1", sys.executable, "-m", "tests.benchmarks.answering", str(PORT)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


def run(client: str, tasks: int, seconds: float, environment: dict[str, str]) -> dict[str, Any]:
    """Measure one client in a process of its own, on the first core."""
    command = ["taskset", "-c", "0", sys.executable, "-m", "tests.benchmarks.poller", "--client", client]
    options = ["--tasks", str(tasks), "--seconds", str(seconds)]
    ran = subprocess.run(
        command + options, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def fill(tasks: int, environment: dict[str, str], interval_s: float = ALWAYS_DUE_S) -> None:
    whole = "import django; django.setup()\n" + FILL
    arguments = [URL, str(tasks), str(AT_ONCE), str(interval_s)]
    subprocess.run([sys.executable, "-c", whole, *arguments], cwd=ROOT, env=environment, check=True)


def compare(tasks: int, seconds: float, environment: dict[str, str]) -> None:
    found = {}
    for client in ("aiohttp", "poller", "requests"):
        with provider():
            if client == "poller":
                fill(tasks, environment)
            found[client] = run(client, tasks, seconds, environment)
    bare, poller, threads = found["aiohttp"], found["poller"], found["requests"]
    for name, one in found.items():
        print(f"{name:10} {one['rate']:7,.0f}/s  {one['cpu_us']:6.0f} µs CPU  {one['memory_mb']:4.0f} MB")
    print(f"poller / aiohttp: {poller['rate'] / bare['rate']:.2f}", end="   ")
    print(f"poller / requests in {AT_ONCE} threads: {poller['rate'] / threads['rate']:.1f}")


def flat(seconds: float, environment: dict[str, str]) -> None:
    sizes = (100, 1_000, 10_000, 20_000)
    paces = {f"{PACE:,} asks a second": PACE * MEAN_GAP, "always due": inf}
    for name, pace in paces.items():
        found = [_flat(tasks, seconds, environment, max(tasks / pace, ALWAYS_DUE_S)) for tasks in sizes]
        print(name)
        for tasks, one in zip(sizes, found, strict=True):
            share = one["cpu_us"] / found[0]["cpu_us"]
            print(f"{tasks:6,} tasks: {one['cpu_us']:4.0f} µs CPU a poll ({share:.2f})", end=", ")
            print(f"{one['rate']:6,.0f}/s, {one['memory_mb']:.0f} MB")


def _flat(tasks: int, seconds: float, environment: dict[str, str], interval_s: float) -> dict[str, Any]:
    with provider():
        fill(tasks, environment, interval_s)
        return run("poller", tasks, max(seconds, 2 * interval_s), environment)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--database", default="", help="a database of its own; SQLite when absent")
    parser.add_argument("--flat", action="store_true")
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        print(json.dumps(CLIENTS[options.client](options.tasks, options.seconds)))
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
        environment |= {"DATABASE_URL": options.database, "LOG_LEVEL": "WARNING"}
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True
        )
        if options.flat:
            flat(options.seconds, environment)
        else:
            compare(options.tasks, options.seconds, environment)


if __name__ == "__main__":
    main()
