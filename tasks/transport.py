"""httpx over aiohttp's connections: several times faster than httpx's own pool, and URLs go out exactly as given.

The ready-made bridge hands aiohttp a string, which rewrites signed URLs (`%2F` becomes `/`); here the
URL travels as `EXACT_URL` in the request's extensions, already marked as encoded. `send` leaves out httpx, which
makes a small question half as dear again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import httpx
from multidict import CIMultiDict
from yarl import URL

from tasks.mishaps import mishap_of, needs_new_client

logger = logging.getLogger(__name__)

EXACT_URL = "exact_url"
CHUNK_BYTES = 64 * 1024
RETIRED_FOR_S = 60.0
"""What is in flight over a replaced session may end meanwhile; its idle connections close sooner by themselves."""


Sent = bytes | AsyncIterator[bytes]
"""A body: whole, or in parts as they come."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that is built once and sent as often as needed, to `url` byte for byte."""

    method: str
    url: URL
    headers: CIMultiDict[str] = field(repr=False)
    body: Sent = b""
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    """What its answer must not repeat to anybody."""


def prepare(
    method: str, url: str, headers: CIMultiDict[str], body: Sent = b"", secrets: tuple[bytes, ...] = ()
) -> Prepared:
    """A request for `Asker`: ten times cheaper than one of httpx's own."""
    return Prepared(method, _exact(url), headers, body, secrets)


def exact_request(method: str, url: str, headers: dict[str, str], body: bytes = b"") -> httpx.Request:
    """A request of httpx's that goes to `url` byte for byte."""
    return httpx.Request(
        method, url, headers=headers, content=body or None, extensions={EXACT_URL: _exact(url)}
    )


def _exact(url: str) -> URL:
    """Path and query travel as one opaque path: yarl would drop a trailing `?`, even from an encoded URL."""
    parts = urlsplit(url.partition("#")[0])
    target = url.partition("#")[0].partition("://")[2].partition(parts.netloc)[2]
    path = target if target.startswith("/") else f"/{target}"
    return URL.build(scheme=parts.scheme, authority=parts.netloc, path=path, encoded=True)


async def chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body as it comes over the wire. httpx.TransportError when it breaks off."""
    try:
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            yield chunk
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _named(error) from error


def whole_at_once(response: aiohttp.ClientResponse) -> bytes | None:
    """The body when it came with the headers, as small ones do, and is not packed; else None."""
    content = response.content
    if not content.is_eof() or content.exception() or "content-encoding" in response.headers:
        return None
    return content.read_nowait()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    def __aiter__(self) -> AsyncIterator[bytes]:
        return chunks(self._response)

    async def aclose(self) -> None:
        """A body read to its end gives its connection back; one left unread takes it down."""
        self._response.close()


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends over one aiohttp session: no cookies, no proxies from the environment, no redirects, raw bodies.

    Make it inside a running loop and close it there. Errors are httpx's, with aiohttp's as `__cause__`.
    """

    def __init__(
        self,
        *,
        connect_timeout_s: float,
        socket_factory: aiohttp.SocketFactoryType | None = None,
        force_close: bool = False,
        resend: bool = False,
    ) -> None:
        """`socket_factory` makes the socket of every new connection, and may refuse its final address.

        `force_close`: a connection for each request, where it matters to know whether one was sent.
        `resend`: a GET whose connection closes unanswered goes out once more, which no budget counts.
        """
        self._connect_timeout_s = connect_timeout_s
        self._socket_factory = socket_factory
        self._force_close = force_close
        self._resend = resend
        self._session = self._new_session()
        self._retired: dict[aiohttp.ClientSession, asyncio.Task[None]] = {}
        self._closed = False

    async def send(self, request: Prepared) -> aiohttp.ClientResponse:
        """The answer with its body still to be read; close it afterwards. httpx.TransportError when there is none."""
        if self._session.closed:
            self._renew()
        session = self._session
        try:
            return await session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body or None,
                allow_redirects=False,
            )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RuntimeError) as error:
            if session is self._session and not self._retired and needs_new_client(error):
                self._renew()
            raise _named(error) from error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.extensions.get(EXACT_URL) or _exact(str(request.url))
        headers = CIMultiDict(request.headers.multi_items())
        response = await self.send(Prepared(request.method, url, headers, request.content))
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        self._closed = True
        for task in self._retired.values():
            task.cancel()
        await asyncio.gather(*self._retired.values(), return_exceptions=True)
        await asyncio.gather(*(one.close() for one in (self._session, *self._retired)))

    def _new_session(self) -> aiohttp.ClientSession:
        """Connections without number: each account sends only so much at once, so none takes another's place."""
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                ttl_dns_cache=60,
                socket_factory=self._socket_factory,
                force_close=self._force_close,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout_s),
            auto_decompress=False,
            trust_env=False,
        )
        session._retry_connection = self._resend  # there is no public way
        return session

    def _renew(self) -> None:
        """Go on over new connections. One that still serves others is closed when they have ended."""
        if self._closed:
            return
        old, self._session = self._session, self._new_session()
        logger.warning("our connections to providers were at fault; new ones are made")
        self._retired[old] = asyncio.get_running_loop().create_task(self._close_later(old))

    async def _close_later(self, session: aiohttp.ClientSession) -> None:
        if not session.closed:
            await asyncio.sleep(RETIRED_FOR_S)
        await session.close()
        self._retired.pop(session, None)


def _named(error: Exception) -> httpx.TransportError:
    mishap = mishap_of(error)
    return mishap.kind(mishap.happened)
