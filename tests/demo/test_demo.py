import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboard.demo.environment import as_demo
from dashboard.environment import Environment
from tests.processes import Served, ended, eventually, manage, rows

pytestmark = pytest.mark.apart

REAL = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SECRET_KEY": "the key of the real installation, which the demo must not use",
    "PUBLIC_URL": "https://dailies.example",
}


@pytest.fixture
def demo(data_dir: Path) -> Iterator[Served]:
    """The demo, started beside a real installation with everything set that could lead there."""
    with ended(Served(data_dir, "--demo", **REAL)) as process:
        assert isinstance(process, Served)
        yield process


def folder(demo: Served) -> Path:
    return demo.data_dir.with_name(f"{demo.data_dir.name}-demo")


def content(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in root.rglob("*")}


def versions(demo: Served) -> int:
    (row,) = rows(folder(demo), "SELECT sum(version) FROM tasks_task")
    return int(row[0])


def kept_of(demo: Served) -> set[object]:
    """Providers of whose results a copy with a poster is kept."""
    kept = "WHERE r.archive = 'stored' AND r.has_poster"
    return {name for (name,) in rows(folder(demo), f"SELECT DISTINCT a.provider {JOINED} {kept}")}


def missed(demo: Served) -> list[tuple[object, ...]]:
    """What could not be kept, but for what a provider itself calls expired."""
    lost = "WHERE r.archive IN ('failed', 'skipped') OR r.archive = 'expired' AND r.remote_url != ''"
    return rows(folder(demo), f"SELECT r.remote_url, r.problem {JOINED} {lost}")


JOINED = (
    "FROM tasks_result r JOIN tasks_task t ON t.id = r.task_id JOIN tasks_account a ON a.id = t.account_id"
)


def test_a_newcomer_gets_in_and_sees_life_while_the_real_data_is_untouched(
    data_dir: Path, demo: Served
) -> None:
    real = content(data_dir)
    at_start = versions(demo)
    assert "DATABASE_URL, REDIS_URL, SECRET_KEY, PUBLIC_URL" in demo.wait_for("not used")
    link = demo.wait_for("/enter/")
    assert link.startswith(demo.url)
    with httpx.Client(trust_env=False, follow_redirects=True) as browser:
        assert browser.get(f"{demo.url}/").url.path == "/login"
        page = browser.get(link)
        if page.url.path != "/":
            page = browser.post(link, data={"csrfmiddlewaretoken": browser.cookies.get("dailies_csrf", "")})
        assert (page.status_code, page.url.path) == (200, "/")
        assert browser.get(f"{demo.url}/accounts").status_code == 200
    eventually(lambda: versions(demo) > at_start, "a task that moves")
    eventually(lambda: "unauthorized" in healths(demo), "the account whose key is refused")
    eventually(lambda: kept_of(demo) >= {"lemondata", "nebula", "moneyprinter"}, "a copy of every provider's")
    assert missed(demo) == []
    with httpx.Client(trust_env=False) as again:
        assert "sessionid" not in again.get(link).cookies
    assert demo.stop() == 0
    assert content(data_dir) == real
    assert (folder(demo) / "dailies.sqlite3").exists()


def healths(demo: Served) -> set[str]:
    return {row[0] for row in rows(folder(demo), "SELECT health FROM tasks_account")}


def test_it_is_played_once_at_a_time_and_goes_on_where_it_ended(data_dir: Path) -> None:
    shutil.copytree(data_dir, data_dir.with_name(f"{data_dir.name}-demo"))
    with ended(Served(data_dir, "--demo")) as demo:
        assert isinstance(demo, Served)
        second = manage(data_dir, "serve", "--demo", "--port", "0")
        assert second.returncode == 1
        assert "A demo runs in" in second.stderr
        assert demo.stop() == 0
    before = {row[0] for row in rows(folder(demo), "SELECT hex(id) FROM tasks_task")}
    assert len(before) >= 48
    with ended(Served(data_dir, "--demo")) as process:
        assert isinstance(process, Served)
        after = {row[0] for row in rows(folder(process), "SELECT hex(id) FROM tasks_task")}
        assert before <= after
        assert process.stop() == 0


def test_the_demos_environment_leads_nowhere_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ALLOWED_HOSTS", "desk.local")
    found = as_demo(Environment())
    assert str(found.DATA_DIR) == f"{tmp_path}/data-demo"
    assert (found.DATABASE_URL, found.REDIS_URL, found.SECRET_KEY, found.PUBLIC_URL) == ("", "", "", "")
    assert found.ALLOWED_HOSTS == ["desk.local"]
    assert not found.DATA_DIR.exists()
