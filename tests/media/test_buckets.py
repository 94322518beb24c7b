"""Copies in a bucket, over HTTP: read as they stream, or handed out under signed addresses."""

import io
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import storages
from django.test import RequestFactory
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from dashboard.media.buckets import ATTEMPTS, open_object, origin_of_bucket
from dashboard.media.bundles import deliver_zip
from dashboard.media.delivery import NotToBeHad, deliver, deliver_poster
from dashboard.media.ranges import Span
from dashboard.media.ways import allow_origins, misfit
from dashboard.media_storage import media_storage_setting
from dashboard.model_viewer import viewer_page
from tasks.archive.storage import media_storage, result_name
from tasks.models import Account, Result, Task
from tests.archive.stored import WEBP, keep
from tests.media.conftest import CONTENT
from tests.media.reading import ask, body_of, in_view
from tests.pages.tasks import make

REGION = "eu-central-1"
SIZE = len(CONTENT)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 server on loopback with the bucket `media`."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=url, region_name=REGION, aws_access_key_id="key", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket="media", CreateBucketConfiguration={"LocationConstraint": REGION})
    client.close()
    yield url
    server.stop()


def use(settings: Settings, endpoint: str) -> None:
    value = f"s3://media/kept/here?endpoint={endpoint}&region={REGION}"
    settings.STORAGES = settings.STORAGES | {"media": dict(media_storage_setting(value, Path()))}


@pytest.fixture
def bucket(settings: Settings, endpoint: str) -> None:
    use(settings, endpoint)


@pytest.fixture
def task(db: None) -> Task:
    account = Account.objects.create(slug="a", provider="nebula", base_url="https://api.example/v1")
    return make(account, title="Red fox")


@pytest.fixture
def clip(bucket: None, task: Task) -> Result:
    return keep(task, CONTENT, content_type="video/mp4", kind="video")


pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_whole_and_any_range_come_out_of_it(clip: Result) -> None:
    assert await body_of(await in_view(deliver)(ask(), clip)) == CONTENT
    for asked, first, last in (
        ("bytes=5-9", 5, 9),
        ("bytes=-3", SIZE - 3, SIZE - 1),
        ("bytes=70000-", 70_000, SIZE - 1),
    ):
        response = await in_view(deliver)(ask(range=asked), clip)
        assert (response.status_code, response["Content-Range"]) == (206, f"bytes {first}-{last}/{SIZE}")
        assert await body_of(response) == CONTENT[first : last + 1]


async def test_the_poster_and_a_zip_come_out_of_it(clip: Result, task: Task) -> None:
    assert await body_of(await in_view(deliver_poster)(ask(), clip)) == WEBP
    empty = await sync_to_async(keep)(task, b"", position=1)
    response = await in_view(deliver_zip)(ask(), [clip, empty], "all.zip")
    with zipfile.ZipFile(io.BytesIO(await body_of(response))) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [CONTENT, b""]


async def test_what_is_not_in_it_is_told_before_anything_is_sent(
    clip: Result, caplog: pytest.LogCaptureFixture
) -> None:
    await sync_to_async(media_storage().delete)(result_name(clip.pk))
    with pytest.raises(NotToBeHad, match="cannot be read just now") as caught:
        await in_view(deliver)(ask(), clip)
    assert caught.value.status == 503
    assert "NoSuchKey" in caplog.text


# -- a bucket that breaks off ---------------------------------------------------------------------------------


@dataclass
class Flaky:
    """`cuts` are the lengths after which its next answers break off; later ones are whole."""

    cuts: list[int]
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Range and If-Match of each request."""


@pytest.fixture
def flaky(settings: Settings) -> Iterator[Flaky]:
    flaky = Flaky([])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            flaky.asked.append((asked, self.headers.get("If-Match", "")))
            first, last = map(int, re.findall(r"\d+", asked))
            part = CONTENT[first : last + 1]
            self.send_response(206)
            self.send_header("ETag", '"5f1d"')
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part[: flaky.cuts.pop(0)] if flaky.cuts else part)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    use(settings, f"http://127.0.0.1:{server.server_port}")
    yield flaky
    server.shutdown()
    server.server_close()


def read_all(span: Span) -> bytes:
    storage: Any = storages["media"]
    with closing(open_object(storage, "results/x", span)) as file:
        return b"".join(iter(lambda: file.read(65536), b""))


def test_only_the_bytes_asked_for_are_fetched(flaky: Flaky) -> None:
    assert read_all(Span(1000, 90_000)) == CONTENT[1000:90_000]
    assert flaky.asked == [("bytes=1000-89999", "")]


def test_a_broken_connection_is_made_anew_where_it_broke(flaky: Flaky) -> None:
    flaky.cuts = [70_000, 50_000]
    assert read_all(Span(0, SIZE)) == CONTENT
    assert len(flaky.asked) == 3
    assert {condition for _, condition in flaky.asked[1:]} == {'"5f1d"'}
    starts = [int(asked.removeprefix("bytes=").partition("-")[0]) for asked, _ in flaky.asked]
    assert starts == sorted(starts)
    assert 0 < starts[1] <= 70_000


def test_a_bucket_that_breaks_off_again_and_again_is_given_up(flaky: Flaky) -> None:
    flaky.cuts = [0] * 20
    with pytest.raises(OSError, match="again and again"):
        read_all(Span(0, SIZE))
    assert len(flaky.asked) == ATTEMPTS + 1


# -- signed addresses -----------------------------------------------------------------------------------------


@pytest.fixture
def signed(settings: Settings) -> None:
    settings.MEDIA_DELIVERY = "signed"


async def test_browsers_are_sent_to_the_bucket(clip: Result, signed: None) -> None:
    response = await in_view(deliver)(ask(range="bytes=0-9"), clip, download=True)
    assert response.status_code == 302
    assert response["Cache-Control"] == "no-store"
    assert "X-Amz-Expires=900" in response["Location"]
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(response["Location"], headers={"range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (206, CONTENT[:10])
    assert answer.headers["content-type"] == "video/mp4"
    assert re.fullmatch(
        r'attachment; filename="[-\d]+_nebula_red-fox.mp4"', answer.headers["content-disposition"]
    )
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_the_bucket_calls_what_might_run_nothing_but_bytes(
    bucket: None, task: Task, signed: None
) -> None:
    page = await sync_to_async(keep)(task, b"<!doctype html><script>1</script>")
    location = (await in_view(deliver)(ask(), page))["Location"]
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(location)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")


async def test_head_is_answered_without_the_bucket(clip: Result, signed: None) -> None:
    """A signed address is for one method."""
    response = await in_view(deliver)(ask("HEAD"), clip)
    assert (response.status_code, response["Content-Length"]) == (200, str(SIZE))


async def test_a_way_that_does_not_fit_is_not_taken(clip: Result, settings: Settings) -> None:
    settings.MEDIA_DELIVERY = "accel"
    assert await body_of(await in_view(deliver)(ask(), clip)) == CONTENT


async def test_posters_are_sent_by_us_all_the_same(clip: Result, signed: None) -> None:
    assert await body_of(await in_view(deliver_poster)(ask(), clip)) == WEBP


def test_pages_may_load_media_from_the_bucket_only_then(
    bucket: None, settings: Settings, endpoint: str
) -> None:
    directives: dict[str, list[str]] = {"default-src": ["'self'"], "img-src": ["'self'", "data:"]}
    allow_origins(directives)
    assert directives == {"default-src": ["'self'"], "img-src": ["'self'", "data:"]}
    settings.MEDIA_DELIVERY = "signed"
    allow_origins(directives)
    assert directives == {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", endpoint],
        "media-src": ["'self'", endpoint],
        "connect-src": ["'self'", endpoint],
    }


def test_the_origin_of_amazon_s_own_store_is_the_bucket_s(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    value = f"s3://our-media?region={REGION}"
    settings.STORAGES = settings.STORAGES | {"media": dict(media_storage_setting(value, Path()))}
    storage: Any = storages["media"]
    assert origin_of_bucket(storage) == f"https://our-media.s3.{REGION}.amazonaws.com"


def test_ways_that_do_not_fit_the_storage_are_told(settings: Settings, endpoint: str) -> None:
    settings.MEDIA_DELIVERY = "signed"
    assert "media lie in a folder" in misfit()
    use(settings, endpoint)
    assert misfit() == ""
    settings.MEDIA_DELIVERY = "accel"
    assert "lie in a bucket" in misfit()
    settings.MEDIA_DELIVERY = "stream"
    assert misfit() == ""


def test_the_page_of_a_model_may_read_it_from_the_bucket(
    bucket: None, rf: RequestFactory, settings: Settings, endpoint: str
) -> None:
    def sources() -> str:
        page = viewer_page(rf.get("/"), name="Chair", file_url="/media/chair.glb")
        return page["Content-Security-Policy"].partition("connect-src ")[2].partition(";")[0]

    assert sources() == "'self' blob:"
    settings.MEDIA_DELIVERY = "signed"
    assert sources() == f"'self' blob: {endpoint}"
    assert sources() == f"'self' blob: {endpoint}"
