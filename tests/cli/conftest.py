import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.studio import Studio
from tests.processes import ROOT, Process, Served, ended, manage
from tests.threads import PATIENCE_S, answering

ACCOUNT = """
from tasks.accounts import create_account
create_account("lemondata", "lemon", base_url="{url}", api_key="sk-test-0123456789abcdef", poll_interval_s=0.2)
"""


@dataclass
class Terminal:
    """Somebody's shell: the settings it has, and commands run in it."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        left_out = ("DAILIES_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(left_out)}
        return kept | {"XDG_CONFIG_HOME": str(self.home), "PYTHONWARNINGS": "error"} | self.settings

    def run(self, *args: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """`dailies` to its end, with `text` as its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "dashboard.cli", *args],
            cwd=ROOT,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=4 * PATIENCE_S,
            check=False,
        )

    def start(self, *args: str) -> Process:
        """`dailies`, going on."""
        return Process("-m", "dashboard.cli", *args, env=self.environment | {"PYTHONUNBUFFERED": "1"})


@dataclass(kw_only=True)
class Room(Terminal):
    """A shell that is signed in at a running server with one account, `lemon`, at `studio`."""

    url: str
    token: str
    studio: Studio

    def call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.request(
            method,
            f"{self.url}/api/v1/{path}",
            headers=headers,
            trust_env=False,
            timeout=PATIENCE_S,
            **options,
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What listens on loopback is asked directly."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A shell that knows no server."""
    return Terminal(tmp_path / "config")


@pytest.fixture(scope="session")
def studio() -> Iterator[Studio]:
    made = Studio()
    with answering(made.answer) as made.url:
        yield made


@pytest.fixture(scope="module")
def served(prepared_dir: Path, studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = Path(shutil.copytree(prepared_dir, tmp_path_factory.mktemp("cli") / "data"))
    made = manage(folder, "shell", "--verbosity", "0", "-c", ACCOUNT.format(url=studio.url))
    assert made.returncode == 0, made.stderr
    with ended(Served(folder)) as process:
        assert isinstance(process, Served)
        yield process


@pytest.fixture
def room(served: Served, studio: Studio, tmp_path: Path) -> Room:
    studio.reset()
    token = (served.data_dir / "token").read_text()
    settings = {"DAILIES_URL": served.url, "DAILIES_TOKEN": token}
    return Room(home=tmp_path / "config", settings=settings, url=served.url, token=token, studio=studio)
