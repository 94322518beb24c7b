"""The simulated providers as servers on loopback ports, inside this process."""

import asyncio
import math
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from dashboard.demo import lemondata, moneyprinter, nebula
from dashboard.demo.cdn import FOLDER, Cdn
from dashboard.demo.orders import taking
from dashboard.demo.scenes import DEAD, LEMON, NEBULA, PRINTER, REFUSED, STUDIO
from dashboard.demo.takes import Take
from tasks.providers import lemondata_forms, nebula_forms
from tasks.providers.forms import Form
from tasks.vocabulary import Kind

KEYS = {LEMON: "sk-demo-lemon-5f21", STUDIO: "sk-demo-studio-77aa", NEBULA: "sk-demo-nebula-0c9e"}
REFUSED_KEY = "sk-demo-revoked-0000"
BUSY_EVERY_S, BUSY_FOR_S = 120, 9
"""How often, and how long, the studio's account is told to slow down."""
SERVERS = (LEMON, STUDIO, NEBULA, PRINTER, "cdn", DEAD)
SHUTDOWN_S = 0.5
LEMON_MEDIA = {"videos": Kind.VIDEO, "images": Kind.IMAGE, "music": Kind.AUDIO, "3d": Kind.MODEL3D}
PRINTER_MEDIA = {"videos": Kind.VIDEO, "audio": Kind.AUDIO}
PRINTER_PAGE = 10


@dataclass(frozen=True)
class Simulators:
    """Open sockets, one for each server; nothing is answered before `run`."""

    sockets: dict[str, socket.socket]
    printed: dict[str, Take] = field(default_factory=dict)
    """What the simulated MoneyPrinterTurbo lists, oldest first."""

    def origin(self, name: str) -> str:
        """The base URL of a server: an account's slug, or `cdn`."""
        return f"http://127.0.0.1:{self.sockets[name].getsockname()[1]}"

    def ports(self) -> dict[str, int]:
        """What to pass to `open_sockets` at the next start, so that links go on working."""
        return {name: one.getsockname()[1] for name, one in self.sockets.items()}

    @property
    def cdn(self) -> Cdn:
        return Cdn(self.origin("cdn"))

    def created(self, take: Take) -> dict[str, Any]:
        """What the provider answers to the create call."""
        if take.scene.account in {PRINTER, DEAD}:
            return moneyprinter.created(take)
        return nebula.created(take) if take.scene.account in {NEBULA, REFUSED} else lemondata.created(take)

    def answer(self, take: Take, at_s: float) -> tuple[int, dict[str, Any]]:
        """What the provider answers to a poll at a time: HTTP status and body."""
        if take.scene.account in {PRINTER, DEAD}:
            return moneyprinter.answer(take, at_s)
        if take.scene.account in {NEBULA, REFUSED}:
            return nebula.answer(take, at_s, self.cdn)
        return lemondata.answer(take, at_s, self.cdn)

    async def run(self, stop: asyncio.Event) -> None:
        """Answer until `stop` is set."""
        runners = [
            web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S) for app in self._apps().values()
        ]
        try:
            for name, runner in zip(self._apps(), runners, strict=True):
                await runner.setup()
                await web.SockSite(runner, self.sockets[name]).start()
            await stop.wait()
        finally:
            await asyncio.gather(*(runner.cleanup() for runner in runners))
            self.close()

    def close(self) -> None:
        """Give the ports back."""
        for one in self.sockets.values():
            one.close()

    def _apps(self) -> dict[str, web.Application]:
        return {
            LEMON: _lemon(KEYS[LEMON], self.cdn),
            STUDIO: _lemon(KEYS[STUDIO], self.cdn, busy=True),
            NEBULA: _nebula(self.cdn),
            PRINTER: _printer(self.printed),
            "cdn": _files(),
        }


def open_sockets(ports: dict[str, int]) -> Simulators:
    """Take the given ports where they are free, and any others where they are not.

    The dead account's port is taken, but nobody listens there: connections are refused.
    """
    sockets = {name: _bind(ports.get(name, 0), reuse=name != DEAD) for name in SERVERS}
    for name in SERVERS:
        if name != DEAD:
            sockets[name].listen()
    return Simulators(sockets | {REFUSED: sockets[NEBULA]})


def _bind(port: int, *, reuse: bool) -> socket.socket:
    """`reuse`: also a port that an earlier process left a moment ago, which others may then share until we listen."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
    try:
        found.bind(("127.0.0.1", port))
    except OSError:
        found.bind(("127.0.0.1", 0))
    found.setblocking(False)  # noqa: FBT003
    return found


def _lemon(key: str, cdn: Cdn, *, busy: bool = False) -> web.Application:
    async def poll(request: web.Request) -> web.Response:
        wait_s = busy_for(time.time()) if busy else 0
        if wait_s:
            return web.json_response(
                lemondata.too_many(wait_s), status=429, headers={"Retry-After": str(wait_s)}
            )
        take = Take.of(request.match_info["id"])
        if take is None or take.scene.account not in {LEMON, STUDIO}:
            return web.json_response(lemondata.GONE, status=404)
        status, body = lemondata.answer(take, time.time(), cdn)
        return web.json_response(body, status=status)

    app = web.Application(middlewares=[_needs(key, lemondata.BAD_KEY)])
    app.router.add_get("/v1/tasks/{id}", poll)
    app.router.add_get("/v1/models", _listing(lemondata_forms.FORMS.values()))
    for medium, kind in LEMON_MEDIA.items():
        app.router.add_get(f"/v1/{medium}/generations/{{id}}", poll)
        app.router.add_post(f"/v1/{medium}/generations", taking({LEMON, STUDIO}, kind, lemondata.created))
    return app


def _listing(forms: Iterable[Form]) -> Handler:
    """What models there are: those that the forms suggest."""
    names = [name for form in forms for name in form.models]
    listed = [{"id": name, "object": "model", "owned_by": "demo"} for name in dict.fromkeys(names)]

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": listed})

    return answer


def _nebula(cdn: Cdn) -> web.Application:
    async def poll(request: web.Request) -> web.Response:
        take = Take.of(request.match_info["id"])
        if take is None or take.scene.account != NEBULA:
            return web.json_response(nebula.UNKNOWN, status=400)
        status, body = nebula.answer(take, time.time(), cdn)
        return web.json_response(body, status=status)

    async def download(request: web.Request) -> web.Response:
        take = Take.of(request.query.get("id", ""))
        if take is None or not take.scene.files:
            return web.json_response({"success": False}, status=404)
        return web.json_response(nebula.download(take, cdn))

    app = web.Application(middlewares=[_needs(KEYS[NEBULA], nebula.BAD_KEY)])
    app.router.add_get("/v1/models", _listing(nebula_forms.FORMS.values()))
    app.router.add_get("/v1/video/generations/download", download)
    app.router.add_get("/v1/video/generations/{id}", poll)
    app.router.add_post("/v1/video/generations", taking({NEBULA}, Kind.VIDEO, nebula.created))
    app.router.add_post("/v1/images/generations", taking({NEBULA}, Kind.IMAGE, nebula.created))
    return app


def _printer(printed: dict[str, Take]) -> web.Application:
    async def poll(request: web.Request) -> web.Response:
        take = _printed(request)
        status, body = moneyprinter.answer(take, time.time()) if take else (404, moneyprinter.unknown())
        return web.json_response(body, status=status)

    async def listing(request: web.Request) -> web.Response:
        page, size = int(request.query.get("page", 1)), int(request.query.get("page_size", PRINTER_PAGE))
        return web.json_response(
            moneyprinter.listing([*printed.values()], time.time(), page=page, page_size=size)
        )

    async def file(request: web.Request) -> web.StreamResponse:
        take, name = _printed(request), request.match_info["name"]
        if take and name == "script.json":
            return web.json_response(moneyprinter.script(take))
        made = take.scene.files[0] if take and take.scene.files else ""
        names = {"final-1.mp4", "combined-1.mp4"} if made.endswith(".mp4") else {"audio.mp3"}
        if not made or name not in names:
            return web.json_response({"detail": "Not Found"}, status=404)
        return web.FileResponse(FOLDER / made)

    app = web.Application()

    def remember(take: Take) -> None:
        printed[take.remote_id] = take

    app.router.add_get("/api/v1/tasks", listing)
    for medium, kind in PRINTER_MEDIA.items():
        app.router.add_post(f"/api/v1/{medium}", taking({PRINTER}, kind, moneyprinter.created, remember))
    app.router.add_get("/api/v1/tasks/{id}", poll)
    for route in ("/tasks", "/api/v1/download", "/api/v1/stream"):
        app.router.add_get(route + "/{id}/{name}", file)
    return app


def _printed(request: web.Request) -> Take | None:
    take = Take.of(request.match_info["id"])
    return take if take and take.scene.account == PRINTER else None


def _files() -> web.Application:
    app = web.Application()
    app.router.add_static("/media", FOLDER)
    return app


def _needs(key: str, refusal: object) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {key}":
            return web.json_response(refusal, status=401)
        return await handler(request)

    return check


def busy_for(at_s: float) -> int:
    """Seconds until the account may ask again; 0 when it may ask now."""
    return max(0, math.ceil(BUSY_FOR_S - at_s % BUSY_EVERY_S))
