import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from tests.processes import Process, Served, ToldProvider, ended, environment, eventually, manage, rows

pytestmark = pytest.mark.apart

SHARED_KEY = "the same key for every process of one installation"


@pytest.fixture
def tracking(tracked: Path) -> Iterator[Served]:
    """A server that polls one task."""
    with ended(Served(tracked)) as process:
        assert isinstance(process, Served)
        yield process


def call(served: Served, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {(served.data_dir / 'token').read_text()}"}
    return httpx.request(method, f"{served.url}/api/v1/{path}", headers=headers, trust_env=False, **options)


def task(served: Served) -> dict[str, Any]:
    (found,) = call(served, "GET", "tasks").json()["items"]
    assert isinstance(found, dict)
    return found


def claimed(data_dir: Path) -> list[object]:
    return [
        row[0]
        for row in rows(data_dir, "SELECT claimed_by_id FROM tasks_task WHERE claimed_by_id IS NOT NULL")
    ]


def test_a_first_start_makes_everything_and_invites_the_first_manager(tmp_path: Path) -> None:
    with ended(Served(tmp_path / "new" / "data")) as process:
        assert isinstance(process, Served)
        link = process.wait_for("/setup/")
        assert link.startswith(f"{process.url}/setup/")
        assert httpx.get(link, trust_env=False).status_code == 200
        page = process.get("/login")
        assert page.status_code == 200
        stylesheet = re.search(r'href="(/static/[^"]+\.css)"', page.text)
        assert stylesheet
        file = process.get(stylesheet[1])
        assert file.headers["content-type"].startswith("text/css")
        assert "default-src 'self'" in file.headers["content-security-policy"]
        assert process.stop() == 0
        assert process.errors == []


def test_a_later_start_invites_nobody_and_uses_what_is_there(data_dir: Path) -> None:
    before = (data_dir / "static" / "staticfiles.json").stat().st_mtime_ns
    with ended(Served(data_dir)) as process:
        assert isinstance(process, Served)
        assert process.get("/healthz").status_code == 200
        assert process.stop() == 0
        assert process.lines == [f"Dailies is ready at {process.url}/"]
    assert (data_dir / "static" / "staticfiles.json").stat().st_mtime_ns == before


def test_it_says_who_has_the_port(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        failed = manage(data_dir, "serve", "--port", str(port))
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr == (
        f"Another program listens at 127.0.0.1:{port} already. Choose another port with --port.\n"
    )


def test_an_ipv6_address_is_printed_so_that_it_can_be_opened(data_dir: Path) -> None:
    with ended(Served(data_dir, "--host", "::1", "--no-poller")) as process:
        assert isinstance(process, Served)
        assert re.fullmatch(r"http://\[::1\]:\d+", process.url)
        assert process.get("/login").status_code == 200


def test_the_printed_address_opens_whatever_host_was_asked_for(data_dir: Path) -> None:
    with ended(Served(data_dir, "--host", "0.0.0.0", "--no-poller")) as process:
        assert isinstance(process, Served)
        port = process.url.rpartition(":")[2]
        assert process.get("/login").status_code == 200
        assert "ALLOWED_HOSTS" in process.wait_for("Other machines")
        foreign = httpx.get(
            f"http://127.0.0.1:{port}/login", headers={"Host": "evil.example"}, trust_env=False
        )
        assert foreign.status_code == 400


def test_it_polls_and_leaves_no_claim_behind(tracking: Served, told_provider: ToldProvider) -> None:
    eventually(lambda: task(tracking)["progress"] == 40, "the first answer")
    assert len(claimed(tracking.data_dir)) == 1
    told_provider.body = {"status": "processing", "progress": 70}
    eventually(lambda: task(tracking)["progress"] == 70, "the second answer")
    assert tracking.stop() == 0
    assert claimed(tracking.data_dir) == []
    assert rows(tracking.data_dir, "SELECT count(*) FROM tasks_poller") == [(0,)]
    assert tracking.errors == []


def test_ctrl_c_ends_it_as_well(data_dir: Path) -> None:
    with ended(Served(data_dir)) as process:
        process.signal(signal.SIGINT)
        assert process.wait() == 0
        assert process.errors == []


async def test_open_sockets_do_not_hold_up_its_end(data_dir: Path) -> None:
    with ended(Served(data_dir)) as process:
        assert isinstance(process, Served)
        token = {"Authorization": f"Bearer {(data_dir / 'token').read_text()}"}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{process.url}/ws/tasks/?format=json", headers=token) as socket,
        ):
            await socket.send_json({"type": "sync", "have": {}})
            assert (await socket.receive_json())["type"] == "sync"
            process.signal()
            assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        assert process.wait() == 0
        assert process.errors == []


def test_a_second_signal_ends_it_at_once(tracking: Served, told_provider: ToldProvider) -> None:
    eventually(lambda: task(tracking)["progress"] == 40, "the first answer")
    told_provider.body = None
    asked = told_provider.asked
    eventually(lambda: told_provider.asked > asked, "a request that hangs")
    tracking.signal()
    eventually(lambda: not listens(tracking), "the port closed")
    assert tracking.popen.poll() is None
    tracking.signal()
    assert tracking.wait() == -signal.SIGTERM


def listens(served: Served) -> bool:
    try:
        served.get("/healthz")
    except httpx.ConnectError:
        return False
    return True


def test_after_a_kill_the_next_start_shows_the_same_and_goes_on(
    tracking: Served, told_provider: ToldProvider
) -> None:
    eventually(lambda: task(tracking)["progress"] == 40, "the first answer")
    before = task(tracking)
    tracking.signal(signal.SIGKILL)
    tracking.wait()
    with ended(Served(tracking.data_dir, "--no-poller")) as quiet:
        assert isinstance(quiet, Served)
        after = task(quiet)
        facts = {"poll_count", "last_poll_at", "next_poll_at"}
        assert {k: v for k, v in after.items() if k not in facts} == {
            k: v for k, v in before.items() if k not in facts
        }
        assert quiet.stop() == 0
    told_provider.body = {"status": "completed", "video_url": "https://cdn.example/a.mp4"}
    with ended(Served(tracking.data_dir)) as again:
        assert isinstance(again, Served)
        eventually(lambda: task(again)["status"] == "succeeded", "the dead process's task taken over")


def test_a_wrong_secret_key_is_refused(data_dir: Path) -> None:
    failed = manage(data_dir, "serve", SECRET_KEY="another key, long enough to be one, but wrong")
    assert failed.returncode == 1
    assert "SECRET_KEY" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_processes_that_start_together_do_not_clash(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    starts = [Process("manage.py", "create_token", "nobody", env=env) for _ in range(3)]
    for one in starts:
        assert one.wait() == 1
        assert one.errors == [
            "CommandError: There is no user “nobody”. Make one with createsuperuser or on the people page."
        ]


def test_processes_that_start_together_on_postgresql_do_not_clash(tmp_path: Path, postgres_url: str) -> None:
    starts = [
        Process("manage.py", "create_token", "nobody", env=environment(tmp_path / f"{n}", DATABASE_URL=postgres_url,
                SECRET_KEY=SHARED_KEY))
        for n in range(2)
    ]  # fmt: skip
    for one in starts:
        assert one.wait() == 1
        assert [line for line in one.errors if "CommandError" not in line] == []


def test_it_serves_and_polls_on_postgresql_and_redis(
    data_dir: Path, postgres_url: str, redis_url: str
) -> None:
    services = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "SECRET_KEY": SHARED_KEY}
    with ended(Served(data_dir, **services)) as process:
        assert isinstance(process, Served)
        process.wait_for("/setup/")
        good = {"database": "ok", "layer": "ok", "poller": "ok"}
        eventually(lambda: process.get("/readyz").json() == good, "readiness")
        assert process.stop() == 0
        assert process.errors == []
    once = manage(data_dir, "poll_tasks", "--once", **services)
    assert (once.returncode, once.stdout, once.stderr) == (0, "Asked about 0 tasks.\n", "")
