import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.storage import storages

from tests.loopback import Loopback, serving


@pytest.fixture
def media(settings: LazySettings, tmp_path: Path) -> Iterator[Path]:
    """A media folder, and one of files under way, of the test's own. The folder itself."""
    folder = tmp_path / "media"
    backend = settings.STORAGES["media"]
    settings.STORAGES = settings.STORAGES | {
        "media": backend | {"OPTIONS": {"location": folder, "allow_overwrite": True}}
    }
    settings.INCOMING_ROOT = tmp_path / "incoming"
    yield folder
    storages._storages.clear()  # type: ignore[attr-defined]


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    """The account's own server."""
    async with serving() as loopback:
        yield loopback


@pytest.fixture
def release() -> asyncio.Event:
    return asyncio.Event()
