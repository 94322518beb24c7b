"""What claiming and applying cost by the number of stored tasks: flat, if all is well.

uv run python -m tests.benchmarks.claims [--rows 10000 100000 1000000] [--database URL]

On SQLite, and on the PostgreSQL database given, which must be empty. Medians of batches of 500; what is stored has
ended long ago, but for the tasks that are claimed. Ratios are to the smallest number.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

ROOT = Path(__file__).resolve().parents[2]
BATCH = 500
TIMES = 15
RUNNING = BATCH * (TIMES + 2)


def fill(upto: int, account_id: int) -> None:
    from tasks.models import Task

    now, there = datetime.now(UTC), Task.objects.count()
    Task.objects.bulk_create(
        (
            Task(
                account_id=account_id,
                remote_id=f"t{n}",
                kind="video",
                status="succeeded" if n >= RUNNING else "running",
                next_poll_at=None if n >= RUNNING else now,
                created_at=now - timedelta(seconds=n),
                finished_at=now if n >= RUNNING else None,
                deadline_at=now + timedelta(hours=9),
            )
            for n in range(there, upto)
        ),
        batch_size=2_000,
    )


def analyze() -> None:
    """As the database itself does now and then."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def median_ms(work: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        begun_s = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun_s) * 1e3)
    return statistics.median(took)


def measure(upto: int, poller_id: UUID, account_id: int) -> tuple[float, float]:
    """Milliseconds to claim a batch and to apply a change to each task of one."""
    from tasks.applying import Edit, apply_all
    from tasks.lifecycle import Change
    from tasks.models import Task
    from tasks.poller import claims
    from tasks.transactions import write_transaction

    fill(upto, account_id)
    analyze()
    Task.objects.filter(claimed_by=poller_id).update(claimed_by=None)
    now = datetime.now(UTC)
    claim_ms = median_ms(lambda: _whole(claims.claim(poller_id, now)))
    ids = list(Task.objects.filter(claimed_by=poller_id).values_list("pk", flat=True)[:BATCH])

    def apply() -> None:
        versions = Task.objects.filter(pk__in=ids).values_list("pk", "version")
        edits = [Edit(pk, version, Change({"progress": version % 100}), now) for pk, version in versions]
        with write_transaction():
            _whole(apply_all(edits, claimed_by=poller_id))

    return claim_ms, median_ms(apply)


def _whole(done: "list[object] | set[UUID] | object") -> None:
    if len(done) != BATCH:  # type: ignore[arg-type]
        raise RuntimeError("less than a batch")


def child(rows: list[int]) -> None:
    import django

    django.setup()
    from tasks import lives
    from tasks.models import Account

    account = Account.objects.create(slug="bench", provider="lemondata", base_url="http://127.0.0.1:9")
    poller_id = lives.register(datetime.now(UTC))
    first: tuple[float, float] | None = None
    for upto in rows:
        found = measure(upto, poller_id, account.pk)
        first = first or found
        print(f"{upto:9,} tasks: claim {found[0]:5.1f} ms ({found[0] / first[0]:.2f})", end=", ")
        print(f"apply {found[1]:5.1f} ms ({found[1] / first[1]:.2f})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL", ""))
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.rows)
        return
    for url in dict.fromkeys(["", given.database]):
        print("PostgreSQL" if url else "SQLite")
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"DATA_DIR": folder, "DATABASE_URL": url}
            environment |= {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "LOG_LEVEL": "WARNING"}
            migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
            subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
            again = [
                sys.executable,
                "-m",
                "tests.benchmarks.claims",
                "--child",
                "--rows",
                *map(str, given.rows),
            ]
            subprocess.run(again, cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
