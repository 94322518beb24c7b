"""Makes `send` wait for slow readers: daphne itself buffers everything that an application sends."""

import asyncio
from typing import Any


class Gate:
    """Stands for an application at its connection: shut while the connection's buffer is full.

    A push producer in Twisted's sense: three of its method names are Twisted's.
    """

    def __init__(self, socket: Any = None) -> None:
        """`socket`: the transport that closes by itself, once its buffer is empty and nobody will add to it."""
        self._socket = socket
        self._room = asyncio.Event()
        self._room.set()

    def pauseProducing(self) -> None:  # noqa: N802
        self._room.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._room.set()
        if self._socket is not None and self._socket.disconnecting:
            self._socket.unregisterProducer()

    def stopProducing(self) -> None:  # noqa: N802
        self._room.set()

    async def passed(self) -> None:
        """Return when there is room for more, or nobody left to read it."""
        await self._room.wait()


def gate_of_stream(request: Any, connection: dict[str, Any]) -> Gate:
    """The gate of an HTTP answer that comes in parts, made at its first part."""
    if "gate" not in connection:
        connection["gate"] = Gate()
        request.registerProducer(connection["gate"], True)  # noqa: FBT003  Twisted's word for "push"
    gate: Gate = connection["gate"]
    return gate


def close_stream(request: Any, connection: dict[str, Any]) -> None:
    """Before the last part: the connection is free for the next request on it."""
    if connection.pop("gate", None):
        request.unregisterProducer()


def gate_of_socket(protocol: Any, connection: dict[str, Any]) -> Gate:
    """The gate of a WebSocket. It takes the place of the HTTP channel that the connection began with."""
    if "gate" not in connection:
        connection["gate"] = Gate(protocol.transport)
        protocol.transport.unregisterProducer()
        protocol.transport.registerProducer(connection["gate"], True)  # noqa: FBT003
    gate: Gate = connection["gate"]
    return gate
