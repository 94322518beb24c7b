"""What `serve` costs while 1,000 tasks run and are asked about every 5 s: CPU share and memory.

uv run python -m tests.benchmarks.idle [--tasks 1000] [--seconds 20]
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROVIDER = """
import asyncio, json, sys
from aiohttp import web

async def answer(request):
    name = request.path.rpartition("/")[2]
    body = {"id": name, "task_id": name, "status": "processing", "progress": 40, "model": "veo3.1", "pad": "x" * 300}
    return web.Response(text=json.dumps(body), content_type="application/json")

app = web.Application()
app.router.add_get("/v1/tasks/{name}", answer)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""
FILL = """
import sys
from django.utils import timezone
from datetime import timedelta
from tasks.models import Account, Task
now = timezone.now()
account = Account.objects.create(
    slug="bench", provider="lemondata", base_url=sys.argv[1], poll_interval_s=5, concurrency=100
)
Task.objects.bulk_create(
    Task(account=account, remote_id=f"t{n}", kind="video", status="running", raw_status="processing", progress=40,
         model="veo3.1", next_poll_at=now, started_at=now, deadline_at=now + timedelta(hours=1))
    for n in range(int(sys.argv[2]))
)
"""


def run_django(code: str, *arguments: str, environment: dict[str, str]) -> None:
    whole = "import django; django.setup()\n" + code
    subprocess.run([sys.executable, "-c", whole, *arguments], cwd=ROOT, env=environment, check=True)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def asked(folder: str) -> int:
    with closing(sqlite3.connect(f"file:{folder}/dailies.sqlite3?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT SUM(poll_count) FROM tasks_task").fetchone()[0])


def memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
        provider = subprocess.Popen([sys.executable, "-c", PROVIDER, "8951"])
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True
        )
        run_django(FILL, "http://127.0.0.1:8951", str(options.tasks), environment=environment)
        begun = time.monotonic()
        serve = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", "0"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert serve.stdout is not None
        serve.stdout.readline()
        print(f"ready after {time.monotonic() - begun:.1f} s")
        try:
            time.sleep(8)
            before, asked_before, begun = cpu_s(serve.pid), asked(folder), time.monotonic()
            time.sleep(options.seconds)
            took_s = time.monotonic() - begun
            share, rate = (cpu_s(serve.pid) - before) / took_s, (asked(folder) - asked_before) / took_s
            memory = memory_mb(serve.pid)
            print(f"{options.tasks} tasks, {rate:.0f} asks/s: {share:.1%} of a core, {memory:.0f} MB")
        finally:
            serve.terminate()
            serve.wait(10)
            provider.terminate()


if __name__ == "__main__":
    main()
