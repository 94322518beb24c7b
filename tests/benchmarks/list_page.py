"""The list page of 50 tasks among 1,000 and among 100,000: time in the server and queries, side by side.

uv run python -m tests.benchmarks.list_page
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

SIZES = (1_000, 100_000)
ROUNDS = 15


def fill(count: int) -> None:
    from django.utils import timezone

    from tasks.models import Account, Result, Task
    from tasks.vocabulary import Status

    now = timezone.now()
    accounts = [
        Account.objects.get_or_create(slug=slug, provider=provider, base_url="http://127.0.0.1:9")[0]
        for slug, provider in (("lemon", "lemondata"), ("nebula", "nebula"), ("studio", "moneyprinter"))
    ]
    share = (
        [Status.SUCCEEDED] * 90 + [Status.FAILED] * 6 + [Status.CANCELED] * 2 + [Status.RUNNING, Status.LOST]
    )
    begun = Task.objects.count()
    rows = []
    for n in range(begun, count):
        task = Task(
            account=accounts[n % 3],
            remote_id=f"task-{n}",
            kind=("video", "image", "audio")[n % 3],
            status=share[n * 7 % 100],
            raw_status="completed",
            model=("veo3.1", "sora-2", "suno_music")[n % 3],
            title=f"Two walkers cross dune {n} at last light",
            created_at=now - timedelta(seconds=n),
            started_at=now - timedelta(seconds=n),
            finished_at=now,
            deadline_at=now,
        )
        task.search = task.search_text()
        rows.append(task)
    Task.objects.bulk_create(rows, batch_size=2_000)
    Result.objects.bulk_create(
        [Result(task=task, position=0, kind=task.kind, remote_url="https://cdn.example/a") for task in rows],
        batch_size=5_000,
    )


def measure(get: Callable[[], Any]) -> tuple[float, int]:
    """Median milliseconds, and queries of one request."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    assert get().status_code == 200
    with CaptureQueriesContext(connection) as queries:
        get()
        count = len(queries)
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        get()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), count


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
        import django

        django.setup()
        from django.conf import settings
        from django.contrib.auth.models import User
        from django.core.management import call_command
        from django.test import Client

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        settings.ALLOWED_HOSTS = ["testserver"]
        client = Client()
        client.force_login(User.objects.create_user("bench"))
        pages = (
            "/",
            "/?view=cards",
            "/?status=failed",
            "/?account=nebula",
            "/?q=dune+77",
            "/?q=nothing+like+it",
        )
        print(f"{'page':24}" + "".join(f"{size:>12,} tasks" for size in SIZES))
        found: dict[str, list[tuple[float, int]]] = {page: [] for page in pages}
        for size in SIZES:
            fill(size)
            for page in pages:
                found[page].append(measure(lambda page=page: client.get(page)))  # type: ignore[misc]
        for page, numbers in found.items():
            print(f"{page:24}" + "".join(f"{ms:9.1f} ms, {queries} q" for ms, queries in numbers))


if __name__ == "__main__":
    main()
