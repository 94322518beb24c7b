"""Rounds of `kill -9` on one of three pollers: every task ends right, nothing happens twice, no budget is exceeded.

uv run python -m tests.benchmarks.kills --database URL [--rounds 20] [--tasks 2000] [--round-s 5] [--redis] [--garbage]
    [--restart COMMAND]

The database must be empty. `--redis`: a Redis of its own between the pollers, stopped and started again all the time.
`--garbage`: one provider answers nonsense until half of the rounds are over. `--restart`: a shell command that restarts
the database server, run once in the midst of the middle round, such as "pg_ctlcluster 15 main restart". A sixth of the
usual durations: a provider's minute lasts 10 s, and dead is who did not beat for 5 s.
"""

import argparse
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.counting import Counting
from tests.benchmarks.fleet import QUICK, Fleet, fleet, wait_until

ACCOUNTS = 4
STUCK_S = 30.0
DOUBLE = """
SELECT count(*) FROM (SELECT task_id FROM tasks_event WHERE type = 'status'
GROUP BY task_id, from_status, to_status HAVING count(*) > 1) twice
"""


@dataclass
class Plot:
    """How the tasks end, and when: nobody but the provider knows."""

    tasks: int
    span_s: float
    garbage: bool
    begun_s: float = field(default_factory=time.monotonic)
    is_sane: bool = False

    def names(self, account: int) -> list[str]:
        return [f"t{n}" for n in range(account, self.tasks, ACCOUNTS)]

    def ends_s(self, name: str) -> float:
        return self.begun_s + random.Random(name).uniform(0.1, 1.0) * self.span_s

    def end(self, name: str) -> str:
        return "failed" if int(name[1:]) % 10 == 0 else "succeeded"

    def answer(self, name: str, now_s: float) -> object:
        if self.garbage and not self.is_sane and int(name[1:]) % ACCOUNTS == 0:
            return "<html>502 Bad Gateway</html>"
        if now_s < self.ends_s(name):
            passed = 1 - (self.ends_s(name) - now_s) / (self.ends_s(name) - self.begun_s)
            return {"id": name, "status": "processing", "progress": int(100 * passed)}
        if self.end(name) == "failed":
            return {"id": name, "status": "failed", "error": {"code": "content_policy", "message": "No."}}
        return {
            "id": name,
            "status": "completed",
            "progress": 100,
            "video_url": f"https://cdn.example/{name}",
        }


class Redis:
    """A Redis of our own on a free port."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        command = [shutil.which("redis-server") or "redis-server", "--port", str(self._port), "--save", ""]
        self._process = subprocess.Popen([*command, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def redis(wanted: bool) -> Iterator[Redis | None]:
    ours = Redis() if wanted else None
    try:
        yield ours
    finally:
        if ours:
            ours.stop()


@dataclass(frozen=True)
class Setting:
    tasks: int = 2_000
    rounds: int = 20
    round_s: float = 5.0
    per_window: int = 600
    at_once: int = 20
    garbage: bool = False
    redis: bool = False
    restart: str = ""


def run(database: str, setting: Setting) -> list[str]:
    """What went wrong, in words; empty when nothing did."""
    plot = Plot(setting.tasks, setting.rounds * setting.round_s, setting.garbage)
    provider = Counting(plot.answer)
    try:
        with redis(setting.redis) as layer, fleet(database, QUICK, layer.url if layer else "") as ours:
            ours.fill([_account(n, plot, provider.url, setting) for n in range(ACCOUNTS)])
            return _rounds(ours, plot, provider, setting, layer)
    finally:
        provider.close()


def _account(n: int, plot: Plot, url: str, setting: Setting) -> dict[str, Any]:
    return {
        "slug": f"a{n}",
        "key": _key(n),
        "base_url": url,
        "tasks": plot.names(n),
        "requests_per_minute": setting.per_window,
        "concurrency": setting.at_once,
    }


def _key(n: int) -> str:
    return f"sk-benchmark-{n:04}-0123456789"


def _rounds(ours: Fleet, plot: Plot, provider: Counting, setting: Setting, layer: Redis | None) -> list[str]:
    chance = random.Random(7)
    for _ in range(3):
        ours.start()
    ours.await_ready()
    plot.begun_s = time.monotonic()
    for number in range(setting.rounds):
        if layer and number % 2:
            layer.stop()
        time.sleep(setting.round_s / 2)
        if setting.restart and number == setting.rounds // 2:
            _restart(setting.restart)
        time.sleep(setting.round_s / 2)
        plot.is_sane |= number + 1 >= setting.rounds // 2
        ours.kill_any(chance)
        ours.start()
        if layer and number % 2:
            layer.start()
        done = _final(ours)
        print(f"round {number + 1}: {done} of {plot.tasks} ended, parts {ours.parts()}", flush=True)
    late_s = plot.begun_s + plot.span_s - time.monotonic()
    took_s = wait_until(lambda: _final(ours) == plot.tasks, max(0.0, late_s) + STUCK_S)
    problems = [] if took_s is not None else [f"{plot.tasks - _final(ours)} tasks stuck after {STUCK_S:g} s"]
    if took_s is not None:
        print(f"all ended {max(0.0, took_s - max(0.0, late_s)):.1f} s after the last one did at the provider")
    return problems + _judge(ours, plot, provider, setting)


def _restart(command: str) -> None:
    begun_s = time.monotonic()
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
    print(f"the database was restarted within {time.monotonic() - begun_s:.1f} s", flush=True)


def _final(ours: Fleet) -> int:
    ((count,),) = ours.query("SELECT count(*) FROM tasks_task WHERE status IN ('succeeded', 'failed')")
    return int(count)


def _judge(ours: Fleet, plot: Plot, provider: Counting, setting: Setting) -> list[str]:
    statuses = ours.query("SELECT remote_id, status FROM tasks_task")
    wrong = [name for name, status in statuses if status != plot.end(name)]
    ((twice,),) = ours.query(DOUBLE)
    limits = {f"Bearer {_key(n)}": (setting.per_window, setting.at_once) for n in range(ACCOUNTS)}
    excess = provider.excess(limits, QUICK["budget_window_s"])
    window_s = QUICK["budget_window_s"]
    print(f"most requests of an account in {window_s:g} s: {max(provider.most_within(window_s).values())}")
    print(
        f"of {setting.per_window}; most at once: {max(provider.most_at_once.values())} of {setting.at_once}"
    )
    return [
        *([f"{len(wrong)} tasks ended wrong, such as {wrong[0]}"] if wrong else []),
        *([f"{twice} status events happened twice"] if twice else []),
        *excess,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="", help="an empty PostgreSQL database; SQLite when absent")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--tasks", type=int, default=2_000)
    parser.add_argument("--round-s", type=float, default=5.0)
    parser.add_argument("--redis", action="store_true")
    parser.add_argument("--garbage", action="store_true")
    parser.add_argument("--restart", default="", metavar="COMMAND")
    given = parser.parse_args()
    setting = Setting(
        given.tasks,
        given.rounds,
        given.round_s,
        redis=given.redis,
        garbage=given.garbage,
        restart=given.restart,
    )
    problems = run(given.database, setting)
    print("\n".join(problems) if problems else "nothing wrong")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
