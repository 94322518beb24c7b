"""Every way in which no answer comes, in words that tell whose fault it is and what to do."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import httpx
import pytest
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict

from tasks.asking import Asker
from tasks.mishaps import mishap_of, needs_new_client
from tasks.providers.contract import ErrorKind, ProviderError
from tasks.timing import Timing
from tasks.transport import AiohttpTransport, Prepared, prepare
from tests.bad_servers import TALKS, Authority, bad_server, good
from tests.loopback import Loopback, reply, serving

QUICK = replace(Timing(), request_timeout_s=0.3, connect_timeout_s=5.0)
PATIENT = replace(Timing(), request_timeout_s=10.0, connect_timeout_s=5.0)
WHERE = ConnectionKey(
    "p.example", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)


def get(url: str) -> Prepared:
    return prepare("GET", url, CIMultiDict())


async def said(url: str, timing: Timing = PATIENT) -> str:
    """What people are told; every failure of a network is transient and has no HTTP status."""
    async with AiohttpTransport(connect_timeout_s=timing.connect_timeout_s) as transport:
        with pytest.raises(ProviderError) as caught:
            await Asker(transport, timing).ask(get(url), "Nebula")
    assert (caught.value.kind, caught.value.http_status) == (ErrorKind.TRANSIENT, None)
    assert len(str(caught.value)) < 300
    return str(caught.value)


@pytest.mark.parametrize(
    ("talk", "happened", "advice"),
    [
        ("reset", "it reset the connection", "The trouble is the provider's"),
        ("closed", "it closed the connection without an answer", "The trouble is the provider's"),
        ("stalled headers", "it did not answer in time", "the provider is overloaded or hangs"),
        ("stalled body", "it did not answer in time", "the provider is overloaded or hangs"),
        ("cut body", "its answer broke off", "The trouble is the provider's"),
        ("garbage", "it did not speak HTTP", "Another kind of server"),
    ],
)
async def test_a_bad_answer_is_named(talk: str, happened: str, advice: str) -> None:
    async with bad_server(TALKS[talk]) as server:
        told = await said(server.url, QUICK if "stalled" in talk else PATIENT)
    assert told.startswith(f"Nebula gave no answer: {happened}")
    assert advice in told


async def test_a_closed_port_is_named() -> None:
    async with bad_server(TALKS["closed"]) as server:
        url = server.url
    told = await said(url)
    assert "it refused the connection" in told
    assert "wrong port" in told


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this machine trusts."""
    made = Authority(tmp_path)
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", made.client())
    return made


async def test_a_right_certificate_is_accepted(authority: Authority) -> None:
    async with (
        bad_server(good(b"{}"), authority.server()) as server,
        AiohttpTransport(connect_timeout_s=5.0) as transport,
    ):
        assert (await Asker(transport, PATIENT).ask(get(server.url), "Nebula")).body == b"{}"


@pytest.mark.parametrize(
    ("certificate", "happened", "advice"),
    [
        ({"days": -1}, "its certificate has expired", "The provider must renew it"),
        (
            {"days": 20, "starts_in_days": 10},
            "its certificate is not valid yet",
            "Check this machine's clock",
        ),
        ({"host": "127.0.0.9"}, "its certificate is for another name", "Check the account's base URL"),
    ],
)
async def test_a_wrong_certificate_is_named(
    authority: Authority, certificate: dict[str, int], happened: str, advice: str
) -> None:
    async with bad_server(good(b"{}"), authority.server(**certificate)) as server:  # type: ignore[arg-type]
        told = await said(server.url)
    assert happened in told
    assert advice in told
    assert server.asked == 0


async def test_a_certificate_of_nobody_is_named(tmp_path: Path) -> None:
    async with bad_server(good(b"{}"), Authority(tmp_path).server()) as server:
        told = await said(server.url)
    assert "nobody whom this machine trusts has signed its certificate" in told
    assert "SSL_CERT_FILE" in told


async def test_a_server_without_tls_is_named() -> None:
    async with serving() as server:
        assert "plain HTTP" in await said(server.url.replace("http:", "https:"))


def dns(number: int) -> aiohttp.ClientConnectorDNSError:
    return aiohttp.ClientConnectorDNSError(WHERE, socket.gaierror(number, "?"))


def connecting(number: int) -> aiohttp.ClientConnectorError:
    return aiohttp.ClientConnectorError(WHERE, OSError(number, "?"))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (dns(socket.EAI_NONAME), "gave no answer: its name could not be resolved, since there is no such"),
        (dns(socket.EAI_AGAIN), "could not be asked: its name could not be resolved. The name server"),
        (connecting(errno.ECONNREFUSED), "gave no answer: it refused the connection"),
        (connecting(errno.EHOSTUNREACH), "could not be asked: there is no way to it"),
        (connecting(errno.ENETUNREACH), "could not be asked: there is no way to it"),
        (connecting(errno.EMFILE), "could not be asked: this machine has too many files"),
        (dns(errno.EMFILE), "could not be asked: this machine has too many files"),
        (OSError(errno.ENFILE, "?"), "could not be asked: this machine has too many files"),
        (connecting(errno.EPROTO), "gave no answer: it could not be reached"),
        (aiohttp.ConnectionTimeoutError("?"), "gave no answer: no connection was made in time"),
        (aiohttp.ClientOSError(errno.ECONNRESET, "?"), "gave no answer: it reset the connection"),
        (ssl.SSLError(1, "?"), "gave no answer: no secure connection could be made (TLS)"),
        (
            aiohttp.ClientConnectorCertificateError(WHERE, ssl.SSLCertVerificationError("?")),
            "gave no answer: no secure connection could be made (TLS): its certificate is not accepted",
        ),
        (RuntimeError("Session is closed"), "could not be asked: our own connections were closed"),
        (aiohttp.ClientConnectionError("Connector is closed."), "could not be asked: our own connections"),
        (aiohttp.InvalidURL("x"), "could not be asked: the address cannot be asked"),
    ],
)
def test_what_the_system_says_is_named(error: Exception, told: str) -> None:
    assert mishap_of(error).told_of("Nebula").startswith(f"Nebula {told}")


def test_only_our_own_connections_are_replaced() -> None:
    assert needs_new_client(connecting(errno.EMFILE))
    assert needs_new_client(RuntimeError("Session is closed"))
    assert not needs_new_client(connecting(errno.ECONNREFUSED))
    assert not needs_new_client(TimeoutError())


# Connections at fault


@pytest.fixture
async def provider() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback


async def test_a_broken_client_is_replaced(provider: Loopback) -> None:
    provider.say("/x", {"id": "t1"})
    async with AiohttpTransport(connect_timeout_s=5.0) as transport:
        asker = Asker(transport, PATIENT)
        await asker.ask(get(f"{provider.url}/x"), "Nebula")
        await transport._session.close()  # as after a fault inside the library
        answer = await asker.ask(get(f"{provider.url}/x"), "Nebula")
    assert answer.status_code == 200


async def test_too_many_open_files_are_nobodys_fault_but_ours(provider: Loopback) -> None:
    """The next ask goes over a new client, and an answer on its way over the old one still comes."""
    entered, release, shortage = asyncio.Event(), asyncio.Event(), [0]

    def make_socket(info: aiohttp.AddrInfoType) -> socket.socket:
        if shortage[0]:
            shortage[0] -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return socket.socket(*info[:3])

    async def answer_late(_: web.Request) -> web.StreamResponse:
        entered.set()
        await release.wait()
        return reply({"id": "t1"})

    provider.answers["/slow"] = answer_late
    provider.say("/x", {"id": "t2"})
    async with AiohttpTransport(connect_timeout_s=5.0, socket_factory=make_socket) as transport:
        asker = Asker(transport, PATIENT)
        slow = asyncio.create_task(asker.ask(get(f"{provider.url}/slow"), "Nebula"))
        await entered.wait()
        first, shortage[0] = transport._session, 1
        with pytest.raises(ProviderError, match="no fault of the provider's") as caught:
            await asker.ask(get(f"{provider.url}/x"), "Nebula")
        assert isinstance(caught.value.__cause__, httpx.ConnectError)
        assert (await asker.ask(get(f"{provider.url}/x"), "Nebula")).status_code == 200
        assert transport._session is not first
        release.set()
        assert (await slow).status_code == 200
    assert first.closed


async def test_a_transport_that_was_closed_stays_closed(provider: Loopback) -> None:
    transport = AiohttpTransport(connect_timeout_s=5.0)
    await transport.aclose()
    with pytest.raises(httpx.TransportError, match="our own connections were closed"):
        await transport.send(get(f"{provider.url}/x"))
