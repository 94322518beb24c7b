"""The web server: daphne with what it lacks — companions on its loop, an end within bounds, back-pressure."""

import asyncio
import errno
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import daphne.server
from daphne.endpoints import build_endpoint_description_strings
from daphne.http_protocol import WebRequest
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.defer import Deferred
from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogPublisher

from dashboard.backpressure import Gate, close_stream, gate_of_socket, gate_of_stream
from dashboard.bounds import bound_body, hold_back_body, reading_in_parts
from dashboard.media.breaking import BROKEN, cut, telling_breaks
from tasks.stopping import on_stop_signal

logger = logging.getLogger(__name__)

REQUESTS_GRACE_S = 3.0
"""How long requests in flight may go on after a signal."""
COMPANIONS_GRACE_S = 40.0
"""How long companions may take to end: the poller bounds itself below this."""
KILL_GRACE_S = 1.0
FLUSH_S = 0.05

Companion = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Lives on the server's loop until the event is set, then puts its things in order and returns."""


class Server(daphne.server.Server):  # type: ignore[misc]
    """Serves until a signal comes or a companion fails; `failure` then says why, in a sentence."""

    def __init__(
        self,
        application: Any,
        *,
        host: str,
        port: int,
        companions: Sequence[Companion] = (),
        on_ready: Callable[[int], None],
    ) -> None:
        """`on_ready` gets the port once connections are accepted; port 0 takes a free one."""
        super().__init__(
            reading_in_parts(telling_breaks(application)),
            endpoints=build_endpoint_description_strings(host=host, port=port),
            signal_handlers=False,
            ready_callable=self._begin,
            server_name="",
        )
        self.failure = ""
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._companions = companions
        self._on_ready = on_ready
        self._ports: list[Any] = []
        self._stop = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []

    def run(self) -> None:
        """Serve until the end. Everything happens on daphne's own loop."""
        globalLogPublisher.addObserver(_log_error)  # type: ignore[arg-type]
        super().run()

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)
        super().listen_success(port)

    def listen_error(self, failure: Any) -> None:
        self.failure = _why_not_listening(self._address, failure.value)
        self.stop()

    def _begin(self) -> None:
        """Called when the port is open, before the loop runs."""
        self._loop = asyncio.get_event_loop()
        on_stop_signal(self._loop, self._begin_to_stop)
        for companion in self._companions:
            task = self._loop.create_task(companion(self._stop))
            task.add_done_callback(self._companion_ended)
            self._running.append(task)
        self._loop.call_soon(self._on_ready, self._ports[0].getHost().port)

    def _companion_ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None and self._stop.is_set():
            return
        logger.critical("A part of the server failed, so all of it ends.", exc_info=error)
        self.failure = f"A part of the server failed ({type(error).__name__}). The log says where."
        self._begin_to_stop()

    def _begin_to_stop(self) -> None:
        if not self._stop.is_set():
            self._stop.set()
            self._ending = self._loop.create_task(self._end())

    async def _end(self) -> None:
        """Take no new connections, let requests and companions come to their ends, then stop."""
        for port in self._ports:
            port.stopListening()
        await asyncio.gather(
            _wait(self._running, COMPANIONS_GRACE_S),
            _wait(self._applications(sockets=False), REQUESTS_GRACE_S),
        )
        await asyncio.sleep(FLUSH_S)  # the last bytes of answers are still on their way out
        self.stop()

    def _applications(self, *, sockets: bool) -> list["asyncio.Future[Any]"]:
        return [
            details["application_instance"]
            for protocol, details in self.connections.items()
            if "application_instance" in details and (sockets or not isinstance(protocol, WebSocketProtocol))
        ]

    def kill_all_applications(self) -> "Deferred[None]":
        """Cancel what still runs, and wait for it a moment: a view stuck in its thread holds up nobody."""
        applications = self._applications(sockets=True)
        for application in applications:
            application.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(_wait(applications, KILL_GRACE_S)))

    def protocol_connected(self, protocol: Any) -> None:
        super().protocol_connected(protocol)
        if isinstance(protocol, WebRequest):
            bound_body(protocol)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        hold_back_body(protocol, scope)
        return super().create_application(protocol, scope)

    def protocol_disconnected(self, protocol: Any) -> None:
        super().protocol_disconnected(protocol)
        if gate := self.connections[protocol].get("gate"):
            gate.stopProducing()

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Pass on what an application sends; return when the connection has room for more."""
        if message["type"] == BROKEN:
            cut(protocol)
            return
        if message["type"] == "http.response.body" and protocol.method == b"HEAD":
            message = message | {"body": b""}  # daphne would write it into the midst of the next answer
        gate = self._gate(protocol, message)
        await super().handle_reply(protocol, message)
        if gate is not None:
            await gate.passed()

    def _gate(self, protocol: Any, message: dict[str, Any]) -> Gate | None:
        connection = self.connections.get(protocol)
        if connection is None or connection.get("disconnected"):
            return None
        if message["type"] == "websocket.send":
            return gate_of_socket(protocol, connection)
        if message["type"] != "http.response.body":
            return None
        if message.get("more_body"):
            return gate_of_stream(protocol, connection)
        close_stream(protocol, connection)
        return None


def _log_error(event: LogEvent) -> None:
    """Twisted's own errors, which daphne throws away."""
    if event["log_level"] >= LogLevel.error:
        failure = event.get("log_failure")
        logger.error("%s", formatEvent(event), exc_info=failure.value if failure else None)


async def _wait(futures: Sequence["asyncio.Future[Any]"], seconds: float) -> None:
    if futures:
        await asyncio.wait(futures, timeout=seconds)


def _why_not_listening(address: str, error: BaseException) -> str:
    cause = getattr(error, "socketError", error)
    code = getattr(cause, "errno", None)
    if code == errno.EADDRINUSE:
        return f"Another program listens at {address} already. Choose another port with --port."
    if code == errno.EACCES:
        return f"This user may not listen at {address}. Choose a port above 1023 with --port."
    return f"Dailies cannot listen at {address}: {getattr(cause, 'strerror', None) or cause}."
