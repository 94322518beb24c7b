"""The gateway as an ASGI application: `/gateway/<account>/<the provider's own path>`.

It stands beside Django's pages, not behind them: no session, no cookie, no middleware, and bodies pass in parts.
"""

import logging
from typing import Any

from dashboard.gateway.addresses import id_asked, kind_made, read_address
from dashboard.gateway.callers import Refused, admit
from dashboard.gateway.exchange import Exchange, Left, Receive
from dashboard.gateway.home import home as home_of_loop
from dashboard.gateway.making import make
from dashboard.gateway.passing import pass_on
from dashboard.gateway.replies import Send, say_error
from dashboard.gateway.telling import tell

logger = logging.getLogger(__name__)

NOWHERE = (
    "There is no gateway here: its addresses are /gateway/ACCOUNT/ and what the provider's own begin with."
)


async def gateway(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer one request."""
    try:
        await _answer(scope, receive, send)
    except Refused as refused:
        await say_error(send, refused.status, refused.message)
    except Left:
        logger.info("a caller of the gateway left before it was answered")


async def _answer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    address = read_address(scope)
    if address is None:
        raise Refused(404, NOWHERE)
    home, exchange = home_of_loop(), Exchange.of(scope, receive, address.path)
    caller = await home.database.run(admit, address, exchange.headers, exchange.method)
    provider, target = caller.connection.provider, address.target
    if kind := kind_made(provider, exchange.method, target):
        await make(home, caller, exchange, target, kind, send)
        return
    remote_id = id_asked(provider, exchange.method, target)
    if remote_id and await tell(home, caller, exchange, target, remote_id, send):
        return
    await pass_on(home, caller, exchange, target, send)
