"""Bounded in time and memory, and every failure in words: against a real server on a loopback port."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from aiohttp import web
from multidict import CIMultiDict

from tasks.asking import Asker, Connection
from tasks.bodies import BODY_MAX_BYTES
from tasks.providers import PROVIDERS
from tasks.providers.contract import ErrorKind, ProviderError, Request
from tasks.timing import Timing
from tasks.transport import AiohttpTransport, prepare
from tests.loopback import Loopback, reply, serving

QUICK = replace(Timing(), request_timeout_s=10.0, connect_timeout_s=5.0)
IMPATIENT = replace(QUICK, request_timeout_s=0.3)


@pytest.fixture
async def provider() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback


async def ask(url: str, timing: Timing = QUICK) -> tuple[int, bytes]:
    async with AiohttpTransport(connect_timeout_s=timing.connect_timeout_s) as transport:
        answer = await Asker(transport, timing).ask(prepare("GET", url, CIMultiDict()), "Nebula")
        return answer.status_code, answer.body


async def complaint(url: str, timing: Timing = QUICK) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await ask(url, timing)
    return caught.value


@pytest.mark.parametrize(
    "target",
    [
        "/x?sig=a%2Fb%3D%3D&e=1%3A2",
        "/%7Euser/[2]?",
        "/x?",
        "/a%20b?q=%E2%82%AC&z=a+b",
        "/v1/tasks/a%2fb%2Fc;p=1",
        "/?a=b?c=d",
    ],
)
async def test_a_url_goes_out_byte_for_byte(provider: Loopback, target: str) -> None:
    await ask(provider.url + target)
    assert provider.asked[0].path == target


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_it_unpacks_what_it_asked_for(provider: Loopback, encoding: str) -> None:
    body = b'{"status": "processing"}' * 5_000
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    provider.say("/x", packed, headers={"content-encoding": encoding})
    assert await ask(f"{provider.url}/x") == (200, body)


async def test_a_gzip_bomb_is_cut_off(provider: Loopback) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(200)) + packer.flush()
    assert len(bomb) < 1 << 20
    provider.say("/x", bomb, headers={"content-encoding": "gzip"})
    error = await complaint(f"{provider.url}/x", replace(QUICK, request_timeout_s=20.0))
    assert error.kind is ErrorKind.INVALID
    assert "64 MB" in str(error)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
@pytest.mark.parametrize("key", ["zq8/never-to-be-seen+", 'quoted"key\\with-signs'])
async def test_a_key_that_the_answer_repeats_is_cut_out(provider: Loopback, name: str, key: str) -> None:
    written = json.dumps({"message": f"Incorrect key {key}.", "id": "a"}).replace("/", "\\/")
    provider.say("/plain", f"<html>{key}</html>".encode())
    provider.say("/json", written.encode(), status=401)
    connection = Connection(PROVIDERS[name], provider.url, key)
    async with AiohttpTransport(connect_timeout_s=0.3) as transport:
        asker = Asker(transport, QUICK)
        plain = await asker.ask(connection.build(Request("/plain")), "Nebula")
        answer = await asker.ask(connection.build(Request("/json")), "Nebula")
    assert plain.body.decode() == "<html>…</html>"
    assert json.loads(answer.body) == {"message": "Incorrect key ….", "id": "a"}
    assert key in " ".join(provider.asked[0].headers.values())


async def test_a_large_body_is_read_to_64_mb(provider: Loopback) -> None:
    provider.say("/50", b" " * (50 << 20))
    provider.say("/65", b" " * (BODY_MAX_BYTES + 1))
    timing = replace(QUICK, request_timeout_s=20.0)
    assert len((await ask(f"{provider.url}/50", timing))[1]) == 50 << 20
    assert (await complaint(f"{provider.url}/65", timing)).kind is ErrorKind.INVALID


async def test_a_server_that_dribbles_is_given_up(provider: Loopback) -> None:
    async def dribble(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    provider.answers["/x"] = dribble
    error = await complaint(f"{provider.url}/x", IMPATIENT)
    assert error.kind is ErrorKind.TRANSIENT
    assert str(error).startswith("Nebula gave no answer: it did not answer in time.")


async def test_a_steady_stream_may_take_longer(provider: Loopback) -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b" " * 2_000_000)
        for _ in range(20):
            await response.write(b" " * 10_000)
            await asyncio.sleep(0.07)
        return response

    provider.answers["/x"] = stream
    timing = replace(QUICK, request_timeout_s=1.0)
    assert len((await ask(f"{provider.url}/x", timing))[1]) == 2_200_000


async def test_a_body_that_cannot_be_unpacked_is_said_so(provider: Loopback) -> None:
    provider.say("/x", b"not gzip at all", headers={"content-encoding": "gzip"})
    assert "cannot be unpacked" in str(await complaint(f"{provider.url}/x"))


async def test_an_encoding_nobody_asked_for_is_said_so(provider: Loopback) -> None:
    provider.say("/x", b"...", headers={"content-encoding": "br"})
    assert "did not ask for" in str(await complaint(f"{provider.url}/x"))


async def test_a_body_cut_short_is_no_answer(provider: Loopback) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "1000"})
        await response.prepare(request)
        await response.write(b'{"status"')
        assert request.transport is not None
        request.transport.close()
        return response

    provider.answers["/x"] = cut
    assert "broke off" in str(await complaint(f"{provider.url}/x"))


async def test_no_cookie_is_kept_and_no_redirect_followed(provider: Loopback) -> None:
    provider.say("/x", "moved", status=302, headers={"location": "/y", "set-cookie": "a=b"})
    async with AiohttpTransport(connect_timeout_s=1.0) as transport:
        asker = Asker(transport, QUICK)
        for _ in range(2):
            answer = await asker.ask(prepare("GET", f"{provider.url}/x", CIMultiDict()), "Nebula")
    assert answer.status_code == 302
    assert provider.times("/y") == 0
    assert "cookie" not in provider.asked[1].headers


async def test_a_plain_httpx_request_works_too(provider: Loopback) -> None:
    async def echo(request: web.Request) -> web.StreamResponse:
        return reply(await request.read())

    provider.answers["/x"] = echo
    async with (
        AiohttpTransport(connect_timeout_s=1.0) as transport,
        httpx.AsyncClient(transport=transport) as client,
    ):
        assert (await client.post(f"{provider.url}/x?a=b", content=b"hello")).content == b"hello"


async def test_the_key_is_in_no_representation() -> None:
    assert "sk-secret" not in repr(Connection(PROVIDERS["nebula"], "https://n.example", "sk-secret"))
