"""500 results of three accounts from a file server that misbehaves, beside a bare download loop in the same run.

uv run python -m tests.benchmarks.archive [--results 500] [--megabytes 10] [--kill 20]
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
FILES_PORT, API_PORT = 8955, 8956
FILES, API = f"http://127.0.0.1:{FILES_PORT}", f"http://127.0.0.1:{API_PORT}"
PATIENCE_S = 900.0
REFUSES_AFTER_S = 60
AT_ONCE = 8

SHARES = {
    "good": 40,
    "cut": 15,
    "stall": 5,
    "lie": 10,
    "soon": 10,
    "renewed": 5,
    "dead": 5,
    "private": 5,
    "page": 3,
    "liar": 2,
}
"""How many of a hundred results are of each kind. `soon` answers 403 after a minute, as its link says."""
STORED = frozenset({"good", "cut", "stall", "lie", "soon", "renewed"})
ENDS = {
    "dead": {"expired"},
    "private": {"failed"},
    "page": {"pending", "failed"},
    "liar": {"pending", "failed"},
}
"""Those that are retried for days are pending, and say why."""

HEADS = {
    "model3d": b"glTF\2\0\0\0",
    "video": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
}
"""How a file begins: nobody looks into a model, and a process of its own into each video."""

SERVER = """
import asyncio, hashlib, json, random, re, sys, time
from aiohttp import web

files_port, api_port, size, lasts = map(int, sys.argv[1:5])
bulk = random.Random(1).randbytes(size)
begun, tries, keys, asked = time.time(), {}, [], [0]

def body(name):
    start = bytes.fromhex(sys.argv[5]) + hashlib.sha256(name.encode()).digest()
    return start + bulk[len(start):]

def nth(name):
    tries[name] = tries.get(name, 0) + 1
    return tries[name]

async def send(*arguments, **options):
    try:
        return await passed(*arguments, **options)
    except ConnectionError:
        return web.Response()

async def passed(request, data, start, declared, stop, stall=False):
    headers = {"etag": '"%s"' % request.match_info["name"], "content-length": str(declared - start)}
    if start:
        headers["content-range"] = "bytes %d-%d/%d" % (start, declared - 1, declared)
    response = web.StreamResponse(status=206 if start else 200, headers=headers)
    await response.prepare(request)
    for at in range(start, stop, 262144):
        await response.write(data[at:min(at + 262144, stop)])
    if stall:
        await asyncio.sleep(600)
    if stop < declared:
        await asyncio.sleep(0.05)
        request.transport.close()
    return response

async def files(request):
    kind, name = request.match_info["kind"], request.match_info["name"]
    asked[0] += 1
    if "authorization" in request.headers:
        keys.append(request.path)
    if kind == "private":
        raise web.HTTPFound(random.choice(["http://10.255.255.1/a", "http://127.0.0.2:%d/a" % files_port, "http://[::1]/a"]))
    if kind in ("dead", "renewed") or (kind == "soon" and time.time() > begun + lasts):
        return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
    if kind == "page":
        return web.Response(text="<!doctype html><p>Sorry", content_type="text/html")
    data, n = body(name), nth(name)
    found = re.fullmatch(r"bytes=(\\d+)-", request.headers.get("range", ""))
    start = int(found[1]) if found else 0
    if kind == "cut" and n < 3:
        return await send(request, data, start, size, max(start, size * n // 3))
    if kind == "stall" and n < 2:
        return await send(request, data, start, size, size // 2, stall=True)
    if kind == "liar" or (kind == "lie" and n < 2):
        return await send(request, data, start, size + 4096, size)
    return await send(request, data, start, size, size)

async def told(_):
    return web.json_response({"keys": keys, "asked": asked[0], "begun": begun})

async def api(request):
    kind, name = request.match_info["name"].split("-")
    fresh = "fresh" if kind == "renewed" else kind
    address = "http://127.0.0.1:%d/%s/%s" % (files_port, fresh, name)
    return web.json_response({"id": request.match_info["name"], "status": "completed", "video_url": address})

async def main():
    served = {files_port: {"/told": told, "/{kind}/{name}": files}, api_port: {"/v1/tasks/{name}": api}}
    for port, routes in served.items():
        app = web.Application()
        for path, handler in routes.items():
            app.router.add_get(path, handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""

MAKE = """
import json, sys
from datetime import timedelta
from django.utils import timezone
from tasks.accounts import create_account
from tasks.lifecycle import Change, record
from tasks.models import Task
from tasks.providers.contract import Adoption, File
from tasks.tracking import track
from tasks.vocabulary import Kind
from tasks.startup import prepare
prepare()
names, api, kind = json.loads(sys.stdin.read())
key = "sk-bench-0123456789abcdef"
accounts = [create_account("lemondata", f"lemon{n}", base_url=api, api_key=key) for n in range(3)]
for position, (name, url) in enumerate(names):
    task = track(accounts[position % 3], Adoption(name, kind=Kind(kind)), None).task
    Task.objects.filter(pk=task.pk).update(status="succeeded", next_poll_at=None)
    record(task.pk, Change(files=(File(url=url, kind=Kind(kind)),)), task.created_at)
"""


@dataclass
class Bench:
    results: int
    size_bytes: int
    kills: int
    kind: str
    folder: Path
    peak_bytes: int = 0
    halves: int = 0
    killed: int = 0
    good_s: float = 0.0
    """When the last of the well-behaved ones was stored, and how many bytes were by then."""
    good_bytes: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def names(self) -> list[str]:
        """`kind-number`, mixed as they would come."""
        kinds = [kind for kind, share in SHARES.items() for _ in range(share)]
        found = [f"{kinds[n * 100 // self.results % 100]}-{n}" for n in range(self.results)]
        self.chance.shuffle(found)
        return found

    def env(self) -> dict[str, str]:
        return os.environ | {"DATA_DIR": str(self.folder), "LOG_LEVEL": "ERROR"}

    def manage(self, *args: str, text: str = "") -> None:
        command = [sys.executable, "manage.py", *args]
        subprocess.run(command, cwd=ROOT, env=self.env(), check=True, input=text, text=True)

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "poll_tasks"]
        process = subprocess.Popen(command, cwd=ROOT, env=self.env(), stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()  # it says that it has begun
        return process

    def served(self) -> tuple[object, ...]:
        """What the server is told."""
        return FILES_PORT, API_PORT, self.size_bytes, REFUSES_AFTER_S, HEADS[self.kind].hex()

    def rows(self) -> list[tuple[Any, ...]]:
        database = sqlite3.connect(f"file:{self.folder / 'dailies.sqlite3'}?mode=ro", uri=True, timeout=30)
        try:
            return database.execute(
                "SELECT t.remote_id, r.archive, r.sha256, r.id, r.problem, r.attempts FROM tasks_result r"
                " JOIN tasks_task t ON t.id = r.task_id"
            ).fetchall()
        finally:
            database.close()

    def is_done(self, passed_s: float) -> bool:
        rows = self.rows()
        good = all(row[1] == "stored" for row in rows if row[0].startswith("good"))
        if good and not self.good_s:
            self.good_s = passed_s
            self.good_bytes = sum(row[1] == "stored" for row in rows) * self.size_bytes
        return all(is_right(row[0], row[1], row[4]) for row in rows)

    def look_for_halves(self) -> None:
        """Whatever lies under the name by which it would be served must be whole."""
        for path in (self.folder / "media" / "results").rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                self.halves += path.stat().st_size != self.size_bytes

    def measure(self, process: subprocess.Popen[bytes]) -> None:
        self.peak_bytes = max(self.peak_bytes, memory(process.pid, "VmHWM"))


def memory(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)


def link_of(name: str, begun_s: float) -> str:
    kind, _, number = name.partition("-")
    signed = f"?Expires={int(begun_s) + REFUSES_AFTER_S}" if kind == "soon" else ""
    return f"{FILES}/{kind}/{number}{signed}"


def is_right(name: str, archive: str, problem: str) -> bool:
    kind = name.partition("-")[0]
    return archive == "stored" if kind in STORED else archive in ENDS[kind] and bool(problem)


def told() -> dict[str, Any]:
    import urllib.request

    with urllib.request.urlopen(f"{FILES}/told") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def run(bench: Bench) -> float:
    """Until every result stands as it should; the seconds that took."""
    process = bench.start()
    begun = time.monotonic()
    next_kill = begun + bench.chance.uniform(0.3, 1.5)
    try:
        while time.monotonic() - begun < PATIENCE_S:
            time.sleep(0.25)
            bench.measure(process)
            bench.look_for_halves()
            if bench.killed < bench.kills and time.monotonic() > next_kill:
                process.send_signal(signal.SIGKILL)
                process.wait()
                bench.killed += 1
                process = bench.start()
                next_kill = time.monotonic() + bench.chance.uniform(0.3, 1.5)
            elif bench.is_done(time.monotonic() - begun):
                break
        return time.monotonic() - begun
    finally:
        process.terminate()
        process.wait()


def check_hashes(bench: Bench) -> int:
    """How many stored files are exactly what was to be fetched, by their rows and by their bytes."""
    bulk = random.Random(1).randbytes(bench.size_bytes)
    right = 0
    for name, archive, digest, result_id, *_ in bench.rows():
        if archive != "stored":
            continue
        number = name.partition("-")[2]
        head = HEADS[bench.kind] + hashlib.sha256(number.encode()).digest()
        path = bench.folder / "media" / "results" / result_id[-2:]
        (file,) = path.glob(f"{result_id[:8]}-*{result_id[-12:]}")
        body = file.read_bytes()
        right += body == head + bulk[len(head) :] and digest == hashlib.sha256(body).hexdigest()
    return right


async def bare_loop(urls: list[str], folder: Path) -> float:
    """What aiohttp does by itself, writing what comes; the seconds it takes."""
    waiting = list(urls)
    begun = time.monotonic()

    async def work(session: aiohttp.ClientSession) -> None:
        while waiting:
            url = waiting.pop()
            async with session.get(url) as answer:
                with (folder / url.rpartition("/")[2]).open("wb") as file:
                    async for chunk in answer.content.iter_chunked(65536):
                        file.write(chunk)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(work(session) for _ in range(AT_ONCE)))
    return time.monotonic() - begun


def idle_bytes(bench: Bench) -> int:
    process = bench.start()
    time.sleep(3)
    found = memory(process.pid, "VmRSS")
    process.terminate()
    process.wait()
    return found


def measure(bench: Bench) -> None:
    idle = idle_bytes(bench)
    names = bench.names()
    links = [(name, link_of(name, time.time())) for name in names]
    bench.manage("shell", "--verbosity", "0", "-c", MAKE, text=json.dumps([links, API, bench.kind]))
    server = subprocess.Popen([sys.executable, "-c", SERVER, *map(str, bench.served())])
    try:
        time.sleep(2)
        took_s = run(bench)
        report(bench, took_s, idle)
        good = [f"{FILES}/good/{n}" for n in range(min(100, bench.results))]
        shutil.rmtree(bench.folder / "media")
        bare = bench.folder / "bare"
        bare.mkdir()
        alone_s = asyncio.run(bare_loop(good, bare))
        print(f"a bare aiohttp loop       {len(good) * bench.size_bytes / alone_s / 1e6:,.0f} MB/s")
    finally:
        server.kill()
        server.wait()


def report(bench: Bench, took_s: float, idle: int) -> None:
    rows = bench.rows()
    stored = sum(row[1] == "stored" for row in rows)
    wrong = [row for row in rows if not is_right(row[0], row[1], row[4])]
    heard = told()
    states = Counter(f"{row[0].partition('-')[0]} {row[1]}" for row in rows)
    print(", ".join(f"{count} {state}" for state, count in sorted(states.items())))
    print(f"results                   {len(rows)}, killed {bench.killed} times")
    print(f"in a wrong state          {len(wrong)} {wrong[:3] if wrong else ''}")
    print(f"stored with right hashes  {check_hashes(bench)} of {stored}")
    print(f"half files seen           {bench.halves}")
    print(f"key seen by file server   {len(heard['keys'])} times in {heard['asked']} requests")
    print(f"until nothing was left    {took_s:.1f} s")
    speed = bench.good_bytes / max(bench.good_s, 0.001) / 1e6
    print(f"until the good were kept  {bench.good_s:.1f} s, {speed:,.0f} MB/s with all that was kept by then")
    print(f"memory                    {idle / 1e6:.0f} MB idle, {bench.peak_bytes / 1e6:.0f} MB at its peak")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=500)
    parser.add_argument("--megabytes", type=int, default=10)
    parser.add_argument(
        "--kill", type=int, default=0, metavar="N", help="kill the archiver N times at random"
    )
    parser.add_argument(
        "--kind", choices=sorted(HEADS), default="model3d", help="videos are looked into, too"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="archive-bench-") as folder:
        measure(
            Bench(options.results, options.megabytes * 1_000_000, options.kill, options.kind, Path(folder))
        )


if __name__ == "__main__":
    main()
