"""Links are followed byte for byte, never into a private network, and never with the key beyond its own server."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tasks.archive.failures import FailureKind, FetchFailed
from tasks.archive.fetching import Fetcher
from tasks.archive.guard import SENTENCE
from tasks.archive.limits import Limits
from tasks.archive.links import Link, Source
from tests.archive.file_server import ranged, redirect
from tests.archive.memory_sink import MemorySink
from tests.loopback import Loopback, serving

QUICK = Limits(connect_timeout_s=2.0, answer_timeout_s=2.0)
KEY = {"authorization": "Bearer sk-never-elsewhere", "x-api-key": "sk-never-elsewhere"}
BODY = b"the file"


@pytest.fixture
async def own() -> AsyncIterator[Loopback]:
    """By another name than the other servers, which live on the same machine."""
    async with serving() as loopback:
        loopback.url = loopback.url.replace("127.0.0.1", "localhost")
        yield loopback


@pytest.fixture
async def foreign() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        loopback.answers["/file"] = ranged(BODY, '"v"')
        yield loopback


def place(server: Loopback) -> tuple[str, int]:
    parts = urlsplit(server.url)
    assert parts.port
    return "127.0.0.1", parts.port


async def fetch(url: str, own: Loopback, *, allowed: Loopback | None = None) -> bytes:
    places = frozenset({place(allowed)}) if allowed else frozenset()
    sink = MemorySink()
    async with Fetcher(QUICK, allowed=places) as fetcher:
        await fetcher.fetch(Source(url, own.url, KEY), sink)
    return bytes(sink.data)


async def failure(url: str, own: Loopback, *, allowed: Loopback | None = None) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        await fetch(url, own, allowed=allowed)
    assert "sk-never-elsewhere" not in f"{caught.value} {caught.value!r}"
    return caught.value


def keys_seen(server: Loopback) -> list[bool]:
    return ["authorization" in asked.headers or "x-api-key" in asked.headers for asked in server.asked]


async def test_the_key_goes_to_the_accounts_own_server(own: Loopback) -> None:
    own.answers["/a"] = redirect("/file")
    own.answers["/file"] = ranged(BODY, '"v"')
    assert await fetch(f"{own.url}/a", own) == BODY
    assert keys_seen(own) == [True, True]


async def test_the_key_goes_to_no_other_server(own: Loopback, foreign: Loopback) -> None:
    assert await fetch(f"{foreign.url}/file", own, allowed=foreign) == BODY
    assert keys_seen(foreign) == [False]


async def test_a_redirect_carries_no_key(own: Loopback, foreign: Loopback) -> None:
    own.answers["/a"] = redirect(f"{foreign.url}/file")
    assert await fetch(f"{own.url}/a", own, allowed=foreign) == BODY
    assert keys_seen(own) == [True]
    assert keys_seen(foreign) == [False]


async def test_no_redirect_among_foreign_links_gets_the_key(own: Loopback, foreign: Loopback) -> None:
    foreign.answers["/a"] = redirect("/file")
    assert await fetch(f"{foreign.url}/a", own, allowed=foreign) == BODY
    assert keys_seen(foreign) == [False, False]


async def test_the_key_does_not_come_back_after_a_detour(own: Loopback, foreign: Loopback) -> None:
    own.answers["/a"] = redirect(f"{foreign.url}/b")
    foreign.answers["/b"] = redirect(f"{own.url}/file")
    own.answers["/file"] = ranged(BODY, '"v"')
    places = frozenset({place(own), place(foreign)})
    async with Fetcher(QUICK, allowed=places) as fetcher:
        await fetcher.fetch(Source(f"{own.url}/a", own.url, KEY), MemorySink())
    assert keys_seen(own) == [True, False]
    assert keys_seen(foreign) == [False]


async def test_a_foreign_server_cannot_send_us_back_with_the_key(own: Loopback, foreign: Loopback) -> None:
    foreign.answers["/a"] = redirect(f"{own.url}/file")
    failed = await failure(f"{foreign.url}/a", own, allowed=foreign)
    assert str(failed) == SENTENCE
    assert own.asked == []


def beside(own: Loopback, other: Loopback) -> str:
    """The other server's address by the name of the account's own."""
    return other.url.replace("127.0.0.1", urlsplit(own.url).hostname or "")


async def test_another_port_of_the_own_host_may_be_private_but_gets_no_key(
    own: Loopback, foreign: Loopback
) -> None:
    own.answers["/a"] = redirect(f"{beside(own, foreign)}/file")
    assert await fetch(f"{beside(own, foreign)}/file", own) == BODY
    assert await fetch(f"{own.url}/a", own) == BODY
    assert keys_seen(foreign) == [False, False]


async def test_the_key_does_not_come_back_from_another_port(own: Loopback, foreign: Loopback) -> None:
    foreign.answers["/a"] = redirect(f"{own.url}/file")
    own.answers["/file"] = ranged(BODY, '"v"')
    assert await fetch(f"{beside(own, foreign)}/a", own) == BODY
    assert keys_seen(own) == [False]


async def test_a_foreign_server_cannot_send_us_to_another_port_of_ours(
    own: Loopback, foreign: Loopback
) -> None:
    async with serving() as secret:
        foreign.answers["/a"] = redirect(f"{beside(own, secret)}/file")
        failed = await failure(f"{foreign.url}/a", own, allowed=foreign)
        assert failed.kind is FailureKind.REFUSED
        assert secret.asked == []


async def test_another_name_is_another_server(own: Loopback, foreign: Loopback) -> None:
    failed = await failure(f"{foreign.url}/file", own)
    assert failed.kind is FailureKind.REFUSED
    assert str(failed) == SENTENCE
    assert foreign.asked == []


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/file",
        "http://0x7f.1:{port}/file",
        "http://[::ffff:127.0.0.1]:{port}/file",
        "http://0.0.0.0:{port}/file",
        "//127.0.0.1:{port}/file",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[64:ff9b::a9fe:a9fe]/",
    ],
)
async def test_no_redirect_leads_into_a_private_network(
    own: Loopback, foreign: Loopback, location: str
) -> None:
    own.answers["/a"] = redirect(location.format(port=place(foreign)[1]))
    failed = await failure(f"{own.url}/a", own)
    assert failed.kind is FailureKind.REFUSED
    assert str(failed) == SENTENCE
    assert foreign.asked == []


async def test_a_name_of_the_own_server_may_be_private(own: Loopback) -> None:
    own.answers["/file"] = ranged(BODY, '"v"')
    named = Loopback(url=own.url.replace("127.0.0.1", "localhost"))
    assert await fetch(f"{named.url}/file", named) == BODY


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://h.example/a",
        "data:video/mp4;base64,AAAA",
        "gopher://h.example",
        "https://",
        "https://user:word@h.example/a",
        "http://h.example:0/",
        "http://h.example:99999/",
        "http://[::1/",
        "//[",
        "https://h.example\\@evil.example/",
        "https://bücher.example/a b",
        "http://2130706433/",
    ],
)
async def test_only_web_servers_are_asked(own: Loopback, location: str) -> None:
    own.answers["/a"] = redirect(location)
    assert (await failure(f"{own.url}/a", own)).kind is FailureKind.REFUSED
    assert (await failure(location, own)).kind is FailureKind.REFUSED


async def test_a_link_has_an_end(own: Loopback) -> None:
    failed = await failure("https://h.example/" + "a" * 10_000, own)
    assert failed.kind is FailureKind.REFUSED
    assert "too long" in str(failed)


async def test_five_redirects_are_followed_and_no_sixth(own: Loopback) -> None:
    for number in range(6):
        own.answers[f"/{number}"] = redirect(f"/{number + 1}", 307)
    own.answers["/6"] = ranged(BODY, '"v"')
    assert await fetch(f"{own.url}/1", own) == BODY
    failed = await failure(f"{own.url}/0", own)
    assert failed.kind is FailureKind.REFUSED
    assert "more than 5 times" in str(failed)


@pytest.mark.parametrize(
    "target", ["/file?sig=a%2Fb%3D%3D&e=1%3A2", "/%66ile/../file?", "/a%20b?q=[2]&", "/file?a=b?c"]
)
async def test_signed_links_go_out_byte_for_byte(own: Loopback, target: str) -> None:
    own.answers["/a"] = redirect(own.url + target)
    own.answers[target.partition("?")[0]] = ranged(BODY, '"v"')
    assert await fetch(f"{own.url}/a", own) == BODY
    assert await fetch(own.url + target, own) == BODY
    assert [asked.path for asked in own.asked] == ["/a", target, target]


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("g", "https://h.example/b/c/g"),
        ("./g/", "https://h.example/b/c/g/"),
        ("/g?y=%2F", "https://h.example/g?y=%2F"),
        ("//k.example/g", "https://k.example/g"),
        ("?y", "https://h.example/b/c/d;p?y"),
        ("g#s", "https://h.example/b/c/g#s"),
        ("../../../g", "https://h.example/g"),
        ("", "https://h.example/b/c/d;p?q"),
        ("HTTP://K.example/a/../b", "HTTP://K.example/a/../b"),
        ("/Übung 1.mp4", "https://h.example/%C3%9Cbung%201.mp4"),
    ],
)
def test_a_location_is_joined_as_the_web_does(location: str, url: str) -> None:
    source = Source("https://h.example/b/c/d;p?q", "https://h.example")
    assert Link.of(source).follow(location).url == url


def test_neither_link_nor_key_is_in_a_representation() -> None:
    source = Source("https://h.example/?sig=secret", "https://h.example", KEY)
    assert "secret" not in repr(source)
    assert "sk-never" not in repr(source)
    assert "secret" not in repr(Link.of(source))
