"""Tasks with stored results to look at, put into a data folder by a process of its own: `python -m` this module.

The ORM refuses to work beside Playwright's loop, and no call of the API stores a file.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import django

from tests.processes import ROOT, environment

if TYPE_CHECKING:
    from tasks.models import Account, Task

MEDIA = ROOT / "dashboard" / "demo" / "media"
LYRICS = "\n".join(f"Line {number} of the <b>tide</b> comes in" for number in range(1, 60)).encode()
PATIENCE_S = 120.0
SETTINGS = "dashboard.settings"


def load_reels(data_dir: Path) -> dict[str, str]:
    """Ids of the tasks, by what they show."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.reels"],
        cwd=ROOT,
        env=environment(data_dir, DJANGO_SETTINGS_MODULE=SETTINGS),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    found = json.loads(made.stdout)
    assert isinstance(found, dict)
    return found


def store() -> dict[str, str]:
    """All of them at an account that nobody asks."""
    from tasks.models import Account

    account = Account.objects.create(
        slug="reels", provider="lemondata", base_url="http://127.0.0.1:9", enabled=False
    )
    films = {
        "film": ["lanterns.mp4"],
        "upright": ["street.mp4"],
        "takes": ["aurora.mp4", "dunes.mp4", "sea.mp4"],
    }
    tasks = {name: _task(account, name, "video", files) for name, files in films.items()}
    tasks["stills"] = _task(account, "stills", "image", ["aurora.webp", "lanterns.webp"])
    tasks["song"] = _task(account, "song", "audio", ["tide.ogg"])
    tasks["model"] = _task(account, "model", "model3d", ["vase.glb"])
    _add(tasks["takes"], "dunes.webp", 3, role="last_frame")
    _keep(tasks["song"], LYRICS, position=1, kind="text", role="lyrics", content_type="text/plain")
    _keep(tasks["model"], b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", position=1, role="obj")
    return {name: str(task.pk) for name, task in tasks.items()}


def _task(account: "Account", name: str, kind: str, files: list[str]) -> "Task":
    from django.utils import timezone

    from tasks.models import Task

    task = Task.objects.create(
        account=account,
        remote_id=f"reel-{name}",
        title=f"The {name}",
        kind=kind,
        status="succeeded",
        finished_at=timezone.now(),
        deadline_at=timezone.now(),
    )
    for position, file in enumerate(files):
        _add(task, file, position)
    return task


def _add(task: "Task", file: str, position: int, **columns: object) -> None:
    """As the archiver leaves it: sniffed, looked into, with its poster."""
    from tasks.archive.inspection import inspect
    from tasks.archive.sniffing import sniff

    data = (MEDIA / file).read_bytes()
    facts = asyncio.run(inspect(MEDIA / file, sniff(data).kind))
    told = {name: getattr(facts, name) for name in ("width", "height", "duration_s", "codec")}
    _keep(task, data, position=position, poster=facts.poster, peaks=list(facts.peaks), **told, **columns)


def _keep(
    task: "Task", data: bytes, *, position: int, poster: bytes | None = None, **columns: object
) -> None:
    from tests.archive.stored import keep

    keep(task, data, position=position, poster=poster, **columns)


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(store()))
