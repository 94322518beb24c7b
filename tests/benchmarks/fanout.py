"""What a change costs that 500 open pages show: the hub, beside one Channels group that every consumer joins.

    uv run python -m tests.benchmarks.fanout [--sockets 500] [--rate 10] [--seconds 5]

Both ways run the product's own server as a process on loopback, with the same database, the same changes and the
same bytes a message; the sockets are another process. Prints deliveries, losses, server CPU and latency.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 50
DRAIN_S = 5.0
GROUP = "plain"
ENTRY = re.compile(r'"id":"([^"]+)","version":(\d+)')


# -- the server's process -------------------------------------------------------------------------------------


def prepare() -> None:
    """A database with somebody signed in and fifty tasks; prints the cookie and the tasks' ids."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client
    from django.utils import timezone

    from tasks.models import Account, Task

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client()
    client.force_login(User.objects.create_user("reader"))
    account = Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.lemondata.cc")
    new = [Task(account=account, status="running", deadline_at=timezone.now()) for _ in range(SHOWN)]
    made = Task.objects.bulk_create(new)
    name = settings.SESSION_COOKIE_NAME
    print(
        json.dumps({"cookie": f"{name}={client.cookies[name].value}", "ids": [str(one.id) for one in made]})
    )


def serve(way: str, rate: float, seconds: float) -> None:
    """Print the port; after a line on standard input make the changes; print when each was committed, and the CPU."""
    from django.db import connection

    from dashboard.asgi import application
    from dashboard.server import Server
    from tasks.models import Task

    async def change_things(stop: asyncio.Event) -> None:
        await asyncio.to_thread(sys.stdin.readline)
        cpu_before = time.process_time()
        committed = await make_changes(way, rate, seconds)
        await asyncio.sleep(DRAIN_S)
        print(json.dumps({"committed": committed, "cpu_s": time.process_time() - cpu_before}), flush=True)
        await stop.wait()

    Task.objects.update(version=1)
    connection.close()
    served = application if way == "hub" else plain_application()
    Server(
        served,
        host="127.0.0.1",
        port=0,
        companions=[change_things],
        on_ready=lambda port: print(port, flush=True),
    ).run()


def plain_application() -> Any:
    """The usual way: every consumer in one group, each gets the message from the layer and sends it."""
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.routing import ProtocolTypeRouter

    class PlainConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
        groups = [GROUP]

        async def plain_text(self, message: dict[str, str]) -> None:
            await self.send(text_data=message["text"])

    return ProtocolTypeRouter({"websocket": PlainConsumer.as_asgi()})


async def make_changes(way: str, rate: float, seconds: float) -> dict[str, float]:
    """Change the tasks in turn; when each version was committed, by the machine's monotonic clock."""
    from tasks.database_thread import DatabaseThread
    from tasks.models import Task

    thread = DatabaseThread("changes")
    ids = await thread.run(lambda: list(Task.objects.values_list("pk", flat=True)))
    committed: dict[str, float] = {}
    begun_at = time.monotonic()
    for n in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, begun_at + n / rate - time.monotonic()))
        text = await thread.run(change, ids[n % len(ids)], committed, tells_hub=way == "hub")
        if text:
            await send_to_group(text)
    return committed


def change(task_id: Any, committed: dict[str, float], *, tells_hub: bool) -> str:
    """One change, as the poller makes it. For the plain way: the message that the hub would send."""
    from django.db import transaction
    from django.utils import timezone

    from dashboard.live import frames
    from dashboard.live.interest import Interest
    from tasks.models import Task
    from tasks.publishing import publish_tasks
    from tasks.transactions import write_transaction

    with write_transaction():
        version = Task.objects.values_list("version", flat=True).get(pk=task_id) + 1
        Task.objects.filter(pk=task_id).update(
            version=version, progress=version % 100, changed_at=timezone.now()
        )
        transaction.on_commit(lambda: committed.__setitem__(f"{task_id}/{version}", time.monotonic()))
        if tells_hub:
            publish_tasks([task_id])
    if tells_hub:
        return ""
    task = Task.objects.with_owner().get(pk=task_id)
    interest = Interest.of_page({})
    return frames.rows((frames.row(task, frames.draw(task, frames.style_of(interest)), interest),), ())


async def send_to_group(text: str) -> None:
    from channels.layers import get_channel_layer

    layer: Any = get_channel_layer()
    await layer.group_send(GROUP, {"type": "plain.text", "text": text})


# -- the readers' process -------------------------------------------------------------------------------------


async def read(port: int, sockets: int, cookie: str, ids: list[str]) -> None:
    """Open the pages, print a line when all are open, read until standard input ends, print what came when."""
    import aiohttp

    received: dict[str, list[float]] = {}
    headers = {"cookie": cookie, "origin": f"http://127.0.0.1:{port}"}
    have = json.dumps({"type": "sync", "have": dict.fromkeys(ids, 1)})
    connector = aiohttp.TCPConnector(limit=0)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, headers=headers, cookie_jar=jar) as session:
        opened = [
            await session.ws_connect(f"http://127.0.0.1:{port}/ws/tasks/?view=rows") for _ in range(sockets)
        ]
        for one in opened:
            await one.send_str(have)
        readers = [asyncio.create_task(take(one, received)) for one in opened]
        await asyncio.sleep(2)
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(json.dumps(received), flush=True)
        for reader in readers:
            reader.cancel()
        await asyncio.wait(readers)


async def take(socket: Any, received: dict[str, list[float]]) -> None:
    async for message in socket:
        if message.data.startswith('{"type":"rows"'):
            now = time.monotonic()
            for task_id, version in ENTRY.findall(message.data):
                received.setdefault(f"{task_id}/{version}", []).append(now)


# -- both together --------------------------------------------------------------------------------------------


def child(*arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    text = process.stdout.readline()
    if not text:
        sys.exit("A part of the benchmark failed; its own message is above.")
    return text


def tell(process: "subprocess.Popen[str]") -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def measure(way: str, options: argparse.Namespace, prepared: dict[str, Any]) -> dict[str, float]:
    server = child("serve", way, options.rate, options.seconds)
    port = int(line(server))
    readers = child("read", port, options.sockets, json.dumps(prepared))
    try:
        line(readers)
        tell(server)
        told = json.loads(line(server))
        tell(readers)
        return summary(told, json.loads(line(readers)), options.sockets)
    finally:
        for process in (readers, server):
            process.kill()
            process.wait()


def summary(told: dict[str, Any], received: dict[str, list[float]], sockets: int) -> dict[str, float]:
    committed: dict[str, float] = told["committed"]
    delays = [at - committed[key] for key, times in received.items() if key in committed for at in times]
    wanted = len(committed) * sockets
    last = max(max(times) for times in received.values())
    return {
        "delivered": len(delays),
        "lost %": 100 * (1 - len(delays) / wanted),
        "deliveries/s": len(delays) / (last - min(committed.values())),
        "deliveries/CPU s": len(delays) / told["cpu_s"],
        "CPU ms/socket/change": 1000 * told["cpu_s"] / len(delays),
        "median ms": 1000 * statistics.median(delays),
        "p99 ms": 1000 * statistics.quantiles(delays, n=100)[98],
    }


def compare(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="dailies-fanout-") as folder:
        os.environ |= {
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "LOG_LEVEL": "ERROR",
        }
        os.environ["PYTHONPATH"] = str(ROOT)
        prepared = json.loads(line(child("prepare")))
        plain, hub = measure("plain", options, prepared), measure("hub", options, prepared)
    print(f"{options.sockets} sockets, {options.rate:g} changes a second for {options.seconds:g} s")
    print(f"{'':22}{'one group':>12}{'hub':>12}{'hub/group':>12}")
    for name in plain:
        ratio = f"{hub[name] / plain[name]:.3g}" if plain[name] else "-"
        print(f"{name:22}{plain[name]:12,.3f}{hub[name]:12,.3f}{ratio:>12}")


def main() -> None:
    if sys.argv[1:2] == ["prepare"]:
        _set_up()
        prepare()
    elif sys.argv[1:2] == ["serve"]:
        _set_up()
        serve(sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
    elif sys.argv[1:2] == ["read"]:
        prepared = json.loads(sys.argv[4])
        asyncio.run(read(int(sys.argv[2]), int(sys.argv[3]), prepared["cookie"], prepared["ids"]))
    else:
        parser = argparse.ArgumentParser(
            description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("--sockets", type=int, default=500)
        parser.add_argument("--rate", type=float, default=10, help="changes a second")
        parser.add_argument("--seconds", type=float, default=5)
        compare(parser.parse_args())


def _set_up() -> None:
    import django

    django.setup()


if __name__ == "__main__":
    main()
