"""A share and everything that can be asked of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from PIL import Image

from dashboard.environment import ROOT
from tasks.models import Account, Result, Share, Task
from tasks.sharing import Piece, Terms, make
from tests.archive.stored import keep

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PASSWORD = "under the bridge"
MEDIA = ROOT / "dashboard" / "demo" / "media"
MP4 = (MEDIA / "sea.mp4").read_bytes()
GLB = (MEDIA / "vase.glb").read_bytes()
SECRETS = ("Fjord", "fjord", "wan2.5", "Layered hills", "og:", "twitter:", "oembed")
"""What a page behind a password must not say."""


def webp(width: int = 640, height: int = 360) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), (120, 40, 40)).save(out, "WEBP")
    return out.getvalue()


@dataclass(frozen=True)
class Link:
    """A share and the token that opens it."""

    share: Share
    token: str
    results: tuple[Result, ...] = ()

    def path(self, rest: str = "") -> str:
        return f"/s/{self.token}/{rest}"

    def routes(self) -> dict[str, str]:
        """Every address of it."""
        film, model = self.results[:2]
        names = ["", "status", "embed", "zip", "og.jpg", "oembed"]
        names += [
            f"media/{film.pk}",
            f"media/{film.pk}?download=1",
            f"poster/{film.pk}",
            f"viewer/{model.pk}",
        ]
        return {
            name.replace(str(film.pk), "film").replace(str(model.pk), "model"): self.path(name)
            for name in names
        }


ROUTES = (
    "", "status", "embed", "zip", "og.jpg", "oembed", "media/film", "media/film?download=1",
    "poster/film", "viewer/model",
)  # fmt: skip

MakeLink = Callable[..., Link]


@pytest.fixture(autouse=True)
def nothing_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def mira(db: None) -> User:
    return User.objects.create_user("mira", first_name="Mira", last_name="Okafor")


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(
        slug="lemon", name="Lemon studio", provider="lemondata", base_url="https://api.example"
    )


@pytest.fixture
def make_task(account: Account) -> Callable[..., Task]:
    def made(**fields: Any) -> Task:
        now = timezone.now()
        values: dict[str, Any] = {
            "title": "Fjord at dawn",
            "prompt": "Layered hills fading into mist",
            "model": "wan2.5",
            "status": "succeeded",
            "kind": "video",
            "finished_at": now,
            "deadline_at": now,
            "remote_id": f"ldtask_{uuid4().hex}",
        }
        return Task.objects.create(account=account, **values | fields)

    return made


@pytest.fixture
def task(make_task: Callable[..., Task]) -> Task:
    return make_task()


@pytest.fixture
def make_link(make_task: Callable[..., Task], mira: User) -> MakeLink:
    """A link to a film and a model, unless told which `tasks`."""

    def made(*tasks: Task, life: timedelta | None = timedelta(days=7), **terms: Any) -> Link:
        results: tuple[Result, ...] = ()
        if not tasks:
            tasks = (make_task(),)
            film = keep(
                tasks[0], MP4, kind="video", content_type="video/mp4", poster=webp(), width=640, height=360,
                duration_s=5.0,
            )  # fmt: skip
            vase = keep(
                tasks[0], GLB, position=1, kind="model3d", content_type="model/gltf-binary", poster=None
            )
            results = film, vase
        end = None if life is None else timezone.now() + life
        share = make([Piece(task.pk) for task in tasks], Terms(expires_at=end, **terms), mira)
        return Link(share.share, share.token, results)

    return made


@pytest.fixture
def link(make_link: MakeLink) -> Link:
    return make_link()


def stranger(**headers: str) -> Client:
    """A browser that knows nobody here; `user_agent` and other headers by their names."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(headers={"user-agent": BROWSER} | named)


def body_of(response: Any) -> bytes:
    """The whole body."""
    body: bytes = async_to_sync(_read)(response) if response.streaming else response.content
    return body


async def _read(response: Any) -> bytes:
    return b"".join([part async for part in response])
