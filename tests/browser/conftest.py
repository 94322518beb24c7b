"""One browser and one server for the whole folder: starting them is what takes the time.

They end with the folder, since nothing asynchronous runs in this thread while Playwright is open.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.desk import PATIENCE_MS, Desk, desk_at
from tests.browser.provider import Provider, running_provider
from tests.browser.reels import load_reels
from tests.browser.studio import GATHER, OwnAccount, Studio
from tests.processes import manage

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        message = f"no browser: none of {', '.join(NAMES)} is installed"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def provider() -> Iterator[Provider]:
    with running_provider() as found:
        yield found


@pytest.fixture(scope="package")
def gathered_dir(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with everybody in it, which no server has used."""
    folder = Path(shutil.copytree(prepared_dir, tmp_path_factory.mktemp("gathered") / "data"))
    made = manage(folder, "shell", "--verbosity", "0", "-c", GATHER)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="package")
def studio(
    chromium: Browser, gathered_dir: Path, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Studio]:
    """The installation that most tests share. It asks for the browser first: without one, nothing is started."""
    found = Studio(Path(shutil.copytree(gathered_dir, tmp_path_factory.mktemp("studio") / "data")), provider)
    yield found
    found.close()


@pytest.fixture(scope="package")
def reels(studio: Studio) -> dict[str, str]:
    """Ids of tasks whose results are stored, by what they show."""
    return load_reels(studio.data_dir)


@pytest.fixture
def desk(chromium: Browser, studio: Studio) -> Iterator[Desk]:
    with desk_at(chromium, studio.url, studio.sessions) as found:
        yield found


@pytest.fixture
def account(studio: Studio) -> Iterator[OwnAccount]:
    found = studio.account()
    yield found
    found.pause()
