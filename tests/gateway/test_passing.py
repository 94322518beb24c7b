"""Everything else passes through: as it is, with the key out and without it back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from dashboard.gateway.home import Home
from dashboard.gateway.passing import without_secrets
from dashboard.people import Role, set_role
from dashboard.tokens import create_token
from tasks.budget import budgets
from tasks.models import Account
from tests.gateway.conftest import KEY, Script, client
from tests.loopback import Loopback
from tests.poller.conftest import in_database

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_call_passes_with_its_query_headers_and_body(provider: Loopback, script: Script) -> None:
    got: list[Any] = []

    async def handle(request: web.Request) -> web.Response:
        got.append((request.method, request.raw_path, await request.read(), request.headers.copy()))
        return web.Response(body=b"\x00\x01", status=201, headers={"X-Own": "back", "Connection": "x-hop"})

    provider.answers["/v1/chat/completions"] = handle
    response = await script.call(
        "POST",
        "/v1/chat/completions?a=%2F&b",
        content=b"{}" * 1000,
        headers={"X-Own": "there", "Cookie": "sessionid=secret", "X-Forwarded-For": "10.0.0.1"},
    )
    method, path, body, headers = got[0]
    assert (method, path, body) == ("POST", "/v1/chat/completions?a=%2F&b", b"{}" * 1000)
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["X-Own"] == "there"
    assert headers["Content-Length"] == "2000"
    assert not {"Cookie", "X-Forwarded-For", "Transfer-Encoding"} & {one.title() for one in headers}
    assert script.token not in str(headers)
    assert (response.status_code, response.content) == (201, b"\x00\x01")
    assert response.headers["x-own"] == "back"


async def test_large_bodies_pass_both_ways_in_parts(provider: Loopback, script: Script) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        size = 0
        async for part in request.content.iter_any():
            size += len(part)
        answer = web.StreamResponse(headers={"X-Size": str(size)})
        await answer.prepare(request)
        for _ in range(64):
            await answer.write(b"x" * 65536)
        return answer

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"y" * 65536

    provider.answers["/v1/files"] = handle
    response = await script.call("POST", "/v1/files", content=parts())
    assert response.headers["x-size"] == str(64 * 65536)
    assert len(response.content) == 64 * 65536


async def test_redirects_are_the_callers_to_follow(provider: Loopback, script: Script) -> None:
    provider.say("/v1/file", "", status=302, headers={"Location": "https://cdn.example/a.mp4"})
    response = await script.call("GET", "/v1/file")
    assert (response.status_code, response.headers["location"]) == (302, "https://cdn.example/a.mp4")


@pytest.mark.parametrize("path", ["/v1/../../secret", "/v1/%2e%2e/secret", "//evil.example/v1/x"])
async def test_no_path_leads_away(provider: Loopback, script: Script, path: str) -> None:
    response = await script.call("GET", path)
    assert response.status_code in {400, 404}
    assert provider.asked == []


async def test_the_key_never_comes_back(provider: Loopback, script: Script) -> None:
    quoted = {"error": {"message": f"Incorrect API key provided: {KEY}."}}
    for path in ("/v1/models", "/v1/tasks/ldtask_9"):
        provider.say(path, quoted, status=401)
        response = await script.call("GET", path)
        assert response.status_code == 401
        assert KEY not in response.text
        assert "Incorrect API key provided" in response.json()["error"]["message"]


@given(st.binary(max_size=60), st.lists(st.integers(1, 9)), st.integers(0, 60))
def test_a_secret_is_blotted_out_wherever_the_parts_break(around: bytes, sizes: list[int], at: int) -> None:
    secret = b"sk-secret"
    whole = around[:at] + secret + around[at:] + secret

    async def parts() -> AsyncIterator[bytes]:
        rest = whole
        for size in sizes:
            yield rest[:size]
            rest = rest[size:]
        yield rest

    async def run() -> bytes:
        return b"".join([part async for part in without_secrets(parts(), [secret])])

    found = asyncio.run(run())
    assert len(found) == len(whole)
    assert secret not in found
    assert found == whole.replace(secret, b"*" * len(secret))


async def test_only_what_may_begin_a_secret_waits_for_the_next_part() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"data: A fox\n\n", b"data: sk-s", b"now\n\n", b"data: sk", b"-secret\n\n"):
            yield part

    told = [part async for part in without_secrets(parts(), [b"sk-secret", b"other"])]
    assert told == [b"data: A fox\n\n", b"data: ", b"sk-snow\n\n", b"data: ", b"*********\n\n"]


@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
async def test_a_token_stands_where_a_key_would(provider: Loopback, script: Script, header: str) -> None:
    provider.say("/v1/models", {"data": []})
    value = f"Bearer {script.token}" if header == "authorization" else script.token
    async with client() as caller:
        response = await caller.get("/gateway/lemon/v1/models", headers={header: value})
    assert response.status_code == 200
    assert "x-api-key" not in provider.asked[0].headers


async def test_nobody_passes_without_a_good_token(provider: Loopback, script: Script) -> None:
    other = Account(slug="other", provider="lemondata", base_url=provider.url)
    await in_database(other.save)
    narrow = await in_database(create_token, script.user, "", gateway_of=other)
    async with client() as caller:
        for token in ("", "dly_unknown", KEY, narrow):
            headers = {"Authorization": f"Bearer {token}"}
            response = await caller.get("/gateway/lemon/v1/models", headers=headers)
            assert response.status_code == 401
            assert response.headers["www-authenticate"] == "Bearer"
            response = await caller.get(f"/gateway/lemon/key/{token}/v1/models")
            assert response.status_code == 401
        assert (
            await caller.get("/api/v1/accounts", headers={"Authorization": f"Bearer {narrow}"})
        ).status_code == 401
        response = await caller.get(
            "/gateway/nobody/v1/models", headers={"Authorization": f"Bearer {script.token}"}
        )
        assert response.status_code == 404
        assert (await caller.get("/gateway/lemon")).status_code == 404
    assert provider.asked == []


async def test_who_may_only_read_reads(provider: Loopback, script: Script) -> None:
    provider.say("/v1/models", {"data": []})
    script.token = await in_database(create_token, script.user, "", read_only=True)
    assert (await script.call("GET", "/v1/models")).status_code == 200
    assert (await script.call("POST", "/v1/models")).status_code == 403
    await in_database(set_role, script.user, Role.VIEWER)
    script.token = await in_database(create_token, script.user)
    assert (await script.call("POST", "/v1/videos/generations", json={})).status_code == 403
    assert [one.path for one in provider.asked] == ["/v1/models"]


async def test_a_paused_account_sends_nothing(provider: Loopback, script: Script) -> None:
    await in_database(Account.objects.update, enabled=False)
    response = await script.call("GET", "/v1/models")
    assert (response.status_code, "paused" in response.text) == (409, True)
    assert provider.asked == []


async def test_every_call_counts_in_the_budget(provider: Loopback, script: Script, home: Home) -> None:
    provider.say("/v1/models", {"data": []})
    for _ in range(3):
        await script.call("GET", "/v1/models")
    budget = budgets.of(script.account.pk, None, 20)
    assert (budget.used(asyncio.get_running_loop().time()), budget.in_flight) == (3, 0)
