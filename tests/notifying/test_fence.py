"""What a library reaches inside the fence: public servers, and nothing of this machine or its network."""

import os
import smtplib
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.archive.guard import NotPublic
from tasks.notifying.fence import Fenced, fenced


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_inside_the_fence_nothing_private_is_reached(listening: int) -> None:
    here = ("127.0.0.1", listening)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.socket(socket.AF_UNIX) as local,
        fenced() as fence,
    ):
        for reach in (
            lambda: socket.create_connection(here, timeout=1),
            lambda: socket.create_connection(("localhost", listening), timeout=1),
            lambda: smtplib.SMTP(*here, timeout=1),
            lambda: datagrams.sendto(b"x", here),
            lambda: local.connect("/var/run/docker.sock"),
        ):
            with pytest.raises(NotPublic):
                reach()
    assert fence.refused_private
    socket.create_connection(here, timeout=1).close()
    with fenced(["127.0.0.1"]):
        socket.create_connection(here, timeout=1).close()


def test_inside_the_fence_there_are_no_files_and_programs(tmp_path: Path) -> None:
    secret = tmp_path / "key.json"
    secret.write_text("{}")
    with fenced():
        for reach in (
            secret.read_text,
            lambda: (tmp_path / "new").write_text("x"),
            lambda: Path("/proc/self/environ").read_bytes(),
            lambda: subprocess.run(["true"], check=True),
            lambda: os.system("true"),
        ):
            with pytest.raises(Fenced):
                reach()
        assert Path(os.__file__).read_text()
    assert secret.read_text() == "{}"
    assert list(tmp_path.iterdir()) == [secret]


def test_other_threads_know_no_fence(listening: int) -> None:
    done: list[bool] = []

    def reach() -> None:
        socket.create_connection(("127.0.0.1", listening), timeout=1).close()
        done.append(True)

    thread = threading.Thread(target=reach)
    gate = threading.Event()

    def reach_later() -> None:
        gate.wait(5)
        reach()

    waiting = threading.Thread(target=reach_later)
    waiting.start()
    with fenced():
        gate.set()
        waiting.join(5)
    thread.start()
    thread.join(5)
    assert done == [True, True]
