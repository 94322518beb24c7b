"""A file of 1 GB to six readers at once: four with random ranges, one of the whole, one at 1 MB/s; beside nginx.

uv run python -m tests.benchmarks.serving [--seconds 12]

`serve` answers at the address of a stored result, to a bearer token. nginx serves the same file to anybody, in the same
run; its column is left out where nginx is not installed. Every byte received is compared with the file.
"""

import argparse
import mmap
import random
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from socket import create_server

from tests.processes import Served, ended, manage

SIZE = 1024**3
MIB = 1024**2
RANGE_MAX_BYTES = 8 * MIB
SLOW_BYTES_A_SECOND = 1_000_000
RANGE_READERS = 4
PROBES = 100
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off; sendfile on; default_type video/mp4;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


FILL = """
from django.contrib.auth.models import User
from django.utils import timezone
from dashboard.startup import collect_static
from dashboard.tokens import create_token
from tasks.archive.storage import media_storage, result_name
from tasks.models import Account, Result, Task
from tasks.startup import prepare
from pathlib import Path
prepare()
collect_static()
now = timezone.now()
account = Account.objects.create(slug="lemon", provider="lemondata", base_url="http://127.0.0.1:9")
task = Task.objects.create(account=account, title="Big", status="succeeded", deadline_at=now)
result = Result.objects.create(
    task=task, position=0, kind="video", archive="stored", stored_at=now, inspected_at=now,
    bytes={size}, content_type="video/mp4", sha256="0" * 64,
)
place = Path(media_storage().path(result_name(result.pk)))
place.parent.mkdir(parents=True)
place.hardlink_to("{file}")
print(result.pk, create_token(User.objects.create_superuser("boss")))
"""


@dataclass
class Site:
    """A server that runs apart, and has answered once."""

    port: int
    pids: list[int]
    path: str = "/file"
    headers: dict[str, str] = field(default_factory=dict)

    def memory_mb(self, kind: str) -> float:
        return sum(_memory_kb(pid, kind) for pid in self.pids) / 1024

    def forget_peak(self) -> None:
        for pid in self.pids:
            Path(f"/proc/{pid}/clear_refs").write_text("5")


@dataclass
class Tally:
    """What the readers of one server saw."""

    received: int = 0
    wrong: int = 0
    slow_received: int = 0
    first_bytes_s: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def _memory_kb(pid: int, kind: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1])


# -- the servers ----------------------------------------------------------------------------------------------


def make_file(file: Path) -> None:
    """Holes, and a megabyte of its own in every sixteenth."""
    chance = random.Random(1)
    with file.open("wb") as out:
        out.truncate(SIZE)
        for place in range(0, SIZE, 16 * MIB):
            out.seek(place + chance.randrange(15 * MIB))
            out.write(chance.randbytes(MIB))


@contextmanager
def our_server(file: Path) -> Iterator[Site]:
    data_dir = file.parent / "data"
    made = manage(data_dir, "shell", "--verbosity", "0", "-c", FILL.format(file=file, size=SIZE))
    result_id, token = made.stdout.split()
    with ended(Served(data_dir)) as process:
        assert isinstance(process, Served)
        port = int(process.url.rpartition(":")[2])
        headers = {"Authorization": f"Bearer {token}"}
        yield Site(port, [process.popen.pid], f"/results/{result_id}", headers)


@contextmanager
def nginx_server(file: Path) -> Iterator[Site]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = file.parent / "nginx.conf"
    config.write_text(NGINX.format(folder=file.parent, port=port))
    file.parent.chmod(0o755)
    process = subprocess.Popen(["nginx", "-c", str(config), "-p", str(file.parent)])
    try:
        _wait_until_served(port)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Site(port, [process.pid, *map(int, children)])
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_served(port: int) -> None:
    for _ in range(100):
        try:
            with asked(Site(port, []), 0, 1) as answer:
                answer.read()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("nginx did not begin to answer.")


# -- the readers ----------------------------------------------------------------------------------------------


@contextmanager
def asked(site: Site, start: int, stop: int | None) -> Iterator[HTTPResponse]:
    headers = site.headers | ({} if stop is None else {"Range": f"bytes={start}-{stop - 1}"})
    with closing(HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        connection.request("GET", site.path, headers=headers)
        with connection.getresponse() as answer:
            yield answer


class Readers:
    """Six threads that read from one server until the time is over."""

    def __init__(self, site: Site, content: mmap.mmap, seconds: float) -> None:
        self.tally = Tally()
        self._site = site
        self._content = memoryview(content)
        self._ends_at = time.perf_counter() + seconds

    def run(self) -> Tally:
        work = [self._read_ranges] * RANGE_READERS + [self._read_whole, self._read_slowly]
        threads = [threading.Thread(target=one, args=[seed]) for seed, one in enumerate(work)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.tally

    def _is_time(self) -> bool:
        return time.perf_counter() < self._ends_at

    def _read_ranges(self, seed: int) -> None:
        chance = random.Random(seed)
        while self._is_time():
            start = chance.randrange(SIZE)
            self._read(start, min(SIZE, start + chance.randrange(1, RANGE_MAX_BYTES)))

    def _read_whole(self, _: int) -> None:
        while self._is_time():
            self._read(0, None)

    def _read(self, start: int, stop: int | None) -> None:
        begun = time.perf_counter()
        buffer = bytearray(MIB // 4)
        with asked(self._site, start, stop) as answer:
            place, count = start, answer.readinto(memoryview(buffer)[:1])
            first_s = time.perf_counter() - begun
            while count and self._is_time():
                right = self._content[place : place + count] == memoryview(buffer)[:count]
                place += count
                self._note(count, right=right)
                count = answer.readinto(buffer)
        if not self._is_time():
            return
        with self.tally.lock:
            self.tally.first_bytes_s.append(first_s)
            self.tally.wrong += place != (SIZE if stop is None else stop)

    def _note(self, count: int, *, right: bool) -> None:
        with self.tally.lock:
            self.tally.received += count
            self.tally.wrong += not right

    def _read_slowly(self, _: int) -> None:
        begun, place = time.perf_counter(), 0
        with asked(self._site, 0, None) as answer:
            while self._is_time():
                part = answer.read(65536)
                self._note(len(part), right=self._content[place : place + len(part)] == part)
                place += len(part)
                time.sleep(max(0.0, begun + place / SLOW_BYTES_A_SECOND - time.perf_counter()))
        self.tally.slow_received = place


def first_bytes_s(site: Site) -> list[float]:
    """How long it takes to the first byte of a random range when nobody else reads."""
    chance, took = random.Random(5), []
    for _ in range(PROBES):
        start = chance.randrange(SIZE - MIB)
        begun = time.perf_counter()
        with asked(site, start, start + MIB) as answer:
            answer.read(1)
            took.append(time.perf_counter() - begun)
    return took


# -- what is printed ------------------------------------------------------------------------------------------


def measure(site: Site, content: mmap.mmap, seconds: float) -> dict[str, str]:
    alone = first_bytes_s(site)
    idle_mb = site.memory_mb("VmRSS")
    site.forget_peak()
    tally = Readers(site, content, seconds).run()
    peak_mb = site.memory_mb("VmHWM")
    return {
        "idle memory": f"{idle_mb:.0f} MB",
        "peak above idle": f"{peak_mb - idle_mb:.0f} MB",
        "first byte, alone": _spread(alone),
        "first byte, among six": _spread(tally.first_bytes_s),
        "all readers together": f"{tally.received / seconds / 1e6:.0f} MB/s",
        "the slow reader": f"{tally.slow_received / seconds / 1e6:.2f} MB/s",
        "wrong pieces": str(tally.wrong),
    }


def _spread(seconds: list[float]) -> str:
    worst = statistics.quantiles(seconds, n=100)[98]
    return f"{statistics.median(seconds) * 1000:.1f} ms, p99 {worst * 1000:.1f}"


def print_beside(columns: dict[str, dict[str, str]]) -> None:
    print(f"{'':24}" + "".join(f"{name:>24}" for name in columns))
    for line in next(iter(columns.values())):
        print(f"{line:24}" + "".join(f"{column[line]:>24}" for column in columns.values()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=12.0, help="for each server")
    options = parser.parse_args()
    servers = {"Dailies": our_server} | ({"nginx": nginx_server} if shutil.which("nginx") else {})
    columns = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        make_file(file)
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for name, server in servers.items():
                with server(file) as site:
                    columns[name] = measure(site, content, options.seconds)
    print_beside(columns)


if __name__ == "__main__":
    main()
