"""Downloads stay on the public internet: the address that is really connected to is looked at, every time.

A name may resolve to anything, and to something else a moment later, and a redirect may lead anywhere.
So neither names nor links are judged, but each new connection's final address.
"""

import errno
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import aiohttp

from tasks.transport import AiohttpTransport

SENTENCE = "The link leads into a private network; it is not followed."

_CLOSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "100.64.0.0/10",
            "168.63.129.16/32",  # Azure's host agent answers virtual machines on this public address
            "192.0.0.0/24",
            "192.88.99.0/24",
            "224.0.0.0/3",
        ),
    )
)
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
_MAPPED_6 = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")


class NotPublic(OSError):
    """No connection is made: the address belongs to no public server."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, SENTENCE)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, with what IPv6 addresses carry inside. Never raises.

    Python's own tables change between versions, so what matters is also written down here.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return _is_public_4(found) if isinstance(found, IPv4Address) else _is_public_6(found)


def _is_public_4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in network for network in _CLOSED_4)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id:
        return False
    if address in _MAPPED_6 or address in _NAT64:
        return _is_public_4(IPv4Address(int(address) & 0xFFFFFFFF))
    if address.sixtofour is not None:
        return _is_public_4(address.sixtofour)
    open_to_all = address in _OPEN_6 and address.is_global
    return open_to_all and not any(address in network for network in _CLOSED_6)


def guarded_socket_factory(
    allowed: frozenset[tuple[str, int]] = frozenset(),
) -> aiohttp.SocketFactoryType:
    """Makes sockets for public addresses and for the `allowed` pairs of IP address and port; NotPublic for others."""

    def make(found: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, target = found
        host, port = str(target[0]), target[1]
        if not is_public(host) and (host, port) not in allowed:
            raise NotPublic
        return socket.socket(family, kind, protocol)

    return make


class GuardedTransport(AiohttpTransport):
    """The transport of every request, but for public servers only. NotPublic is the cause of its cause."""

    def __init__(
        self, *, connect_timeout_s: float, allowed: frozenset[tuple[str, int]] = frozenset()
    ) -> None:
        super().__init__(connect_timeout_s=connect_timeout_s, socket_factory=guarded_socket_factory(allowed))


def was_guarded(error: BaseException) -> bool:
    """Whether this transport error came from the guard."""
    cause = error.__cause__
    return isinstance(cause, aiohttp.ClientConnectorError) and isinstance(cause.os_error, NotPublic)
