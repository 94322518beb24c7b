"""A web server of real threads on a loopback port, for tests whose other side is a process of its own."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_S = float(os.environ.get("TEST_PATIENCE_S", "30"))
TICK_S = 0.05


class Call(BaseHTTPRequestHandler):
    """One request, and the way to answer it: `command`, `path` and `headers` are as the base has them."""

    body: bytes

    def json(self) -> dict[str, object]:
        """What was sent, when it was a JSON object."""
        found = json.loads(self.body or b"{}")
        assert isinstance(found, dict)
        return found

    def reply(self, status: int, body: object, kind: str = "application/json") -> None:
        """Bytes are sent as they are, anything else as JSON."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def read_body(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's own name
        """Says nothing on the test run's output."""


Answer = Callable[[Call], None]


@contextmanager
def answering(answer: Answer, *, reads: bool = True) -> Iterator[str]:
    """Every call is given to `answer`, in a thread of its own; yields the server's address.

    Not `reads`: the body is still to be read, by `Call.read_body`.
    """

    class Handler(Call):
        def do_GET(self) -> None:
            if reads:
                self.read_body()
            answer(self)

        do_POST = do_DELETE = do_GET  # noqa: N815  the base's words

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[TICK_S], daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE_S)
