"""One question to a provider, from request to whole answer: bounded in time and memory, errors in words."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx

from tasks.bodies import Body
from tasks.budget import budgets
from tasks.models import Account
from tasks.providers.addresses import poll_address
from tasks.providers.contract import Answer, ErrorKind, Provider, ProviderError, Request
from tasks.timing import Timing
from tasks.transport import AiohttpTransport, exact_request

LARGE_BYTES = 1024 * 1024
LARGE_AT_ONCE = 2
SLOWEST_BYTES_PER_S = 50_000
USER_AGENT = "Dailies/0.1"


@dataclass(frozen=True, slots=True)
class Connection:
    """An account as far as asking goes."""

    provider: Provider
    base_url: str
    api_key: str = field(repr=False)

    @classmethod
    def of(cls, account: Account) -> "Connection":
        """KeyUnreadable when the key was encrypted with another secret key."""
        return cls(account.provider_module, account.base_url, account.api_key)

    def build(self, request: Request) -> httpx.Request:
        """The request with the key; AddressRefused when it leads away from the account's own server."""
        headers = {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
            "user-agent": USER_AGENT,
            **self.provider.auth_headers(self.api_key),
        }
        return exact_request(request.method, poll_address(self.base_url, request.target), headers)


class Asker:
    """Sends prebuilt requests and reads their answers. One per event loop."""

    def __init__(self, transport: httpx.AsyncBaseTransport, timing: Timing) -> None:
        self._transport = transport
        self._timeout_s = timing.request_timeout_s
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def ask(self, request: httpx.Request, name: str) -> Answer:
        """The whole answer; ProviderError (transient or invalid) in words that name the provider as `name`."""
        try:
            async with asyncio.timeout(self._timeout_s) as limit:
                response = await self._transport.handle_async_request(request)
                try:
                    body = await self._read(response, name, limit)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise ProviderError(ErrorKind.TRANSIENT, f"{name} did not answer in time.") from error
        except httpx.TransportError as error:
            raise ProviderError(ErrorKind.TRANSIENT, f"{name} gave no answer: {error}.") from error
        return Answer(response.status_code, response.headers, body)

    async def _read(self, response: httpx.Response, name: str, limit: asyncio.Timeout) -> bytes:
        """A steady stream may take longer than the limit, a dribble may not; large ones go two at a time."""
        body = Body(response.headers.get("content-encoding", ""), name)
        begun_at = asyncio.get_running_loop().time()
        async with AsyncExitStack() as turn:
            waited = False
            async for chunk in response.aiter_raw():
                body.feed(chunk)
                if body.size_bytes > LARGE_BYTES:
                    if not waited:
                        await turn.enter_async_context(self._large)
                        waited = True
                    limit.reschedule(
                        begun_at + max(self._timeout_s, body.received_bytes / SLOWEST_BYTES_PER_S)
                    )
            return body.whole()


def ask_once(account: Account, request: Request) -> Answer:
    """One request outside the poller, such as a test of the connection; blocks until it is answered.

    It counts in the account's budget. ProviderError (limited) when there is no room for it just now.
    """
    connection = Connection.of(account)
    budget = budgets.of(account.pk, account.requests_per_minute, account.concurrency)
    wait_s = budget.wait_s(time.monotonic())
    if wait_s != 0.0:
        when = f"in {wait_s:.0f} s" if wait_s else "when one has ended"
        raise ProviderError(
            ErrorKind.LIMITED, f"All requests this account may send are in use. Try again {when}."
        )
    budget.begin()
    try:
        return asyncio.run(_ask_alone(connection, request))
    finally:
        budget.end(time.monotonic())


async def _ask_alone(connection: Connection, request: Request) -> Answer:
    timing = Timing()
    async with AiohttpTransport(connect_timeout_s=timing.connect_timeout_s) as transport:
        return await Asker(transport, timing).ask(connection.build(request), connection.provider.NAME)
