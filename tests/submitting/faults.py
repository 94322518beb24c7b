"""Create calls through a server that may be killed, at a provider that misbehaves in every way it can."""

import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx

from tests.processes import manage, rows
from tests.threads import PATIENCE_S, TICK_S, Call, answering

KEY = "sk-faults-0123456789abcdef"
SHOP, NOWHERE, DEAF, RUDE = "shop", "nowhere", "deaf", "rude"
"""Accounts: at the provider; at a port where nobody listens; at one that resets before, or while, it reads."""
ABORT = struct.pack("ii", 1, 0)
"""Close at once and tell the other side with a reset."""
SETTLES_S = 90.0
"""What a dead process had begun is settled when others are sure that it is dead."""


class Fault(StrEnum):
    """What becomes of a create call."""

    NONE = "none"
    REFUSED = "refused"
    """Nobody listens."""
    RESET_BEFORE = "reset before it was read"
    RESET_DURING = "reset while it was read"
    RESET_AFTER = "made, then reset"
    HALF = "made, half an answer"
    ERROR = "made, then 500"
    NO = "refused with 400"


ELSEWHERE = {Fault.REFUSED: NOWHERE, Fault.RESET_BEFORE: DEAF, Fault.RESET_DURING: RUDE}
MADE = frozenset({Fault.NONE, Fault.RESET_AFTER, Fault.HALF, Fault.ERROR})
CLEAN = {Fault.REFUSED: "failed", Fault.NO: "failed"}
"""What certainly made nothing must not be called uncertain."""


@dataclass
class FaultyProvider:
    """A LemonData; `made` counts by prompt what it made and would be paid for."""

    made: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, call: Call) -> None:
        if call.command != "POST":
            call.reply(200, {"id": call.path.rpartition("/")[2], "status": "processing", "progress": 10})
            return
        prompt = str(call.json()["prompt"])
        self._take(call, Fault(prompt.partition(":")[0]), prompt)

    def _take(self, call: Call, fault: Fault, prompt: str) -> None:
        if fault is Fault.NO:
            call.reply(400, {"error": {"message": "A film of nothing.", "code": "invalid_request"}})
            return
        with self.lock:
            self.made[prompt] += 1
            number = self.made.total()
        if fault is Fault.RESET_AFTER:
            _reset(call)
        elif fault is Fault.HALF:
            call.send_response(200)
            call.send_header("Content-Length", "200")
            call.end_headers()
            call.wfile.write(b'{"id": "ldtask_')
        elif fault is Fault.ERROR:
            call.reply(500, {"error": {"message": "Something broke."}})
        else:
            task_id = f"ldtask_{number:032x}"
            call.reply(
                200,
                {"id": task_id, "task_id": task_id, "poll_url": f"/v1/tasks/{task_id}", "status": "pending"},
            )


def _reset_amid(call: Call) -> None:
    call.rfile.read(5)
    _reset(call)


def _reset(call: Call) -> None:
    call.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    call.connection.close()
    call.close_connection = True


@dataclass(frozen=True)
class Intent:
    """One thing that somebody wants made, once."""

    number: int
    fault: Fault
    by_gateway: bool

    @property
    def prompt(self) -> str:
        return f"{self.fault}: film {self.number}"

    @property
    def account(self) -> str:
        return ELSEWHERE.get(self.fault, SHOP)


def intents(count: int, seed: int) -> list[Intent]:
    """Every fault by both ways, then by chance."""
    chance = random.Random(seed)
    every = [(fault, way) for fault in Fault for way in (False, True)]
    more = [(chance.choice(list(Fault)), chance.random() < 0.5) for _ in range(count - len(every))]
    return [Intent(number, fault, way) for number, (fault, way) in enumerate([*every, *more])]


@contextmanager
def faulty_provider(data_dir: Path) -> Iterator[FaultyProvider]:
    """With its account, and one for each place where calls do not arrive."""
    provider = FaultyProvider()
    with (
        answering(provider.answer) as shop,
        answering(_reset, reads=False) as deaf,
        answering(_reset_amid, reads=False) as rude,
    ):
        for slug, address in ((SHOP, shop), (DEAF, deaf), (RUDE, rude), (NOWHERE, _nobody_s())):
            _add(data_dir, slug, address)
        yield provider


def _nobody_s() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def _add(data_dir: Path, slug: str, address: str) -> None:
    added = manage(
        data_dir,
        *("add_account", "lemondata", slug, "--base-url", address, "--api-key-env", "FAULT_KEY"),
        FAULT_KEY=KEY,
    )
    assert added.returncode == 0, added.stderr


@dataclass
class Buyer:
    """Sends intents to a server at `url` that may be away: as a program does that must not pay twice."""

    url: str
    token: str

    def want(self, intent: Intent) -> None:
        params = {"model": "veo3.1", "prompt": intent.prompt}
        if intent.by_gateway:
            self._send(f"/gateway/{intent.account}/v1/videos/generations", params, again=False)
        else:
            body = {"account": intent.account, "kind": "video", "params": params}
            self._send("/api/v1/generations", body | {"idempotency_key": intent.prompt}, again=True)

    def _send(self, path: str, body: dict[str, Any], *, again: bool) -> None:
        """`again`: after whatever went wrong. Else only when nothing was sent: nobody accepted the connection."""
        deadline = time.monotonic() + 2 * PATIENCE_S
        headers = {"Authorization": f"Bearer {self.token}"}
        while time.monotonic() < deadline:
            try:
                answer = httpx.post(
                    self.url + path, json=body, headers=headers, trust_env=False, timeout=PATIENCE_S
                )
            except httpx.ConnectError:
                pass
            except httpx.TransportError:
                if not again:
                    return
            else:
                if not again or answer.status_code < 500:
                    return
            time.sleep(TICK_S)
        raise AssertionError(f"never answered: {json.dumps(body)}")


def settled(data_dir: Path) -> None:
    """Wait until every call that a dead process had begun is called what it is."""
    deadline = time.monotonic() + SETTLES_S
    while rows(data_dir, "SELECT 1 FROM tasks_task WHERE status = 'submitting' LIMIT 1"):
        assert time.monotonic() < deadline, "a call stays between sent and not sent"
        time.sleep(TICK_S)


def wrongs(data_dir: Path, provider: FaultyProvider, wanted: list[Intent], *, killed: bool) -> list[str]:
    """What must not be, in sentences; none is right. `killed`: the server was, so more may be uncertain."""
    found = []
    for one in wanted:
        made = provider.made[one.prompt]
        told = rows(data_dir, "SELECT status, remote_id FROM tasks_task WHERE prompt = ?", one.prompt)
        if made > 1:
            found.append(f"{one}: made {made} times")
        if len(told) > 1 or (not told and (made or not one.by_gateway)):
            found.append(f"{one}: {len(told)} tasks for {made} made")
        for status, remote_id in told:
            if made and not remote_id and status != "unconfirmed":
                found.append(f"{one}: made, but called {status}")
            if not made and status not in {"failed", "unconfirmed"}:
                found.append(f"{one}: not made, but called {status}")
            if not killed and one.fault in CLEAN and status != CLEAN[one.fault]:
                found.append(f"{one}: certainly not made, but called {status}")
            if not killed and one.fault is Fault.NONE and not remote_id:
                found.append(f"{one}: answered well, but has no id")
    return found
