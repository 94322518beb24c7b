"""One question to a provider, from request to whole answer: bounded in time and memory, errors in words."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

import httpx
from aiohttp import ClientResponse
from multidict import CIMultiDict

from tasks.bodies import Body
from tasks.budget import budgets
from tasks.budget.ledger import settle
from tasks.deadlines import Deadline, Deadlines
from tasks.mishaps import mishap_of
from tasks.models import Account
from tasks.providers.addresses import poll_address
from tasks.providers.contract import Answer, ErrorKind, Provider, ProviderError, Request
from tasks.timing import Timing
from tasks.transport import AiohttpTransport, Prepared, Sent, chunks, prepare, whole_at_once

LARGE_BYTES = 1024 * 1024
LARGE_AT_ONCE = 2
SLOWEST_BYTES_PER_S = 50_000
USER_AGENT = "Dailies/0.1"
KEY_KNOWN_MIN = 8
"""A shorter key is not looked for: it may be a word of the answer."""


@dataclass(frozen=True)
class Connection:
    """An account as far as asking goes."""

    provider: Provider
    base_url: str
    api_key: str = field(repr=False)

    @classmethod
    def of(cls, account: Account) -> "Connection":
        """KeyUnreadable when the key was encrypted with another secret key."""
        return cls(account.provider_module, account.base_url, account.api_key)

    @cached_property
    def _headers(self) -> CIMultiDict[str]:
        return CIMultiDict(
            {
                "accept": "application/json",
                "accept-encoding": "gzip, deflate",
                "user-agent": USER_AGENT,
                **self.provider.auth_headers(self.api_key),
            }
        )

    @cached_property
    def secrets(self) -> tuple[bytes, ...]:
        """How the key may stand in an answer: a provider that complains may quote it, and all see what it says."""
        key = self.api_key
        if len(key) < KEY_KNOWN_MIN:
            return ()
        return tuple({way.encode() for way in (key, key.replace("/", "\\/"), json.dumps(key)[1:-1])})

    def build(self, request: Request) -> Prepared:
        """The request with the key; AddressRefused when it leads away from the account's own server."""
        url, headers = poll_address(self.base_url, request.target), self._headers
        if request.body:
            headers = CIMultiDict(headers, **{"content-type": "application/json"})
        return prepare(request.method, url, headers, request.body, self.secrets)

    def pass_on(self, method: str, target: str, headers: CIMultiDict[str], body: Sent = b"") -> Prepared:
        """Somebody else's request with the key in its headers; AddressRefused when it leads elsewhere."""
        keyed = CIMultiDict(headers)
        keyed.update(self.provider.auth_headers(self.api_key))
        return prepare(method, poll_address(self.base_url, target), keyed, body, self.secrets)


class Asker:
    """Sends prebuilt requests and reads their answers. One per event loop."""

    def __init__(self, transport: AiohttpTransport, timing: Timing) -> None:
        self._transport = transport
        self._timeout_s = timing.request_timeout_s
        self._deadlines = Deadlines()
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def ask(self, request: Prepared, name: str) -> Answer:
        """The whole answer; ProviderError (transient or invalid) in words that name the provider as `name`."""
        try:
            with self._deadlines.within(self._timeout_s) as limit:
                response = await self._transport.send(request)
                try:
                    body = whole_at_once(response)
                    if body is None:
                        body = await self._read(response, name, limit)
                finally:
                    response.close()
        except TimeoutError as error:
            raise ProviderError(ErrorKind.TRANSIENT, mishap_of(error).told_of(name)) from error
        except httpx.TransportError as error:
            told = mishap_of(error.__cause__).told_of(name)
            raise ProviderError(ErrorKind.TRANSIENT, told) from error
        return Answer(response.status, response.headers, _without(request.secrets, body))

    async def _read(self, response: ClientResponse, name: str, limit: Deadline) -> bytes:
        """A steady stream may take longer than the limit, a dribble may not; large ones go two at a time.

        Waiting for that turn is nobody's slowness and does not count.
        """
        body = Body(response.headers.get("content-encoding", ""), name)
        clock = asyncio.get_running_loop().time
        begun_at = clock()
        async with AsyncExitStack() as turn:
            waited = False
            async for chunk in chunks(response):
                body.feed(chunk)
                if body.size_bytes > LARGE_BYTES:
                    if not waited:
                        waits_since = clock()
                        limit.move(inf)
                        await turn.enter_async_context(self._large)
                        begun_at += clock() - waits_since
                        waited = True
                    limit.move(begun_at + max(self._timeout_s, body.received_bytes / SLOWEST_BYTES_PER_S))
            return body.whole()


def _without(secrets: tuple[bytes, ...], body: bytes) -> bytes:
    for written in secrets:
        if written in body:
            body = body.replace(written, "…".encode())
    return body


def ask_once(account: Account, request: Request) -> Answer:
    """One request outside the poller, such as a test of the connection; blocks until it is answered.

    It counts in the account's budget. ProviderError (limited) when there is no room for it just now.
    """
    connection = Connection.of(account)
    budget = budgets.of(account.pk, account.requests_per_minute, account.concurrency)
    wait_s = budget.take(time.monotonic())
    if wait_s != 0.0:
        settle(budgets)
        wait_s = budget.take(time.monotonic())
    if wait_s != 0.0:
        when = f"in {max(1.0, wait_s):.0f} s" if wait_s else "in a moment"
        raise ProviderError(
            ErrorKind.LIMITED, f"All requests this account may send are in use. Try again {when}."
        )
    try:
        return asyncio.run(_ask_alone(connection, request))
    finally:
        budget.end(time.monotonic())
        if not budgets.wakers:  # nobody here keeps what we hold
            settle(budgets, leaving=True)


async def _ask_alone(connection: Connection, request: Request) -> Answer:
    timing = Timing()
    async with AiohttpTransport(connect_timeout_s=timing.connect_timeout_s) as transport:
        return await Asker(transport, timing).ask(connection.build(request), connection.provider.NAME)
