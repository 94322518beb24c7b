"""Copies in a bucket: a real server of the protocol on loopback, spoken to over HTTP."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from django.conf import LazySettings
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from dashboard.media_storage import media_storage_setting
from tasks.archive.storage import media_storage, poster_name, result_name
from tasks.keeping import delete_files
from tasks.models import Result
from tasks.vocabulary import Archive, Kind
from tests.archive.archiving import (
    MP4,
    account_of,
    archiving,
    fresh,
    has_problem,
    is_kept,
    made,
    settled,
    video,
)
from tests.archive.file_server import ranged
from tests.loopback import Loopback
from tests.poller.conftest import in_database, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media")]
MEDIA = Path(__file__).parents[2] / "dashboard" / "demo" / "media"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The setting as a person writes it; the bucket that it leads to."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    setting = media_storage_setting(f"s3://media/of/ours?endpoint={endpoint}", Path(os.devnull))
    settings.STORAGES = settings.STORAGES | {"media": dict(setting)}
    storages._storages.clear()  # type: ignore[attr-defined]
    config = Config(request_checksum_calculation="when_required")
    made = boto3.resource("s3", endpoint_url=endpoint, config=config).Bucket("media")
    made.create()
    yield made
    made.objects.all().delete()
    made.delete()


def keys_in(bucket: Any) -> set[str]:
    return {one.key for one in bucket.objects.all()}


async def looked_into(result: Result) -> bool:
    return (await fresh(result)).inspected_at is not None


async def test_results_and_posters_lie_in_the_bucket(server: Loopback, bucket: Any, media: Path) -> None:
    body = (MEDIA / "sea.mp4").read_bytes()
    server.answers["/a"] = ranged(body, '"v"')
    (result,) = await made(await account_of(server), video(f"{server.url}/a"))
    async with archiving():
        await until(lambda: looked_into(result))
        await until(lambda: left_in(media.parent / "incoming") == [])
    kept = await fresh(result)
    assert is_kept(kept, body)
    assert (kept.has_poster, kept.width, kept.poster_problem) == (True, 480, "")
    assert keys_in(bucket) == {f"of/ours/{result_name(kept.pk)}", f"of/ours/{poster_name(kept.pk)}"}
    assert bucket.Object(f"of/ours/{result_name(kept.pk)}").content_type == "video/mp4"


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_page_is_not_served_as_one(server: Loopback, bucket: Any) -> None:
    server.answers["/a"] = ranged(b"<!doctype html><p>A world", '"v"')
    (result,) = await made(await account_of(server), video(f"{server.url}/a", kind=Kind.OTHER))
    async with archiving():
        (kept,) = await settled(result)
    assert kept.content_type == "text/html"
    stored = bucket.Object(f"of/ours/{result_name(kept.pk)}")
    assert stored.content_type == "application/octet-stream"
    grants = stored.Acl().grants
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]


async def test_what_was_stored_before_a_restart_is_taken_out_to_be_looked_into(
    server: Loopback, bucket: Any, media: Path
) -> None:
    body = (MEDIA / "dunes.webp").read_bytes()
    server.answers["/a"] = ranged(body, '"v"')
    (result,) = await made(await account_of(server), video(f"{server.url}/a"))
    async with archiving():
        await until(lambda: looked_into(result))
    await Result.objects.aupdate(
        inspected_at=None, has_poster=False, width=None, archive_due_at=result.created_at
    )
    async with archiving():
        await until(lambda: looked_into(result))
        await until(lambda: left_in(media.parent / "incoming") == [])
    assert (await fresh(result)).width == 640


async def test_a_bucket_that_is_away_is_waited_for_and_nothing_is_fetched_twice(
    server: Loopback, bucket: Any
) -> None:
    server.answers["/a"] = ranged(MP4, '"v"')
    (result,) = await made(await account_of(server), video(f"{server.url}/a"))
    bucket.delete()
    async with archiving():
        await until(lambda: has_problem(result, "(NoSuchBucket)"))
        assert (await fresh(result)).archive == Archive.PENDING
        bucket.create()
        assert is_kept((await settled(result))[0], MP4)
    assert server.times("/a") == 1


async def test_files_are_deleted_and_those_that_are_gone_are_no_matter(server: Loopback, bucket: Any) -> None:
    server.answers["/a"] = ranged(MP4, '"v"')
    (result,) = await made(await account_of(server), video(f"{server.url}/a"))
    async with archiving():
        await settled(result)
    await in_database(delete_files, result.pk)
    await in_database(delete_files, result.pk)
    assert keys_in(bucket) == set()
    assert not media_storage().exists(result_name(result.pk))
