"""Whatever a private address is written like, no connection is made to it."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.archive.guard import SENTENCE, NotPublic, guarded_socket_factory, is_public
from tests.providers.fuzz import modest

PRIVATE_4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
PRIVATE_6 = [
    "::/96",
    "::ffff:0:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]


def inside_4(network: str) -> st.SearchStrategy[IPv4Address]:
    return st.ip_addresses(v=4, network=IPv4Network(network)).map(lambda found: IPv4Address(str(found)))


private_4 = st.sampled_from(PRIVATE_4).flatmap(inside_4)
private_6 = st.sampled_from(PRIVATE_6).flatmap(lambda found: st.ip_addresses(v=6, network=IPv6Network(found)))
every_4 = st.ip_addresses(v=4).map(lambda found: IPv4Address(str(found)))


def carrying(address: IPv4Address) -> list[IPv6Address]:
    """The IPv6 addresses that lead to an IPv4 one: mapped, 6to4 and NAT64."""
    number = int(address)
    return [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x2002 << 112) | (number << 80) | 1),
        IPv6Address((0x64FF9B << 96) | number),
    ]


def teredo(address: IPv4Address) -> IPv6Address:
    return IPv6Address((0x20010000 << 96) | (0x08080808 << 64) | (int(address) ^ 0xFFFFFFFF))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "223.255.255.254",
        "2606:4700:4700::1111",
        "2a00:1450:4001:80b::200e",
        "64:ff9b::808:808",
    ],
)
def test_public_servers_are_reached(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "0.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:0:127.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "fe80::1%eth0",
        "2606:4700::1%1",
        "localhost",
        "",
        "127.1",
    ],
)
def test_others_are_not(address: str) -> None:
    assert not is_public(address)


@modest
@given(private_4)
def test_no_private_address_passes_in_any_clothes(address: IPv4Address) -> None:
    assert not any(is_public(str(worn)) for worn in (address, *carrying(address), teredo(address)))


@modest
@given(private_6)
def test_no_closed_network_of_ipv6_passes(address: object) -> None:
    assert not is_public(str(address))


@modest
@given(every_4)
def test_an_address_carried_inside_counts_as_itself(address: IPv4Address) -> None:
    assert {is_public(str(worn)) for worn in carrying(address)} == {is_public(str(address))}


@modest
@given(st.one_of(st.text(max_size=60), st.ip_addresses().map(str)))
def test_it_judges_any_text(text: str) -> None:
    assert is_public(text) in (True, False)


def found(
    address: str, port: int
) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]:
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)


def test_a_socket_is_made_for_public_addresses_alone() -> None:
    make = guarded_socket_factory()
    make(found("8.8.8.8", 443)).close()
    with pytest.raises(NotPublic, match=SENTENCE):
        make(found("127.0.0.1", 443))


def test_an_allowed_address_is_allowed_on_its_port() -> None:
    make = guarded_socket_factory(frozenset({("127.0.0.1", 8080)}))
    make(found("127.0.0.1", 8080)).close()
    with pytest.raises(NotPublic):
        make(found("127.0.0.1", 8081))
    with pytest.raises(NotPublic):
        make(found("127.0.0.2", 8080))
