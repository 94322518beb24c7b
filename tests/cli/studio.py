"""A LemonData on a loopback port that makes one film: what it makes lies at its own address."""

import threading
from pathlib import Path
from typing import Any

from tests.processes import ROOT
from tests.threads import Call

FILM: Path = ROOT / "dashboard" / "demo" / "media" / "sea.mp4"


class Studio:
    """`refusal` is what create calls are answered instead; `is_done` whether the film is there."""

    def __init__(self) -> None:
        self.url = ""
        self.is_done = threading.Event()
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.orders: list[dict[str, Any]] = []
        self._made = 0

    def reset(self) -> None:
        self.is_done.clear()
        self.refusal = None
        self.orders.clear()

    def new_id(self) -> str:
        """An id that no task had before."""
        self._made += 1
        return f"ldtask_{self._made:032x}"

    def standing(self, remote_id: str) -> dict[str, Any]:
        head = {"id": remote_id, "task_id": remote_id, "model": "veo3.1"}
        if self.is_done.is_set():
            return head | {"status": "completed", "progress": 100, "video_url": f"{self.url}/film.mp4"}
        return head | {"status": "processing", "progress": 40}

    def answer(self, call: Call) -> None:
        if call.command == "POST":
            self.orders.append(call.json())
            status, body = self.refusal or (200, self.standing(self.new_id()) | {"status": "pending"})
            call.reply(status, body)
        elif call.path == "/film.mp4":
            call.reply(200, FILM.read_bytes(), "video/mp4")
        else:
            call.reply(200, self.standing(call.path.rpartition("/")[2]))
