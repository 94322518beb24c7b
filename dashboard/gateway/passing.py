"""Everything else passes through in parts, both ways, with the key on the way out and without it on the way back."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any

import httpx
from aiohttp import ClientResponse

from dashboard.gateway.callers import Caller, Refused
from dashboard.gateway.exchange import Exchange
from dashboard.gateway.home import Home
from dashboard.gateway.replies import Send, encoded, passed_headers
from dashboard.media.streams import BrokenOff
from tasks.poller.duties import cancel
from tasks.providers.addresses import AddressRefused
from tasks.transport import chunks

ANSWER_S = 300.0
"""How long a provider may think before it answers, and send nothing in the midst of an answer."""
TEXTUAL = ("text/", "application/json", "application/problem+json", "application/xml")


async def pass_on(home: Home, caller: Caller, exchange: Exchange, target: str, send: Send) -> None:
    """Refused while nothing was sent back; BrokenOff when the answer ends in its midst."""
    name = caller.connection.provider.NAME
    headers = exchange.passed.copy()
    if exchange.has_body and "content-length" in exchange.headers:
        headers["content-length"] = exchange.headers["content-length"]
    body = exchange.parts() if exchange.has_body else b""
    try:
        request = caller.connection.pass_on(exchange.method, target, headers, body)
    except AddressRefused as error:
        raise Refused(400, str(error)) from error
    budget = await home.room(caller.account)
    try:
        try:
            async with asyncio.timeout(ANSWER_S):
                response = await home.kept_open.send(request)
        except TimeoutError as error:
            raise Refused(504, f"{name} did not answer within {ANSWER_S:.0f} s.") from error
        except httpx.TransportError as error:
            raise Refused(502, f"{name} gave no answer: {error}.") from error
        try:
            await _unless_left(exchange, _answer(response, request.secrets, send))
        finally:
            response.close()
    finally:
        budget.end(asyncio.get_running_loop().time())


async def _answer(response: ClientResponse, secrets: Iterable[bytes], send: Send) -> None:
    headers = passed_headers(response.headers.items())
    await send({"type": "http.response.start", "status": response.status, "headers": encoded(headers)})
    parts = _in_time(response)
    if response.headers.get("content-type", "").lower().startswith(TEXTUAL):
        parts = without_secrets(parts, list(secrets))
    try:
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    except (httpx.TransportError, TimeoutError) as error:
        raise BrokenOff(f"The provider's answer ended in its midst: {error}.") from error
    await send({"type": "http.response.body", "body": b""})


async def _in_time(response: ClientResponse) -> AsyncIterator[bytes]:
    async with asyncio.timeout(ANSWER_S) as limit:
        async for part in chunks(response):
            yield part
            limit.reschedule(asyncio.get_running_loop().time() + ANSWER_S)


async def without_secrets(parts: AsyncIterator[bytes], secrets: list[bytes]) -> AsyncIterator[bytes]:
    """The same bytes with every secret blotted out, as many as before: their number was told already.

    Only what may be the beginning of a secret waits for the part to come: words that are said one by one pass at once.
    """
    held = b""
    async for part in parts:
        held += part
        for one in secrets:
            held = held.replace(one, b"*" * len(one))
        cut = len(held) - max((_begun(held, one) for one in secrets), default=0)
        if cut:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held


def _begun(held: bytes, secret: bytes) -> int:
    """So many bytes at the end may be the beginning of the secret."""
    longest = min(len(secret) - 1, len(held))
    return next((count for count in range(longest, 0, -1) if held.endswith(secret[:count])), 0)


async def _unless_left(exchange: Exchange, answer: Coroutine[Any, Any, None]) -> None:
    """Send the answer; give it up when the caller goes."""
    sending = asyncio.create_task(answer)
    leaving = asyncio.create_task(exchange.until_left())
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
    finally:
        await cancel([sending, leaving])
