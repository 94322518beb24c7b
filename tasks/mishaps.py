"""Why no answer came, in words: what happened, whose fault it is, and what to do. Pure."""

import errno
import socket
import ssl
from dataclasses import dataclass

import aiohttp
import httpx

_FULL = {errno.EMFILE, errno.ENFILE}
_BROKEN = {errno.ECONNRESET, errno.EPIPE}
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}

# OpenSSL's numbers for what is wrong with a certificate (x509_vfy.h).
_EXPIRED, _TOO_EARLY = {10}, {9}
_OTHER_NAME = {62, 64}
_UNTRUSTED = {18, 19, 20, 21}


@dataclass(frozen=True, slots=True)
class Mishap:
    """`happened` completes a sentence about the server; `advice` is a sentence or two, and stays the same.

    `kind` tells how far the request got: with ConnectError and ConnectTimeout nothing was sent.
    """

    kind: type[httpx.TransportError]
    happened: str
    advice: str
    ours: bool = False
    """This machine's trouble: the request never left it."""

    def told_of(self, name: str) -> str:
        """All of it, of the server called `name`."""
        lead = f"{name} could not be asked" if self.ours else f"{name} gave no answer"
        return f"{lead}: {self.happened}. {self.advice}"


_NAME_UNKNOWN = Mishap(
    httpx.ConnectError,
    "its name could not be resolved, since there is no such name",
    "Check the account's base URL for a misspelt name.",
)
_NO_NAME_SERVER = Mishap(
    httpx.ConnectError,
    "its name could not be resolved",
    "The name server that this machine asks does not answer: check this machine's network and DNS. We ask again.",
    ours=True,
)
_REFUSED = Mishap(
    httpx.ConnectError,
    "it refused the connection",
    "Nothing listens there: the server is not running, or the base URL has the wrong port. We ask again.",
)
_NO_ROUTE = Mishap(
    httpx.ConnectError,
    "there is no way to it from this machine",
    "Check this machine's network, its firewall and the base URL. We ask again.",
    ours=True,
)
_NOT_CONNECTED = Mishap(
    httpx.ConnectError,
    "it could not be reached",
    "Check the base URL and the network in between. We ask again.",
)
_TOO_LATE_TO_CONNECT = Mishap(
    httpx.ConnectTimeout,
    "no connection was made in time",
    "The server is down, or a firewall in between drops what we send. We ask again.",
)
_TOO_MANY_FILES = Mishap(
    httpx.ConnectError,
    "this machine has too many files and connections open",
    "This is no fault of the provider's. Raise the limit of open files (ulimit -n) for Dailies. We ask again.",
    ours=True,
)
_BROKEN_CLIENT = Mishap(
    httpx.ReadError,
    "our own connections were closed",
    "This is no fault of the provider's. We begin new ones and ask again.",
    ours=True,
)
_EXPIRED_CERTIFICATE = Mishap(
    httpx.ConnectError,
    "no secure connection could be made (TLS): its certificate has expired",
    "The provider must renew it. If nobody else sees that, check this machine's clock.",
)
_EARLY_CERTIFICATE = Mishap(
    httpx.ConnectError,
    "no secure connection could be made (TLS): its certificate is not valid yet",
    "Check this machine's clock; if it is right, the provider's certificate is wrong.",
)
_CERTIFICATE_OF_ANOTHER = Mishap(
    httpx.ConnectError,
    "no secure connection could be made (TLS): its certificate is for another name",
    "Check the account's base URL; if it is right, the provider must mend its certificate.",
)
_UNTRUSTED_CERTIFICATE = Mishap(
    httpx.ConnectError,
    "no secure connection could be made (TLS): nobody whom this machine trusts has signed its certificate",
    "For a server of your own, name its authority in SSL_CERT_FILE; anywhere else somebody may listen in.",
)
_BAD_CERTIFICATE = Mishap(
    httpx.ConnectError,
    "no secure connection could be made (TLS): its certificate is not accepted",
    "The provider must mend it.",
)
_NO_TLS = Mishap(
    httpx.ConnectError,
    "no secure connection could be made (TLS)",
    "It may speak plain HTTP at this port: check whether the base URL must begin with http:// or name another port.",
)
_BROKE_OFF = Mishap(
    httpx.RemoteProtocolError,
    "its answer broke off",
    "The trouble is the provider's, or in the network in between. We ask again.",
)
_SILENT = Mishap(
    httpx.ReadTimeout,
    "it did not answer in time",
    "It took the request: the provider is overloaded or hangs. We ask again.",
)
_RESET = Mishap(
    httpx.ReadError,
    "it reset the connection before its answer",
    "The trouble is the provider's, or of a proxy in between. We ask again.",
)
_CLOSED = Mishap(
    httpx.ReadError,
    "it closed the connection without an answer",
    "The trouble is the provider's, or of a proxy in between. We ask again.",
)
_NO_ADDRESS = Mishap(
    httpx.UnsupportedProtocol, "the address cannot be asked", "Check the account's base URL.", ours=True
)
_NO_HTTP = Mishap(
    httpx.RemoteProtocolError,
    "it did not speak HTTP as it should",
    "Another kind of server may stand at this address: check the base URL and its port.",
)


def mishap_of(error: BaseException | None) -> Mishap:  # noqa: PLR0911  one line a failure
    """What an error of aiohttp's, or of the system's below it, means."""
    match error:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | ssl.SSLError():
            return _of_connecting(error)
        case aiohttp.ClientPayloadError():
            return _BROKE_OFF
        case TimeoutError():
            return _SILENT
        case aiohttp.ServerDisconnectedError() | OSError():
            return _of_connection(error)
        case aiohttp.InvalidURL() | ValueError():
            return _NO_ADDRESS
        case RuntimeError() | aiohttp.ClientConnectionError():
            return _BROKEN_CLIENT
        case _:
            return _NO_HTTP


def _of_connecting(error: Exception) -> Mishap:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return _of_name(error.os_error)
        case aiohttp.ClientConnectorCertificateError():
            return _of_certificate(error.certificate_error)
        case aiohttp.ConnectionTimeoutError():
            return _TOO_LATE_TO_CONNECT
        case ssl.SSLError() | aiohttp.ClientSSLError():
            return _NO_TLS
        case aiohttp.ClientConnectorError():
            return _of_system(error.os_error)
        case _:
            return _NOT_CONNECTED


def _of_name(error: OSError) -> Mishap:
    """A name that does not exist is the base URL's fault, a name server without answer is this machine's."""
    if error.errno in _FULL:
        return _TOO_MANY_FILES
    unknown = isinstance(error, socket.gaierror) and error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}
    return _NAME_UNKNOWN if unknown else _NO_NAME_SERVER


def _of_certificate(error: Exception) -> Mishap:
    code = getattr(error, "verify_code", None)
    for codes, mishap in (
        (_EXPIRED, _EXPIRED_CERTIFICATE),
        (_TOO_EARLY, _EARLY_CERTIFICATE),
        (_OTHER_NAME, _CERTIFICATE_OF_ANOTHER),
        (_UNTRUSTED, _UNTRUSTED_CERTIFICATE),
    ):
        if code in codes:
            return mishap
    return _BAD_CERTIFICATE


def _of_system(error: OSError) -> Mishap:
    if error.errno in _FULL:
        return _TOO_MANY_FILES
    if isinstance(error, ConnectionRefusedError):
        return _REFUSED
    return _NO_ROUTE if error.errno in _NO_WAY else _NOT_CONNECTED


def _of_connection(error: BaseException) -> Mishap:
    """A connection once made: whether it was reset, or closed in good manners."""
    number = getattr(error, "errno", None)
    if number in _FULL:
        return _TOO_MANY_FILES
    was_reset = isinstance(error, ConnectionResetError | BrokenPipeError) or number in _BROKEN
    return _RESET if was_reset else _CLOSED


def needs_new_client(error: BaseException) -> bool:
    """Whether the connections that we keep are at fault, so that asking over new ones may help."""
    return mishap_of(error) in (_TOO_MANY_FILES, _BROKEN_CLIENT)
