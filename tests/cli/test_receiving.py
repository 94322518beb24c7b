"""Downloads that are cut, damaged, or in somebody's way."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboard.cli.client import Client
from dashboard.cli.config import Config
from dashboard.cli.failures import Exit, Failure
from dashboard.cli.receiving import Receiver

ID = "0190f3a5-11d2-7c0e-8a44-6f0d8a3b9c02"
FILE = bytes(range(256)) * 64
TOKEN = "dly_secret"
Answer = Callable[[httpx.Request], httpx.Response]


class Cut(httpx.SyncByteStream):
    """A body whose connection breaks after `sent`."""

    def __init__(self, sent: bytes) -> None:
        self._sent = sent

    def __iter__(self) -> Iterator[bytes]:
        yield self._sent
        raise httpx.ReadError("cut")


@dataclass
class Shelf:
    """A server with one result; `answers` come first, then the file as it is."""

    folder: Path
    answers: list[Answer] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.pop(0)(request) if self.answers else whole(request)

    def receive(self, *, overwrite: bool = False, **more: Any) -> Path:
        client = Client(Config("http://dailies.example", TOKEN), self.pauses.append)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        client.http = httpx.Client(transport=httpx.MockTransport(self.handle), headers=headers)
        receiver = Receiver(client, self.folder, lambda name, here, total: None, overwrite)
        return receiver.receive(RESULT | more)

    @property
    def ranges(self) -> list[str | None]:
        return [request.headers.get("Range") for request in self.asked]


RESULT = {"id": ID, "bytes": len(FILE), "sha256": hashlib.sha256(FILE).hexdigest(), "archive": "stored"}
NAMED = {"Content-Disposition": 'attachment; filename="fox.mp4"'}


def whole(request: httpx.Request, file: bytes = FILE) -> httpx.Response:
    """As a server that knows ranges answers."""
    wanted = request.headers.get("Range")
    if wanted is None:
        return httpx.Response(200, content=file, headers=NAMED)
    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
    return httpx.Response(206, content=file[start:], headers=NAMED)


def cut(at: int) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Cut(FILE[:at]), headers=NAMED | {"Content-Length": str(len(FILE))})

    return answer


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_the_name_the_server_gives_it(shelf: Shelf) -> None:
    assert shelf.receive() == shelf.folder / "fox.mp4"
    assert (shelf.folder / "fox.mp4").read_bytes() == FILE
    assert names(shelf.folder) == ["fox.mp4"]


def test_what_was_cut_is_continued(shelf: Shelf) -> None:
    shelf.answers = [cut(5000)]
    assert shelf.receive().read_bytes() == FILE
    assert shelf.ranges == [None, "bytes=5000-"]
    assert names(shelf.folder) == ["fox.mp4"]


def test_what_an_earlier_call_left_is_used_again(shelf: Shelf) -> None:
    shelf.answers = [cut(5000)] * 4
    with pytest.raises(Failure) as failed:
        shelf.receive()
    assert failed.value.exit_code == Exit.NO_ACCESS
    assert names(shelf.folder) == [f".{ID}.part"]
    assert shelf.receive().read_bytes() == FILE
    assert shelf.ranges[-1] == "bytes=5000-"


def test_a_part_that_is_whole_already_costs_one_byte(shelf: Shelf) -> None:
    (shelf.folder / f".{ID}.part").write_bytes(FILE)
    assert shelf.receive().read_bytes() == FILE
    assert shelf.ranges == [f"bytes={len(FILE) - 1}-"]


def test_a_server_that_knows_no_ranges_is_asked_for_all_of_it(shelf: Shelf) -> None:
    (shelf.folder / f".{ID}.part").write_bytes(FILE[:5000])
    shelf.answers = [lambda request: httpx.Response(200, content=FILE, headers=NAMED)]
    assert shelf.receive().read_bytes() == FILE


def test_a_part_of_something_else_is_thrown_away(shelf: Shelf) -> None:
    (shelf.folder / f".{ID}.part").write_bytes(b"x" * 5000)
    assert shelf.receive().read_bytes() == FILE
    assert shelf.ranges == ["bytes=5000-", None]


def test_what_is_damaged_every_time_is_not_kept(shelf: Shelf) -> None:
    shelf.answers = [lambda request: whole(request, FILE[:-1] + b"x")] * 4
    with pytest.raises(Failure, match="damaged every time"):
        shelf.receive()
    assert names(shelf.folder) == []


def test_without_a_hash_nothing_is_continued(shelf: Shelf) -> None:
    shelf.answers = [cut(5000)]
    assert shelf.receive(sha256=None, bytes=None).read_bytes() == FILE
    assert shelf.ranges == [None, None]


def test_another_file_of_the_same_name_stays(shelf: Shelf) -> None:
    (shelf.folder / "fox.mp4").write_bytes(b"mine")
    assert shelf.receive().name == "fox (2).mp4"
    assert (shelf.folder / "fox.mp4").read_bytes() == b"mine"


def test_the_same_file_is_not_saved_twice(shelf: Shelf) -> None:
    assert shelf.receive() == shelf.receive()
    (shelf.folder / f".{ID}.part").write_bytes(FILE[:5000])
    assert shelf.receive() == shelf.folder / "fox.mp4"
    assert names(shelf.folder) == ["fox.mp4"]


def test_it_is_replaced_where_that_was_asked_for(shelf: Shelf) -> None:
    (shelf.folder / "fox.mp4").write_bytes(b"mine")
    assert shelf.receive(overwrite=True) == shelf.folder / "fox.mp4"
    assert (shelf.folder / "fox.mp4").read_bytes() == FILE


def test_the_storage_it_leads_to_gets_no_token(shelf: Shelf) -> None:
    shelf.answers = [lambda request: httpx.Response(302, headers={"Location": "https://bucket.example/x"})]
    assert shelf.receive().read_bytes() == FILE
    assert [request.headers.get("Authorization") for request in shelf.asked] == [f"Bearer {TOKEN}", None]


def test_a_result_that_is_gone_is_said_and_not_asked_for_again(shelf: Shelf) -> None:
    error = {"error": {"code": "gone", "message": "It is gone for good."}}
    shelf.answers = [lambda request: httpx.Response(410, json=error)]
    with pytest.raises(Failure, match=r"It is gone for good\.") as failed:
        shelf.receive()
    assert (failed.value.exit_code, len(shelf.asked)) == (Exit.FAILED, 1)
    assert names(shelf.folder) == []
