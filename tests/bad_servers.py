"""Servers on a loopback port that fail in every way a network knows, and certificates that nobody should accept."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

GOOD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b"
)


def saying(data: bytes) -> Talk:
    """Sends that, whatever was asked, and hangs up."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return talk


def good(body: bytes) -> Talk:
    return saying(GOOD % (len(body), body))


def holding(data: bytes) -> Talk:
    """Sends that, and then nothing more, for ever."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await reader.read()

    return talk


async def resetting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the request and tears the connection down."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


TALKS = {
    "reset": resetting,
    "closed": saying(b""),
    "stalled headers": holding(b"HTTP/1.1 200 OK\r\ncontent-le"),
    "stalled body": holding(b'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"id"'),
    "cut body": saying(b'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"id"'),
    "garbage": saying(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
}


class BadServer:
    """Talks as `talk` says, which may change; `stop` and `start` keep the port."""

    def __init__(self, talk: Talk, tls: ssl.SSLContext | None = None) -> None:
        self.talk = talk
        self.asked = 0
        self.port = 0
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._talking: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talking.add(task)
        task.add_done_callback(self._talking.discard)
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await self.talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def bad_server(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[BadServer]:
    server = BadServer(talk, tls)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Authority:
    """Signs certificates, right ones and wrong ones, into files below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        own = self._begun(self._name, self._key, days=1).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        own = own.add_extension(usage, critical=True).add_extension(identifier, critical=False)
        self.pem = self._signed(own).decode()

    def server(self, *, host: str = "127.0.0.1", days: int = 1, starts_in_days: int = -30) -> ssl.SSLContext:
        """A server's side of TLS with a certificate for `host` that ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))])
        builder = self._begun(name, key, days=days, starts_in_days=starts_in_days)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        pem = self._signed(builder.add_extension(names, critical=False).add_extension(issuer, critical=False))
        path = self._folder / f"{host}{days}{starts_in_days}.pem"
        path.write_bytes(
            pem + key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context

    def client(self) -> ssl.SSLContext:
        """A client's side that trusts this authority."""
        return ssl.create_default_context(cadata=self.pem)

    def _begun(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int, starts_in_days: int = -30
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self._name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now + timedelta(days=starts_in_days))
        return builder.not_valid_after(now + timedelta(days=days))

    def _signed(self, builder: x509.CertificateBuilder) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256

        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)
