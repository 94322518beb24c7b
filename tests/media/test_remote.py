"""A result that only its provider has: it plays at once, by the same ranges, and the key stays where it belongs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from asgiref.sync import sync_to_async
from django.utils import timezone

from dashboard.media.delivery import NotToBeHad, deliver
from dashboard.media.remote import followers
from dashboard.media.streams import BrokenOff
from tasks.budget import budgets
from tasks.models import Account, Result, Task
from tasks.vocabulary import Archive
from tests.archive.file_server import redirect
from tests.loopback import Handler, Loopback, serving
from tests.media.conftest import CONTENT
from tests.media.reading import ask, body_of, eventually, first_part_of, in_view
from tests.media.stream_routes import new_route, old_route

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "sk-0123456789abcdef"
SIZE = len(CONTENT)
FILE_NAME = "final-1.mp4"
STREAM = f"/api/v1/stream/t/{FILE_NAME}"
Make = Callable[..., Awaitable[Result]]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback
    if follower := followers.pop(asyncio.get_running_loop(), None):
        await follower.aclose()
    budgets.forget()


@pytest.fixture
def make(server: Loopback) -> Make:
    """A result of an account at `server`, of which there is no copy."""

    def made(
        *,
        provider: str = "lemondata",
        key: str = "",
        base_url: str = "",
        concurrency: int = 20,
        **columns: Any,
    ) -> Result:
        account = Account(
            slug="a", provider=provider, base_url=base_url or server.url, concurrency=concurrency
        )
        account.set_api_key(key)
        account.save()
        task = Task.objects.create(account=account, title="Red fox", deadline_at=timezone.now())
        values = {"kind": "video", "remote_url": "/file.mp4"} | columns
        result = Result.objects.create(task=task, position=0, **values)
        return Result.objects.select_related("task__account").get(pk=result.pk)

    return sync_to_async(made)


def at_moneyprinter() -> dict[str, Any]:
    url = f"/api/v1/download/t/{FILE_NAME}"
    return {"provider": "moneyprinter", "remote_url": url, "name": FILE_NAME}


def whole(body: bytes, content_type: str = "video/mp4", status: int = 200) -> Handler:
    """A server that knows no ranges."""

    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers={"Content-Type": content_type})

    return handle


@pytest.mark.parametrize("route", [new_route, old_route])
@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-1", 0, 1),
        ("bytes=5-", 5, SIZE - 1),
        ("bytes=-4", SIZE - 4, SIZE - 1),
        (f"bytes=299000-{SIZE + 40}", 299_000, SIZE - 1),
    ],
)
async def test_a_server_of_the_team_s_own_plays_by_ranges(
    server: Loopback, make: Make, route: Callable[[bytes], Handler], asked: str, first: int, last: int
) -> None:
    server.answers[STREAM] = route(CONTENT)
    response = await in_view(deliver)(ask(range=asked), await make(**at_moneyprinter()))
    assert (response.status_code, response["Content-Range"]) == (206, f"bytes {first}-{last}/{SIZE}")
    assert response["Content-Length"] == str(last - first + 1)
    assert response["Content-Type"] == "video/mp4"
    assert response["Cache-Control"] == "private, no-store"
    assert await body_of(response) == CONTENT[first : last + 1]


@pytest.mark.parametrize("route", [new_route, old_route])
async def test_its_whole_file_is_no_part(
    server: Loopback, make: Make, route: Callable[[bytes], Handler]
) -> None:
    server.answers[STREAM] = route(CONTENT)
    response = await in_view(deliver)(ask(), await make(**at_moneyprinter()), download=True)
    assert (response.status_code, response["Content-Length"]) == (200, str(SIZE))
    assert response["Content-Disposition"].startswith("attachment; ")
    assert await body_of(response) == CONTENT


@pytest.mark.parametrize("route", [new_route, old_route])
async def test_a_range_beyond_it_is_refused_with_its_size(
    server: Loopback, make: Make, route: Callable[[bytes], Handler]
) -> None:
    server.answers[STREAM] = route(CONTENT)
    response = await in_view(deliver)(ask(range=f"bytes={SIZE}-"), await make(**at_moneyprinter()))
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize("route", [new_route, old_route])
async def test_head_tells_its_size_though_it_knows_no_head(
    server: Loopback, make: Make, route: Callable[[bytes], Handler]
) -> None:
    server.answers[STREAM] = route(CONTENT)
    response = await in_view(deliver)(ask("HEAD"), await make(**at_moneyprinter()))
    assert (response.status_code, response["Content-Length"]) == (200, str(SIZE))


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("audio.mp3", "audio/mpeg"),
        ("subtitle.vtt", "text/vtt; charset=utf-8"),
        ("x.html", "application/octet-stream"),
    ],
)
async def test_its_word_for_the_type_does_not_count(
    server: Loopback, make: Make, name: str, content_type: str
) -> None:
    """It calls everything a video."""
    server.answers[f"/api/v1/stream/t/{name}"] = new_route(CONTENT)
    url = f"/api/v1/download/t/{name}"
    response = await in_view(deliver)(
        ask("HEAD"), await make(provider="moneyprinter", remote_url=url, name=name)
    )
    assert response["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("url", "told", "content_type", "disposition"),
    [
        ("/a", "image/webp", "image/webp", "inline"),
        ("/a", "image/svg+xml", "image/png", "inline"),
        ("/a.svg", "image/png", "application/octet-stream", "attachment"),
        ("/a.jpeg?x=.html", "binary/octet-stream", "image/jpeg", "inline"),
        ("/a", "text/html", "image/png", "inline"),
    ],
)
async def test_a_type_is_believed_only_when_it_runs_nothing(
    server: Loopback, make: Make, url: str, told: str, content_type: str, disposition: str
) -> None:
    server.answers[url.partition("?")[0]] = whole(CONTENT, told)
    response = await in_view(deliver)(ask("HEAD"), await make(kind="image", remote_url=url))
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"].startswith(f"{disposition}; ")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")


async def test_a_server_without_ranges_is_cut_to_them(server: Loopback, make: Make) -> None:
    server.answers["/file.mp4"] = whole(CONTENT)
    response = await in_view(deliver)(ask(range="bytes=7-9"), await make())
    assert (response.status_code, await body_of(response)) == (206, CONTENT[7:10])


async def test_the_key_goes_to_the_account_s_own_server_alone(server: Loopback, make: Make) -> None:
    async with serving() as other:
        other.answers["/file.mp4"] = whole(CONTENT)
        server.answers["/file.mp4"] = redirect(f"{other.url}/file.mp4")
        response = await in_view(deliver)(ask(), await make(key=KEY))
        assert await body_of(response) == CONTENT
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in other.asked[0].headers
    assert "cookie" not in other.asked[0].headers


async def test_a_file_elsewhere_is_asked_for_without_the_key(server: Loopback, make: Make) -> None:
    server.answers["/file.mp4"] = whole(CONTENT)
    base_url = server.url.replace("127.0.0.1", "localhost")
    result = await make(key=KEY, base_url=base_url, remote_url=f"{server.url}/file.mp4")
    with pytest.raises(NotToBeHad, match="leads into a private network") as caught:
        await in_view(deliver)(ask(), result)
    assert caught.value.status == 404
    assert server.asked == []


async def test_a_redirect_into_a_private_network_is_not_followed(server: Loopback, make: Make) -> None:
    server.answers["/file.mp4"] = redirect("http://169.254.169.254/latest/meta-data")
    with pytest.raises(NotToBeHad, match="leads into a private network"):
        await in_view(deliver)(ask(), await make())


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (404, 404, "no longer has this file"),
        (403, 404, "has expired"),
        (500, 503, "trouble of its own"),
        (429, 503, "slow down"),
    ],
)
async def test_a_refusal_is_told_in_words(
    server: Loopback, make: Make, status: int, said: int, words: str
) -> None:
    server.answers["/file.mp4"] = whole(b"{}", "application/json", status)
    with pytest.raises(NotToBeHad, match=words) as caught:
        await in_view(deliver)(ask(range="bytes=0-"), await make())
    assert caught.value.status == said


async def test_a_server_out_of_reach_is_told_in_words(make: Make) -> None:
    with pytest.raises(NotToBeHad, match="refused the connection") as caught:
        await in_view(deliver)(ask(), await make(base_url="http://127.0.0.1:9"))
    assert caught.value.status == 503


@pytest.mark.parametrize(
    ("columns", "status", "words"),
    [
        ({"archive": Archive.EXPIRED}, 410, "no longer has this file"),
        (
            {"archive": Archive.SKIPPED, "sha256": "5f", "problem": "Deleted by Mira."},
            410,
            "Deleted by Mira.",
        ),
        ({"inline": True, "remote_url": ""}, 404, "inside its answer. It is being saved, and plays here"),
        (
            {"provider": "nebula", "remote_url": "/v1/video/generations/download?id=7"},
            404,
            "It is being saved",
        ),
        (
            {"archive": Archive.FAILED, "remote_url": "data:x"},
            404,
            "no web address: data:x. It could not be saved.",
        ),
    ],
)
async def test_what_cannot_be_passed_on_says_why(
    server: Loopback, make: Make, columns: dict[str, Any], status: int, words: str
) -> None:
    with pytest.raises(NotToBeHad) as caught:
        await in_view(deliver)(ask(), await make(**columns))
    assert words in str(caught.value)
    assert caught.value.status == status
    assert server.asked == []


@pytest.mark.parametrize("archive", [Archive.PENDING, Archive.FAILED, Archive.SKIPPED])
async def test_whatever_became_of_our_copy_the_provider_s_plays(
    server: Loopback, make: Make, archive: Archive
) -> None:
    server.answers["/file.mp4"] = whole(CONTENT)
    assert await body_of(await in_view(deliver)(ask(), await make(archive=archive))) == CONTENT


async def test_a_request_with_the_key_counts_until_it_is_read(server: Loopback, make: Make) -> None:
    server.answers["/file.mp4"] = whole(CONTENT * 20)
    result = await make(key=KEY)
    account = result.task.account
    budget = budgets.of(account.pk, None, account.concurrency)
    response = await in_view(deliver)(ask(), result)
    assert (budget.in_flight, budget.used(0)) == (1, 1)
    assert await first_part_of(response)
    await eventually(lambda: budget.in_flight == 0)


@pytest.mark.parametrize("key", [KEY, ""])
async def test_readers_leave_half_of_the_account_s_requests_to_the_poller(
    server: Loopback, make: Make, key: str
) -> None:
    server.answers["/file.mp4"] = whole(CONTENT)
    result = await make(key=key, concurrency=2)
    budgets.of(result.task.account.pk, None, 2).begin()
    if not key:
        assert await body_of(await in_view(deliver)(ask(), result)) == CONTENT
        return
    with pytest.raises(NotToBeHad, match="needed elsewhere") as caught:
        await in_view(deliver)(ask(), result)
    assert caught.value.status == 503
    assert server.asked == []


@pytest.mark.parametrize("status", [404, 200])
async def test_a_failed_request_gives_its_place_back(server: Loopback, make: Make, status: int) -> None:
    server.answers["/file.mp4"] = whole(b"", status=status)
    result = await make(key=KEY)
    if status == 200:
        assert await body_of(await in_view(deliver)(ask(), result)) == b""
    else:
        with pytest.raises(NotToBeHad):
            await in_view(deliver)(ask(), result)
    assert budgets.of(result.task.account.pk, None, 20).in_flight == 0


async def test_a_break_in_the_midst_never_looks_like_an_end(server: Loopback, make: Make) -> None:
    server.answers["/cut.mp4"] = _cut
    response = await in_view(deliver)(ask(), await make(remote_url="/cut.mp4"))
    with pytest.raises(BrokenOff):
        await body_of(response)


async def _cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(SIZE)})
    await response.prepare(request)
    await response.write(CONTENT[:100_000])
    assert request.transport is not None
    request.transport.close()
    return response


async def test_connections_are_kept_between_ranges(server: Loopback, make: Make) -> None:
    ports = set()

    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername")[1])
        return await new_route(CONTENT)(request)

    server.answers["/file.mp4"] = handle
    result = await make()
    for start in range(5):
        await body_of(await in_view(deliver)(ask(range=f"bytes={start}-9"), result))
    assert len(ports) == 1
