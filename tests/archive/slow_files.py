"""A file server on a thread, slow enough to be interrupted. It heeds ranges, and remembers which were asked for."""

import hashlib
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

CHUNK_BYTES = 64 * 1024


@dataclass
class SlowFiles:
    """Serves `/0`, `/1`, …: each of `size_bytes`, random but always the same."""

    size_bytes: int
    pause_s: float
    url: str = ""
    starts: list[int] = field(default_factory=list)
    """Where each answer began."""
    sent_bytes: int = 0

    def body(self, name: str) -> bytes:
        head = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
        return head + random.Random(name).randbytes(self.size_bytes - len(head))

    def digest(self, name: str) -> str:
        return hashlib.sha256(self.body(name)).hexdigest()


@contextmanager
def slow_files(size_bytes: int, pause_s: float) -> Iterator[SlowFiles]:
    files = SlowFiles(size_bytes, pause_s)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = files.body(self.path.strip("/"))
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            start = int(asked[1]) if asked else 0
            files.starts.append(start)
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("ETag", f'"{self.path}"')
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.send(body[start:])

        def send(self, body: bytes) -> None:
            try:
                for at in range(0, len(body), CHUNK_BYTES):
                    self.wfile.write(body[at : at + CHUNK_BYTES])
                    files.sent_bytes += CHUNK_BYTES
                    time.sleep(files.pause_s)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    files.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
