"""The same answers over real connections: a process of ours, a file of 1 GB, readers that are slow or leave."""

import os
import random
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path

import pytest

from tests.media.urls import BROKEN_AFTER_BYTES, ETAG, PROXIED_BYTES
from tests.processes import ROOT, Process, ended, eventually

SIZE = 1024**3
MIB = 1024**2
BUFFERED_AT_MOST = 12 * MIB
"""What sockets and the server may hold of an answer that nobody reads."""
GROWTH_AT_MOST_KB = 60 * 1024


class Site:
    """The process of `served.py`, and connections to it."""

    def __init__(self, process: Process, file: Path) -> None:
        self.process = process
        self.file = file
        self.port = int(process.wait_for("ready").split()[1])

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=30)

    @contextmanager
    def ask(self, path: str, **headers: str) -> Iterator[HTTPResponse]:
        with closing(self.connect()) as connection:
            named = {name.replace("_", "-"): text for name, text in headers.items()}
            connection.request("GET", path, headers=named)
            with connection.getresponse() as answer:
                yield answer

    def leave_unread(self) -> socket.socket:
        """A connection that asks for everything and reads nothing."""
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        reader.connect(("127.0.0.1", self.port))
        reader.sendall(b"GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return reader

    def read_up_to(self) -> list[int]:
        """How far each open handle of the file has been read."""
        folder = Path(f"/proc/{self.process.popen.pid}")
        places = []
        for handle in (folder / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed in the meantime
                if handle.readlink() == self.file:
                    places.append(int((folder / "fdinfo" / handle.name).read_text().split()[1]))
        return places

    def memory_kb(self, kind: str = "VmRSS") -> int:
        lines = Path(f"/proc/{self.process.popen.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(kind)).split()[1])


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1 GB, most of it holes; bytes of their own in many places, also at both ends."""
    file: Path = tmp_path_factory.mktemp("media") / "big.mp4"
    chance = random.Random(7)
    places = [0, SIZE - MIB, *(chance.randrange(SIZE - MIB) for _ in range(24))]
    with file.open("wb") as out:
        out.truncate(SIZE)
        for place in places:
            out.seek(place)
            out.write(chance.randbytes(MIB))
    return file


@pytest.fixture(scope="module")
def site(big_file: Path) -> Iterator[Site]:
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "MEDIA_FILE": str(big_file)}
    with ended(Process("tests/media/served.py", env=env)) as process:
        yield Site(process, big_file)


def piece(file: Path, start: int, stop: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(start)
        return opened.read(stop - start)


def test_random_ranges_of_a_big_file_are_right(site: Site) -> None:
    chance = random.Random(11)

    def check(_: int) -> int:
        start = chance.randrange(SIZE)
        stop = min(SIZE, start + chance.randrange(1, 4 * MIB))
        with site.ask("/file", range=f"bytes={start}-{stop - 1}") as answer:
            assert answer.status == 206
            assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
            assert answer.read() == piece(site.file, start, stop)
        return answer.status

    with ThreadPoolExecutor(4) as readers:
        assert list(readers.map(check, range(24))) == [206] * 24


def test_safari_finds_that_ranges_work(site: Site) -> None:
    with site.ask("/file", range="bytes=0-1") as probe:
        assert (probe.status, probe.headers["Content-Range"]) == (206, f"bytes 0-1/{SIZE}")
        assert probe.headers["Content-Length"] == "2"
        assert probe.read() == piece(site.file, 0, 2)
    with site.ask("/file", range=f"bytes={SIZE - 5}-") as tail:
        assert (tail.status, tail.read()) == (206, piece(site.file, SIZE - 5, SIZE))


def test_answers_without_a_body_leave_the_connection_ready_for_the_next_request(site: Site) -> None:
    in_turn: list[tuple[str, dict[str, str], int, int]] = [
        ("HEAD", {}, 200, SIZE),
        ("GET", {"If-None-Match": ETAG}, 304, 0),
        ("GET", {"Range": f"bytes={SIZE}-"}, 416, 0),
        ("HEAD", {"Range": "bytes=0-1"}, 200, SIZE),
        ("GET", {"Range": "bytes=0-1"}, 206, 2),
    ]
    with closing(site.connect()) as connection:
        connection.connect()
        connection.auto_open = 0  # a second connection would hide a fault of the first
        for method, headers, status, length in in_turn:
            connection.request(method, "/file", headers=headers)
            answer = connection.getresponse()
            assert len(answer.read()) == (0 if method == "HEAD" else length)
            assert answer.status == status
            assert answer.headers["Content-Length"] == str(SIZE if status == 304 else length)
        connection.request("GET", "/short")
        assert connection.getresponse().read() == b"short"


def test_a_slow_reader_holds_up_the_file_and_nobody_else(site: Site) -> None:
    with site.ask("/file", range=f"bytes={SIZE - MIB}-") as answer:
        answer.read()
    eventually(lambda: site.read_up_to() == [], "the handles closed")
    idle_kb = site.memory_kb()
    with site.leave_unread(), site.leave_unread():
        eventually(lambda: len(site.read_up_to()) == 2 and min(site.read_up_to()) > 0, "the answers begun")
        with site.ask("/file", range=f"bytes=0-{128 * MIB - 1}") as answer:
            assert sum(map(len, iter(lambda: answer.read(MIB), b""))) == 128 * MIB
        eventually(lambda: len(site.read_up_to()) == 2, "the fast reader's end")
        assert max(site.read_up_to()) < BUFFERED_AT_MOST
        assert site.memory_kb("VmHWM") - idle_kb < GROWTH_AT_MOST_KB
    eventually(lambda: site.read_up_to() == [], "the files of readers that left closed")


def test_a_copy_passed_on_arrives_whole(site: Site) -> None:
    with site.ask("/proxied/well") as answer:
        assert (answer.status, len(answer.read())) == (200, PROXIED_BYTES)


@pytest.mark.parametrize("path", ["/proxied/breaks", "/proxied/breaks-unmeasured", "/cut-short"])
def test_an_answer_that_breaks_off_is_a_broken_connection(site: Site, path: str) -> None:
    with site.ask(path) as answer:
        assert answer.status == 200
        with pytest.raises((ConnectionResetError, IncompleteRead)):
            answer.read()
    with site.ask("/short") as after:
        assert after.read() == b"short"
    eventually(lambda: any(f"{path} was broken off." in line for line in site.process.errors), "the log line")
    assert not any("Traceback" in line for line in site.process.errors)


def test_a_range_before_the_break_is_answered(site: Site) -> None:
    last = BROKEN_AFTER_BYTES - 1
    with site.ask("/proxied/breaks", range=f"bytes=5-{last}") as answer:
        assert (answer.status, len(answer.read())) == (206, last - 4)
