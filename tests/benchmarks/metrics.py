"""What counting costs the poller, and what a look at `/metrics` costs everybody else in the process.

uv run python -m tests.benchmarks.metrics [--tasks 100000] [--accounts 20] [--seconds 6]

Lateness of a timer on the loop of a server: while nobody looks, and while somebody looks 10 times a second.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from timeit import timeit
from uuid import uuid4

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tasks.metrics import Meter

ROOT = Path(__file__).resolve().parents[2]
LOOKS_PER_S = 10
FILL = """
import sys
from datetime import timedelta
from django.utils import timezone
from tasks.models import Account, Task
now = timezone.now()
accounts = [
    Account.objects.create(slug=f"a{n}", provider="lemondata", base_url="http://127.0.0.1:9", enabled=False)
    for n in range(int(sys.argv[2]))
]
Task.objects.bulk_create(
    (Task(account=accounts[n % len(accounts)], remote_id=f"t{n}", status="succeeded", deadline_at=now)
     for n in range(int(sys.argv[1]))), batch_size=1000)
"""


def late(url: str) -> tuple[float, float, float]:
    """Timers so far, the sum of their lateness in seconds, and how many were 25 ms late or more."""
    text = httpx.get(f"{url}/metrics", trust_env=False).text
    samples = {
        (one.name.removeprefix("dailies_loop_block_seconds"), one.labels.get("le")): one.value
        for family in text_string_to_metric_families(text)
        if family.name == "dailies_loop_block_seconds"
        for one in family.samples
    }
    count = samples["_count", None]
    return count, samples["_sum", None], count - samples["_bucket", "0.025"]


def measure(url: str, seconds: float, looks_per_s: int) -> str:
    before, took = late(url), []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        begun = time.monotonic()
        if looks_per_s:
            httpx.get(f"{url}/metrics", trust_env=False).raise_for_status()
            took.append(time.monotonic() - begun)
        time.sleep(max(0.0, (1 / looks_per_s if looks_per_s else 1.0) - (time.monotonic() - begun)))
    count, total, slow = (after - was for after, was in zip(late(url), before, strict=True))
    looks = f", a look takes {1000 * sum(took) / len(took):.0f} ms" if took else ""
    return f"{1000 * total / count:.2f} ms late on average, {slow:.0f} of {count:.0f} by 25 ms or more{looks}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=6.0)
    options = parser.parse_args()
    task_id, meter, times = uuid4(), Meter(), 200_000
    empty_s = timeit(lambda: None, number=times)
    print(f"an empty call {1e6 * empty_s / times:.2f} µs")
    counted_s = timeit(lambda: meter.asked("answered", 0.2, task_id), number=times)
    print(f"counting one ask {1e6 * counted_s / times:.2f} µs")
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "DATA_DIR": folder,
            "METRICS_PUBLIC": "1",
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        }
        fill = "import django; django.setup()\n" + FILL
        for arguments in (
            ["manage.py", "migrate", "-v", "0"],
            ["-c", fill, str(options.tasks), str(options.accounts)],
        ):
            subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True)
        command = [sys.executable, "manage.py", "serve", "--port", "0"]
        serve = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert serve.stdout is not None
        url = serve.stdout.readline().rpartition(" ")[2].strip().rstrip("/")
        try:
            time.sleep(3)
            print(f"timers while nobody looks: {measure(url, options.seconds, 0)}")
            print(f"while somebody looks {LOOKS_PER_S} times a second: ", end="")
            print(measure(url, options.seconds, LOOKS_PER_S))
        finally:
            serve.terminate()
            serve.wait(30)


if __name__ == "__main__":
    main()
