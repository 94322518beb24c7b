"""A data folder with shares in it, and the process that serves them: for those who come by a real connection."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import Served, ended, manage

HANG = """
import json
from datetime import timedelta
from io import BytesIO
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image
from dashboard.environment import ROOT
from tasks.models import Account, Task
from tasks.sharing import Piece, Terms, make
from tests.archive.stored import keep

MEDIA = ROOT / "dashboard" / "demo" / "media"
now = timezone.now()
boss = User.objects.get(username="boss")
account = Account.objects.create(slug="hung", provider="nebula", base_url="http://127.0.0.1:9", enabled=False)

def task(title, status="succeeded", **fields):
    return Task.objects.create(
        account=account, title=title, status=status, model="wan2.5", kind="video", deadline_at=now,
        remote_id=title, prompt="Layered hills fading into mist", created_at=now, finished_at=now, **fields)

def film(of, name="sea", position=0):
    facts = {"width": 640, "height": 360, "duration_s": 4.0, "codec": "h264"}
    poster = (MEDIA / "dunes.webp").read_bytes()
    data = (MEDIA / f"{name}.mp4").read_bytes()
    return keep(of, data, position=position, kind="video", content_type="video/mp4", poster=poster, **facts)

def link(*tasks, life=timedelta(days=7), **terms):
    made = make([Piece(one.pk) for one in tasks], Terms(expires_at=now + life, **terms), boss)
    return {"path": f"/s/{made.token}/", "share": str(made.share.pk), "task": str(tasks[0].pk)}

one = task("Mist over a fjord at dawn")
film(one)
three = task("Three takes")
for n, name in enumerate(("sea", "dunes", "street")):
    film(three, name, n)
still = task("A still")
png = (MEDIA / "street.png").read_bytes()
with Image.open(BytesIO(png)) as image:
    size = {"width": image.width, "height": image.height}
poster = (MEDIA / "lanterns.webp").read_bytes()
keep(still, png, kind="image", content_type="image/png", poster=poster, **size)
song = task("Tide")
keep(song, (MEDIA / "night-drive.mp3").read_bytes(), kind="audio", content_type="audio/mpeg", poster=None,
     duration_s=12.0, peaks=[abs((n * 37) % 100 - 50) * 2 for n in range(160)])
vase = task("Vase")
keep(vase, (MEDIA / "vase.glb").read_bytes(), kind="model3d", content_type="model/gltf-binary", poster=None)
more = [task(f"Dailies {n}") for n in range(5)]
for n, each in enumerate(more[:4]):
    film(each, ("sea", "dunes", "street", "lanterns")[n])
Task.objects.filter(pk=more[4].pk).update(status="running", progress=30)
soon = task("Two walkers cross a dune ridge at last light", "running", progress=62)

links = {
    "film": link(one, note="The opening shot, graded.", show_prompt=True),
    "takes": link(three),
    "still": link(still),
    "song": link(song),
    "vase": link(vase),
    "gallery": link(*more, title="Dailies of Friday", note="Please pick one until Monday."),
    "locked": link(one, password="under the bridge"),
    "ended": link(one, life=timedelta(seconds=-1)),
    "soon": link(soon),
    "failed": link(task("Lost at sea", "failed", error_reason="provider", error_message="secret words")),
}
(settings.DATA_DIR / "links.json").write_text(json.dumps(links))
"""
"""Run in a prepared data folder: a share of every kind."""


@dataclass(frozen=True)
class Hung:
    """One of its shares."""

    path: str
    share: str
    task: str


class Exhibition:
    """The process, and the paths of its shares by what they show."""

    def __init__(self, data_dir: Path, served: Served) -> None:
        self.data_dir = data_dir
        self.served = served
        self.url = served.url
        found: dict[str, dict[str, str]] = json.loads((data_dir / "links.json").read_text())
        self.links = {name: Hung(**one) for name, one in found.items()}

    def address(self, name: str) -> str:
        return self.url + self.links[name].path


@contextmanager
def exhibition_in(data_dir: Path) -> Iterator[Exhibition]:
    made = manage(data_dir, "shell", "--verbosity", "0", "-c", HANG)
    assert made.returncode == 0, made.stderr
    with ended(Served(data_dir)) as served:
        assert isinstance(served, Served)
        yield Exhibition(data_dir, served)
        served.signal()
