import shutil
from pathlib import Path

import pytest

from tests.processes import ToldProvider, manage

TRACK = """
from tasks.accounts import create_account
from tasks.providers.contract import Adoption
from tasks.tracking import track
lemon = create_account("lemondata", "lemon", base_url="{url}", api_key="sk-test-0123456789abcdef", poll_interval_s=0.2)
track(lemon, Adoption("ldtask_0123456789abcdef0123456789abcdef"), None)
"""


@pytest.fixture(scope="session")
def tracked_dir(
    prepared_dir: Path, told_server: ToldProvider, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = Path(shutil.copytree(prepared_dir, tmp_path_factory.mktemp("tracked") / "data"))
    made = manage(folder, "shell", "--verbosity", "0", "-c", TRACK.format(url=told_server.url))
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def tracked(tracked_dir: Path, told_provider: ToldProvider, tmp_path: Path) -> Path:
    """A data folder with one task at `told_provider` that nobody has asked about yet."""
    return Path(shutil.copytree(tracked_dir, tmp_path / "tracked"))
