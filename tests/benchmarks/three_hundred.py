"""Three accounts, 300 tasks of every provider: how late an end is noticed, and how late a program hears of it.

uv run python -m tests.benchmarks.three_hundred
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
PORT = 8952
INTERVAL_S = 2.0
RUN_S = 20.0
COUNT = 300
PROVIDERS = ("lemondata", "nebula", "moneyprinter")
ENDS = ("succeeded", "succeeded", "succeeded", "failed", "lost")

PROVIDER = """
import sys, time
from aiohttp import web

def ended(name):
    return time.time() >= float(name.split("~")[1])

def say(body, status=200):
    return web.json_response(body, status=status)

async def lemondata(request):
    name = request.match_info["name"]
    end = name.split("~")[0]
    if not ended(name):
        return say({"id": name, "status": "processing", "progress": 40, "model": "veo3.1"})
    if end == "lost":
        return say({"error": {"code": "async_task_not_found", "message": "gone"}}, 404)
    if end == "failed":
        return say({"id": name, "status": "failed", "error": "Content policy violation"})
    return say({"id": name, "status": "completed", "video_url": "https://cdn.example/a.mp4"})

async def nebula(request):
    name = request.match_info["name"]
    end = name.split("~")[0]
    if not ended(name):
        return say({"task_id": name, "status": "in_progress", "format": "mp4"})
    if end == "lost":
        return say({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)
    if end == "failed":
        return say({"task_id": name, "status": "failed", "error": {"code": 400, "message": "inappropriate"}})
    return say({"task_id": name, "status": "succeeded", "format": "mp4", "url": "https://oss.example/a.mp4"})

async def moneyprinter(request):
    name = request.match_info["name"]
    end = name.split("~")[0]
    body = {"task_id": name, "state": 4, "progress": 50, "videos": None}
    if ended(name):
        if end == "lost":
            return say({"status": 404, "message": "f62cf0df-3b1c-4c1e-9c1f-0a4d2b6c7e11: task not found"}, 404)
        body |= {"state": 1 if end == "succeeded" else -1, "videos": ["/tasks/x/final-1.mp4"]}
    return say({"status": 200, "message": "success", "data": body})

app = web.Application()
app.router.add_get("/v1/tasks/{name}", lemondata)
app.router.add_get("/v1/video/generations/{name}", nebula)
app.router.add_get("/api/v1/tasks/{name}", moneyprinter)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


class Watch:
    """What came over the socket, and when."""

    def __init__(self) -> None:
        self.ended: dict[str, tuple[str, float, float]] = {}

    async def follow(self, session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
        async with session.ws_connect(f"{url}ws/tasks/?format=json", headers=headers) as socket:
            async for message in socket:
                frame = json.loads(message.data)
                if frame["type"] == "task" and frame["task"]["status"] not in {"queued", "running"}:
                    task = frame["task"]
                    at = datetime.fromisoformat(task["last_poll_at"]).timestamp()
                    self.ended.setdefault(task["remote_id"], (task["status"], at, time.time()))
                    if len(self.ended) == COUNT:
                        return


def manage(folder: str, *arguments: str) -> str:
    environment = os.environ | {"DATA_DIR": folder, "DJANGO_SUPERUSER_PASSWORD": "bench-mark-7"}
    ran = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return ran.stdout.strip()


async def measure(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    watch = Watch()
    async with aiohttp.ClientSession() as session:
        following = asyncio.create_task(watch.follow(session, url, headers))
        await asyncio.sleep(0.5)
        begun = time.time() + 3
        ends: dict[str, tuple[str, float]] = {}
        for n in range(COUNT):
            end, at = ENDS[n % len(ENDS)], begun + RUN_S * n / COUNT
            name = f"{end}~{at:.3f}~{n}"
            ends[name] = (end, at)
            body = {"account": PROVIDERS[n % 3], "remote_id": name}
            async with session.post(f"{url}api/v1/tasks", json=body, headers=headers) as answer:
                assert answer.status == 201, await answer.text()
        await asyncio.wait_for(following, RUN_S + 60)
    wrong = [name for name, (status, *_) in watch.ended.items() if status != ends[name][0]]
    late = [asked - ends[name][1] for name, (_, asked, _) in watch.ended.items()]
    pushed = [heard - asked for _, asked, heard in watch.ended.values()]
    print(f"{len(watch.ended)} of {COUNT} ended, {len(wrong)} wrongly; asked every {INTERVAL_S:.0f} s")
    print(f"noticed after the provider's end: median {median(late):.2f} s, worst {max(late):.2f} s")
    print(f"heard by a program after that:    median {median(pushed):.3f} s, worst {max(pushed):.3f} s")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        provider = subprocess.Popen([sys.executable, "-c", PROVIDER, str(PORT)])
        manage(folder, "migrate", "-v0")
        manage(folder, "createsuperuser", "--noinput", "--username", "bench", "--email", "")
        token = manage(folder, "create_token", "bench")
        for name in PROVIDERS:
            base = ("--base-url", f"http://127.0.0.1:{PORT}", "--poll-interval", str(INTERVAL_S))
            manage(folder, "add_account", name, name, *base)
        serve = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", "0"],
            cwd=ROOT,
            env=os.environ | {"DATA_DIR": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert serve.stdout is not None
        url = serve.stdout.readline().split()[-1]
        try:
            asyncio.run(measure(url, token))
        finally:
            serve.terminate()
            serve.wait(10)
            provider.terminate()


if __name__ == "__main__":
    main()
