"""A provider for benchmarks, as fast as asyncio allows: 400 bytes a task, of which one answer in ten is news.

python -m tests.benchmarks.answering PORT      GET /count tells how many requests it has answered.
"""

import asyncio
import sys
from collections import defaultdict

ANSWER_BYTES = 400
CALLS_A_CHANGE = 10
WORDS = b"processing", b"in_progress"
"""Both mean that it runs."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Provider:
    """How often each task was asked about decides its progress, and the word for its status: that goes on for ever."""

    def __init__(self) -> None:
        self.answered = 0
        self._asked: dict[bytes, int] = defaultdict(int)

    def answer(self, path: bytes) -> bytes:
        if path == b"/count":
            return _reply(b"%d" % self.answered)
        self.answered += 1
        name = path.rpartition(b"/")[2]
        asked = self._asked[name] = self._asked[name] + 1
        offset = int(name[1:]) % CALLS_A_CHANGE
        news = (asked + offset) // CALLS_A_CHANGE
        told = name, WORDS[news % 2], min(99, news)
        body = b'{"id":"%s","status":"%s","progress":%d,"model":"veo3.1","note":"' % told
        return _reply(body + b"x" * (ANSWER_BYTES - len(body) - 2) + b'"}')


def _reply(body: bytes) -> bytes:
    return HEAD % len(body) + body


class Connection(asyncio.Protocol):
    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *whole, self._waiting = (self._waiting + data).split(b"\r\n\r\n")
        for request in whole:
            self._transport.write(self._provider.answer(request.split(b" ", 2)[1]))


async def serve(port: int) -> None:
    provider = Provider()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(provider), "127.0.0.1", port, backlog=1024
    )
    async with server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
