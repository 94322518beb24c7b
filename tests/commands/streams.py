"""A server of ours with an application that sends without end: run apart, as it has a loop of its own.

`/stream` sends `SIZE` bytes in parts, `/endless` never stops, `/stuck` never answers, `/` is short, `/fail` makes
a companion fail, and `/sent` tells how many bytes the streams have handed over, and how many of them have ended.
`/body` reads what it is sent, and tells its length, its hash and the most memory that the process ever took, in KB.
A WebSocket is flooded likewise.
"""

import asyncio
import hashlib
import resource
import sys
import time
from typing import Any

from dashboard.server import Server
from tasks.stopping import leave

PART = b"x" * 65536
SIZE = 64 * 1024 * 1024
failing = asyncio.Event()
sent = 0
ended = 0


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await stream(send, lambda more: {"type": "websocket.send", "bytes": PART})
        await send({"type": "websocket.close"})
        return
    path = scope["path"]
    if path == "/fail":
        failing.set()
    if path == "/stuck":
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
    short = b"%d %d" % (sent, ended) if path == "/sent" else b"short"
    if path == "/body":
        short = await read(receive)
    length = {"/stream": SIZE, "/endless": None}.get(path, len(short))
    headers = [(b"content-length", b"%d" % length)] if length else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if path in {"/stream", "/endless"}:
        await stream(send, lambda more: {"type": "http.response.body", "body": PART, "more_body": more},
                     endless=path == "/endless")  # fmt: skip
        return
    await send({"type": "http.response.body", "body": short})


async def read(receive: Any) -> bytes:
    length, digest, more = 0, hashlib.sha256(), True
    while more:
        message = await receive()
        length += len(message["body"])
        digest.update(message["body"])
        more = message["more_body"]
    most_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{length} {digest.hexdigest()} {most_kb}".encode()


async def stream(send: Any, message: Any, *, endless: bool = False) -> None:
    global sent, ended  # noqa: PLW0603
    left = SIZE
    try:
        while left:
            left -= 0 if endless else len(PART)
            sent += len(PART)
            await send(message(bool(left)))
            await asyncio.sleep(0)
    finally:
        ended += 1


async def companion(stop: asyncio.Event) -> None:
    """Lives until it is told to stop, or until `/fail` is asked for."""
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(failing.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    if failing.is_set():
        raise RuntimeError("this companion was asked to fail")


def ready(port: int) -> None:
    sys.stdout.write(f"ready {port}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    server = Server(application, host="127.0.0.1", port=0, companions=[companion], on_ready=ready)
    server.run()
    sys.stderr.write(server.failure)
    leave(1 if server.failure else 0)
