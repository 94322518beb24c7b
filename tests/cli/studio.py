"""A LemonData on a loopback port that makes one film, in real threads: what it makes lies at its own address."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.processes import PATIENCE_S, ROOT, TICK_S

FILM: Path = ROOT / "dashboard" / "demo" / "media" / "sea.mp4"


class Studio:
    """`refusal` is what create calls are answered instead; `is_done` whether the film is there."""

    def __init__(self) -> None:
        self.is_done = threading.Event()
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.orders: list[dict[str, Any]] = []
        self._made = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[TICK_S], daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE_S)

    def reset(self) -> None:
        self.is_done.clear()
        self.refusal = None
        self.orders.clear()

    def new_id(self) -> str:
        """An id that no task had before."""
        self._made += 1
        return f"ldtask_{self._made:032x}"

    def answer(self, remote_id: str) -> dict[str, Any]:
        head = {"id": remote_id, "task_id": remote_id, "model": "veo3.1"}
        if self.is_done.is_set():
            return head | {"status": "completed", "progress": 100, "video_url": f"{self.url}/film.mp4"}
        return head | {"status": "processing", "progress": 40}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        studio = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/film.mp4":
                    self._send(200, FILM.read_bytes(), "video/mp4")
                else:
                    self._send_json(200, studio.answer(self.path.rpartition("/")[2]))

            def do_POST(self) -> None:
                order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                studio.orders.append(order)
                remote_id = studio.new_id()
                status, body = studio.refusal or (200, studio.answer(remote_id) | {"status": "pending"})
                self._send_json(status, body)

            def _send_json(self, status: int, body: dict[str, Any]) -> None:
                self._send(status, json.dumps(body).encode(), "application/json")

            def _send(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's own name
                """Says nothing on the test run's output."""

        return Handler
