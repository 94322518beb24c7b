"""The list page of 50 tasks among 1,000, among 100,000, and among 100,000 of which 90 % are archived: side by side.

"Scattered": nine of ten, over all times. "Newest": all but the oldest tenth, so that whoever reads the list without
an index of its own passes 90,000 rows first.

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
ARCHIVED = {"scattered": "substr(remote_id, -1) <> '0'", "newest": "created_at >= %s"}
"""Which tasks are archived in the last two columns, as SQL."""
ROUNDS = 15


def fill(count: int, owner: Any) -> None:
    from django.utils import timezone

    from tasks.models import Account, Result, Task
    from tasks.models.task import words_of
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
            created_by=owner if n % 10 == 0 else None,
            starred=n % 100 == 0,
            tags=["dunes"] if n % 50 == 0 else [],
        )
        task.search, task.tag_words = task.search_text(), words_of(task.tags)
        rows.append(task)
    Task.objects.bulk_create(rows, batch_size=2_000)
    Result.objects.bulk_create(
        [Result(task=task, position=0, kind=task.kind, remote_url="https://cdn.example/a") for task in rows],
        batch_size=5_000,
    )


def archive(which: str) -> None:
    """Archive these tasks and no others."""
    from django.db import connection
    from django.utils import timezone

    from tasks.models import Task

    Task.objects.update(archived_at=None)
    oldest = Task.objects.order_by("created_at").values_list("created_at", flat=True)[SIZES[-1] // 10]
    condition = ARCHIVED[which]
    values = [timezone.now(), *([oldest] if "%s" in condition else [])]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE tasks_task SET archived_at = %s WHERE {condition}", values)


def measure(get: Callable[[], Any]) -> tuple[float, int]:
    """Median milliseconds of processor time, SQLite's included, and queries of one request."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    assert get().status_code == 200
    with CaptureQueriesContext(connection) as queries:
        get()
        count = len(queries)
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        get()
        times.append((time.process_time() - begun) * 1000)
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
        owner = User.objects.create_user("bench")
        client.force_login(owner)
        pages = (
            "/",
            "/?view=cards",
            "/?status=failed",
            "/?account=nebula",
            "/?archived=yes",
            "/?archived=all",
            "/?owner=bench",
            "/?starred=1",
            "/?tag=dunes",
            "/?tag=nothing",
            "/?q=dune+77",
            "/?q=nothing+like+it",
        )
        found: dict[str, list[tuple[float, int]]] = {page: [] for page in pages}

        def look() -> None:
            for page in pages:
                found[page].append(measure(lambda page=page: client.get(page)))  # type: ignore[misc]

        for size in SIZES:
            fill(size, owner)
            look()
        for which in ARCHIVED:
            archive(which)
            look()
        titles = [*(f"{size:,} tasks" for size in SIZES), *(f"90 % {which}" for which in ARCHIVED)]
        print(f"{'page':24}" + "".join(f"{title:>17}" for title in titles))
        for page, numbers in found.items():
            print(f"{page:24}" + "".join(f"{ms:9.1f} ms, {queries} q" for ms, queries in numbers))


if __name__ == "__main__":
    main()
