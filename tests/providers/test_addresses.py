from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.providers.addresses import (
    DEFAULT_PORTS,
    AddressRefused,
    clean_base_url,
    id_at_end,
    origin_of,
    poll_address,
    same_origin,
)
from tests.providers.fuzz import modest

BASES = [
    "https://api.lemondata.cc",
    "http://localhost:8080",
    "https://gw.example.com/lemon/v1",
    "http://[::1]:8080/x",
    "https://h.example:443",
]


@pytest.mark.parametrize(
    ("base", "target", "address"),
    [
        ("https://h.example", "/v1/tasks/a", "https://h.example/v1/tasks/a"),
        ("https://h.example/", "/v1/tasks/a", "https://h.example/v1/tasks/a"),
        ("https://h.example", "v1/tasks/a", "https://h.example/v1/tasks/a"),
        (
            "https://h.example",
            "/t?sig=a%2Fb%3D%3D&e=1%3A2&x=[2]&",
            "https://h.example/t?sig=a%2Fb%3D%3D&e=1%3A2&x=[2]&",
        ),
        ("https://h.example", "/t?next=../x&y=//z", "https://h.example/t?next=../x&y=//z"),
        ("https://h.example/gw", "/v1/tasks/a", "https://h.example/gw/v1/tasks/a"),
        ("https://h.example/gw", "/gw/v1/tasks/a", "https://h.example/gw/v1/tasks/a"),
        ("https://h.example/gw", "/gwx/a", "https://h.example/gw/gwx/a"),
        ("https://h.example/gw", "https://h.example/other/a", "https://h.example/other/a"),
        ("https://h.example", "HTTPS://H.Example:443/a", "HTTPS://H.Example:443/a"),
        ("http://h.example:80", "http://h.example/a", "http://h.example/a"),
        ("https://h.example", "@evil.example/a", "https://h.example/@evil.example/a"),
        ("https://h.example", ".evil.example/a", "https://h.example/.evil.example/a"),
        ("https://h.example", "?id=1", "https://h.example/?id=1"),
        ("https://h.example", "/a/...", "https://h.example/a/..."),
    ],
)
def test_it_follows_a_target_of_its_own_server(base: str, target: str, address: str) -> None:
    assert poll_address(base, target) == address


@pytest.mark.parametrize(
    "target",
    [
        "",
        "https://evil.example/v1/tasks/a",
        "http://h.example/a",
        "https://h.example:8443/a",
        "https://h.example.evil.example/a",
        "https://h.example@evil.example/a",
        "https://user@h.example/a",
        "https://h.example%2eevil.example/a",
        "https:/h.example/a",
        "https:evil.example",
        "https://",
        "https://[::1/a",
        "https://x[h.example]/a",
        "https://h.example:99999/a",
        "https://h.example:0/a",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//evil.example/a",
        "///evil.example/a",
        "/\\evil.example/a",
        "\\\\evil.example/a",
        "/v1/../admin",
        "/v1/./a",
        "/v1/..",
        "/v1/%2e%2e/admin",
        "/v1/.%2E/admin",
        "/v1/%2e",
        "/v1/x%2f..%2Fadmin",
        "/v1/x%5c..%5Cadmin",
        "../a",
        "/a b",
        "/a\r\nHost: evil.example",
        "/a\0",
        " /a",
        "/ä",
        "/" + "a" * 10_000,
    ],
)
def test_it_refuses_what_leads_elsewhere_or_can_be_misread(target: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        poll_address("https://h.example", target)
    assert str(caught.value).endswith(".")


signs = [
    "/",
    "//",
    "\\",
    "@",
    ":",
    "?",
    "#",
    "..",
    ".",
    ";",
    "[",
    "]",
    "%",
    "%2e",
    "%2f",
    "\t",
    "\n",
    " ",
    "％",
    "。",
]
names = [
    "https:",
    "http:",
    ":80",
    ":443",
    "::1",
    "h.example",
    "evil.example",
    "localhost",
    "gw.example.com",
    "lemon",
]
parts = st.sampled_from([*signs, *names])
targets = st.one_of(st.text(max_size=40), st.lists(parts, max_size=8).map("".join))


def origin_by_urllib(address: str) -> tuple[str, str | None, int]:
    found = urlsplit(address)
    return found.scheme, found.hostname, found.port or DEFAULT_PORTS[found.scheme]


def origin_by_httpx(address: str) -> tuple[str, str, int]:
    found = httpx.URL(address)
    return found.scheme, found.host, found.port or DEFAULT_PORTS[found.scheme]


@modest
@given(st.sampled_from(BASES), targets)
def test_every_address_is_on_the_base_s_origin_whoever_reads_it(base: str, target: str) -> None:
    try:
        address = poll_address(base, target)
    except AddressRefused:
        return
    assert address.endswith(target)
    assert origin_by_urllib(address) == origin_by_urllib(base)
    assert origin_by_httpx(address) == origin_by_httpx(base)
    assert not httpx.URL(address).userinfo


@modest
@given(targets)
def test_a_clean_base_url_stays_clean_and_is_read_alike(text: str) -> None:
    try:
        base = clean_base_url(f"https://{text}")
    except AddressRefused:
        return
    assert clean_base_url(base) == base
    assert not base.endswith("/")
    assert origin_by_urllib(base) == origin_by_httpx(base)
    assert poll_address(base, "/v1/tasks/a") == f"{base}/v1/tasks/a"


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("https://api.lemondata.cc", "https://api.lemondata.cc"),
        ("  HTTPS://API.lemondata.cc/  ", "https://api.lemondata.cc"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://money_printer:8080", "http://money_printer:8080"),
        ("https://h.example/GW/v1//", "https://h.example/GW/v1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://192.168.1.20:8080", "http://192.168.1.20:8080"),
    ],
)
def test_it_cleans_a_base_url(text: str, base: str) -> None:
    assert clean_base_url(text) == base


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.lemondata.cc",
        "ftp://h.example",
        "https://",
        "https:///v1",
        "https://user:pass@h.example",
        "https://h.example?x=1",
        "https://h.example/#a",
        "https://h.example/?",
        "https://h example",
        "https://h.example/a/../b",
        "https://h.example/a//b",
        "https://h.example:0",
        "https://h.example:port",
        "https://h.example\\@evil.example",
        "https://-h.example",
        "https://hé.example",
        "http://300.1.1.1",
        "http://1.2.3",
        "http://[::zz]",
        "http://x[::1]",
        "https://][::0",
    ],
)
def test_it_refuses_a_base_url(text: str) -> None:
    with pytest.raises(AddressRefused):
        clean_base_url(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://h.example/a", "https://H.example:443/b", True),
        ("https://h.example", "http://h.example", False),
        ("https://h.example", "https://h.example:444", False),
        ("nonsense", "nonsense", False),
        ("https://u@h.example", "https://u@h.example", False),
    ],
)
def test_same_origin(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("HTTPS://H.example:443/a?b", "https://h.example"),
        ("http://localhost:8080/a", "http://localhost:8080"),
        ("http://[::1]:8080/a", "http://[::1]:8080"),
        ("/v1/tasks/a", ""),
        ("https://u@h.example/a", ""),
        ("http://[x", ""),
    ],
)
def test_origin_of(address: str, origin: str) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    ("address", "remote_id"),
    [("/v1/tasks/a%20b?x=/y", "a b"), ("https://h.example/v1/tasks/a/", "a"), ("", ""), ("http://[x", "")],
)
def test_id_at_end(address: str, remote_id: str) -> None:
    assert id_at_end(address) == remote_id
