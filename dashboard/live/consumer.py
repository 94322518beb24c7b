"""The socket: signs in, joins the hub, passes on what the client says. Everything else is the hub's."""

from typing import Any

from channels.db import database_sync_to_async

from dashboard.live import frames
from dashboard.live.credentials import Login
from dashboard.live.handshake import read_visit
from dashboard.live.hub import Hub, visit_hub
from dashboard.live.outbox import Receive, Send
from dashboard.live.subscription import Subscription
from dashboard.live.sync import BadFrame, read_sync


async def consume(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """One WebSocket, from handshake to end. It is refused before it is accepted, or not at all."""
    await receive()
    visit = read_visit(scope)
    login = await database_sync_to_async(Login.of)(visit.credential) if visit else None
    if visit is None or login is None:
        await send({"type": "websocket.close"})
        return
    async with visit_hub() as hub:
        await send({"type": "websocket.accept"})
        async with hub.joined(visit.interest, login, send) as subscription:
            while (message := await receive())["type"] == "websocket.receive":
                await _hear(hub, subscription, message.get("text"))


async def _hear(hub: Hub, subscription: Subscription, text: str | None) -> None:
    try:
        have = read_sync(text)
    except BadFrame as error:
        await subscription.outbox.say(frames.error(error.code, error.message))
    else:
        await hub.answer(subscription, have)
