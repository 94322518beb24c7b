import base64
import hashlib
import os
import select
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from dashboard.bounds import BODY_MAX_BYTES
from tests.commands.streams import SIZE
from tests.processes import ROOT, Process, ended, eventually

pytestmark = pytest.mark.apart

BUFFERED_AT_MOST = 12 * 1024 * 1024
"""What the kernel's socket buffers may swallow, far below `SIZE`."""


class Streams:
    """The process of `streams.py`, and raw connections to it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.port = int(process.wait_for("ready").split()[1])

    def connect(self, request: bytes, *, receive_buffer: int | None = None) -> socket.socket:
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(request)
        return connection

    def handed_over(self) -> tuple[int, int]:
        """Bytes that the application was let send, and streams that ended."""
        with self.connect(get("/sent", close=True)) as connection:
            sent, ends = read_answer(connection)[0].split()
        return int(sent), int(ends)

    def settled(self) -> int:
        """The bytes handed over, once they no longer grow."""
        seen = [-1]

        def same_twice() -> bool:
            seen.append(self.handed_over()[0])
            return seen[-1] == seen[-2] > 0

        eventually(same_twice, "the stream standing still")
        return seen[-1]


@pytest.fixture
def streams() -> Iterator[Streams]:
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with ended(Process("tests/commands/streams.py", env=env)) as process:
        yield Streams(process)


def get(path: str, *, method: str = "GET", close: bool = False) -> bytes:
    ending = "Connection: close\r\n" if close else ""
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{ending}\r\n".encode()


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(1 << 20), b""))


def read_answer(connection: socket.socket, rest: bytes = b"") -> tuple[bytes, bytes]:
    """The body of one short answer, and what was read beyond it."""
    while b"\r\n\r\n" not in rest:
        rest += connection.recv(65536)
    head, _, rest = rest.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
    while len(rest) < length:
        rest += connection.recv(65536)
    return rest[:length], rest[length:]


def test_a_slow_reader_of_a_stream_holds_up_its_sender(streams: Streams) -> None:
    with streams.connect(get("/stream", close=True), receive_buffer=65536) as slow:
        assert streams.settled() < BUFFERED_AT_MOST
        assert len(read_all(slow).partition(b"\r\n\r\n")[2]) == SIZE
    assert streams.handed_over() == (SIZE, 1)


def test_a_slow_reader_of_a_socket_holds_up_its_sender(streams: Streams) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    handshake = (
        f"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with streams.connect(handshake.encode(), receive_buffer=65536) as slow:
        assert streams.settled() < BUFFERED_AT_MOST
        taken = 0
        while taken < SIZE:
            taken += len(slow.recv(1 << 20))
        eventually(lambda: streams.handed_over() == (SIZE, 1), "the flood's end")


def test_a_reader_that_leaves_ends_the_stream(streams: Streams) -> None:
    with streams.connect(get("/stream"), receive_buffer=65536):
        assert streams.settled() < SIZE
    eventually(lambda: streams.handed_over()[1] == 1, "the stream's end")


def test_a_connection_serves_the_next_request_after_a_stream(streams: Streams) -> None:
    with streams.connect(get("/stream")) as connection:
        body = b""
        while len(body.partition(b"\r\n\r\n")[2]) < SIZE:
            body += connection.recv(1 << 20)
        connection.sendall(get("/"))
        assert read_answer(connection) == (b"short", b"")


def test_requests_sent_together_are_answered_in_turn(streams: Streams) -> None:
    with streams.connect(get("/") + get("/sent") + get("/")) as connection:
        first, rest = read_answer(connection)
        second, rest = read_answer(connection, rest)
        third, rest = read_answer(connection, rest)
    assert [first, second, third, rest] == [b"short", b"0 0", b"short", b""]


def test_the_answer_to_head_has_no_body_even_of_a_stream(streams: Streams) -> None:
    with streams.connect(get("/stream", method="HEAD")) as connection:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(65536)
        assert f"Content-Length: {SIZE}".lower().encode() in head.lower()
        eventually(lambda: streams.handed_over()[1] == 1, "the stream's end")
        connection.sendall(get("/"))
        assert read_answer(connection) == (b"short", b"")


def test_neither_stuck_views_nor_endless_streams_hold_up_the_end(streams: Streams) -> None:
    half = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf a body"
    with (
        streams.connect(get("/endless"), receive_buffer=65536),
        streams.connect(half),
        streams.connect(get("/stuck")),
    ):
        streams.settled()
        assert streams.process.stop() == 0
    assert streams.process.errors == []


def test_a_companion_that_fails_takes_the_server_with_it(streams: Streams) -> None:
    with streams.connect(get("/fail")) as connection:
        assert read_answer(connection) == (b"short", b"")
    assert streams.process.wait() == 1
    assert "this companion was asked to fail" in "\n".join(streams.process.errors)
    assert streams.process.errors[-1] == "A part of the server failed (RuntimeError). The log says where."


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_without_end_is_refused_before_it_fills_the_disk(streams: Streams, framing: str) -> None:
    size = BODY_MAX_BYTES + 1
    header = f"Content-Length: {size + SIZE}" if framing == "length" else "Transfer-Encoding: chunked"
    part = b"x" * 65536
    frame = part if framing == "length" else b"10000\r\n%b\r\n" % part
    with streams.connect(f"POST / HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n".encode()) as connection:
        sent = send_until_refused(connection, frame, size + SIZE)
        assert BODY_MAX_BYTES <= sent < size + SIZE
    assert streams.handed_over() == (0, 0)


def test_a_body_of_the_usual_size_comes_through(streams: Streams) -> None:
    body = b"x" * 9_000_000
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    with streams.connect(head + body) as connection:
        assert read_answer(connection)[0] == b"short"


@pytest.mark.parametrize("size", [0, 10, 99_999, 65536, 2 * 65536, 48 * 1024 * 1024])
@pytest.mark.parametrize(
    "content_type", ["image/png", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
)
def test_a_body_comes_whole_and_never_all_of_it_into_memory(
    streams: Streams, size: int, content_type: str
) -> None:
    def told(body: bytes) -> tuple[int, str, int]:
        head = (
            "POST /body HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with streams.connect(head.encode() + body) as connection:
            length, digest, most_kb = read_answer(connection)[0].split()
        return int(length), digest.decode(), int(most_kb)

    before_kb = told(b"")[2]
    body = os.urandom(size)
    length, digest, most_kb = told(body)
    assert (length, digest) == (size, hashlib.sha256(body).hexdigest())
    assert most_kb - before_kb < 12 * 1024


def send_until_refused(connection: socket.socket, frame: bytes, at_most: int) -> int:
    """Bytes sent until the other side answered 413; closed with our bytes unread, its answer may be lost."""
    sent = 0
    with suppress(ConnectionResetError, BrokenPipeError):
        while sent < at_most and not select.select([connection], [], [], 0)[0]:
            connection.sendall(frame)
            sent += len(frame)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    return sent
