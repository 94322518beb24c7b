"""Each refusal has its kind and a sentence, and costs nothing of what was fetched before."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tasks.archive.failures import FailureKind
from tests.archive.attempts import BODY, failure
from tests.archive.file_server import ranged, sent
from tests.archive.memory_sink import MemorySink
from tests.loopback import Loopback, serving


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback


@pytest.mark.parametrize(
    ("status", "body", "key", "kind"),
    [
        (404, "Not Found", "", FailureKind.GONE),
        (410, "", "", FailureKind.GONE),
        (400, '{"code": "task_not_exist", "message": "x"}', "sk-1", FailureKind.GONE),
        (403, "<Error><Code>AccessDenied</Code></Error>", "", FailureKind.EXPIRED),
        (403, "<Message>Request has expired.</Message>", "sk-1", FailureKind.EXPIRED),
        (400, "<Error><Code>ExpiredToken</Code></Error>", "", FailureKind.EXPIRED),
        (401, "", "", FailureKind.EXPIRED),
        (401, "", "sk-1", FailureKind.UNAUTHORIZED),
        (403, '{"error": {"code": "expired_api_key"}}', "sk-1", FailureKind.UNAUTHORIZED),
        (403, '{"error": {"code": "InsufficientQuota"}}', "sk-1", FailureKind.UNAUTHORIZED),
        (451, "", "", FailureKind.REFUSED),
        (400, "bad", "", FailureKind.REFUSED),
        (416, "", "", FailureKind.REFUSED),
        (408, "", "", FailureKind.TRANSIENT),
        (429, "", "", FailureKind.TRANSIENT),
        (500, "Internal Server Error: file not found", "", FailureKind.TRANSIENT),
        (503, "", "sk-1", FailureKind.TRANSIENT),
        (202, "", "", FailureKind.TRANSIENT),
        (302, "", "", FailureKind.TRANSIENT),
    ],
)
async def test_each_refusal_has_its_kind(
    server: Loopback, status: int, body: str, key: str, kind: FailureKind
) -> None:
    server.say("/a", body, status=status)
    sink = MemorySink()
    failed = await failure(server, sink, key=key)
    assert failed.kind is kind
    assert str(status) in str(failed)
    assert sink.begun == []


async def test_it_tells_how_long_to_wait(server: Loopback) -> None:
    server.say("/a", "", status=429, headers={"retry-after": "7"})
    assert (await failure(server)).retry_after_s == 7.0


async def test_what_it_has_survives_a_refusal(server: Loopback) -> None:
    server.answers["/a"] = ranged(BODY, '"v1"', cut_at=100_000)
    sink = MemorySink()
    part = (await failure(server, sink)).part
    server.say("/a", "Request has expired", status=403)
    failed = await failure(server, sink, part=part)
    assert failed.kind is FailureKind.EXPIRED
    assert failed.part == part
    assert len(sink.data) == part.size_bytes


async def test_an_endless_error_page_is_not_waited_for(server: Loopback) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await sent(request, (b"expired " for _ in range(1000)), 400, {}, pause_s=0.05)

    server.answers["/a"] = handle
    assert (await failure(server)).kind is FailureKind.EXPIRED


async def test_no_connection_is_said_in_words() -> None:
    failed = await failure(Loopback(url="http://127.0.0.1:9"))
    assert failed.kind is FailureKind.TRANSIENT
    assert "refused the connection" in str(failed)
