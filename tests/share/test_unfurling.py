"""What programs that show links read: tags by a real reader of them, oEmbed, and a picture of a fixed size."""

import shutil
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from pytest_django import Settings

from tasks.archive.storage import card_name, media_storage, poster_name
from tasks.keeping import delete_copies
from tasks.models import Task
from tests.archive.stored import keep
from tests.share.conftest import MP4, Link, MakeLink, body_of, stranger, webp
from tests.share.exhibition import Exhibition, exhibition_in


@pytest.fixture(scope="module")
def exhibition(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exhibition]:
    with exhibition_in(
        Path(shutil.copytree(prepared_dir, tmp_path_factory.mktemp("hung") / "data"))
    ) as found:
        yield found


def unfurled(address: str) -> Callable[..., Any]:
    """What a public reader of Open Graph and Twitter tags finds at an address, by the tag's name."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # it imports a module that Python is about to drop
        from metadata_parser import MetadataParser

    page = MetadataParser(url=address, search_head_only=True, support_malformed=False)

    def tag(name: str, strategy: str = "og") -> Any:
        found = page.parsed_result.get_metadatas(name, strategy=[strategy]) or {}
        return next(iter(found.get(strategy, [])), None)

    return tag


def test_a_reader_of_tags_finds_title_image_and_player(exhibition: Exhibition) -> None:
    address = exhibition.address("film")
    tag = unfurled(address)
    assert tag("title") == "Mist over a fjord at dawn"
    assert tag("description") == "The opening shot, graded."
    assert (tag("site_name"), tag("type"), tag("url")) == ("Dailies", "video.other", address)
    assert (tag("image:width"), tag("image:height")) == ("1200", "630")
    assert (tag("video:type"), tag("video:width"), tag("video:height")) == ("video/mp4", "640", "360")
    assert (tag("card", "twitter"), tag("title", "twitter")) == ("player", tag("title"))
    assert tag("image", "twitter") == tag("image")
    picture = httpx.get(tag("image"), trust_env=False)
    with Image.open(BytesIO(picture.content)) as image:
        assert (image.format, image.size) == ("JPEG", (1200, 630))
    film = httpx.get(tag("video"), trust_env=False, headers={"Range": "bytes=0-1"})
    assert (film.status_code, film.headers["Content-Type"]) == (206, "video/mp4")
    player = httpx.get(tag("player", "twitter"), trust_env=False)
    assert "<video" in player.text
    assert "frame-ancestors *" in player.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in player.headers


def test_a_picture_is_a_large_card_and_a_sound_a_small_one(exhibition: Exhibition) -> None:
    still, song = unfurled(exhibition.address("still")), unfurled(exhibition.address("song"))
    assert (still("card", "twitter"), still("type")) == ("summary_large_image", "website")
    assert still("video") is None
    assert (song("card", "twitter"), song("image")) == ("summary", None)


@pytest.mark.parametrize("name", ["locked", "ended"])
def test_a_reader_of_tags_learns_nothing_behind_a_password_or_an_end(
    exhibition: Exhibition, name: str
) -> None:
    page = httpx.get(exhibition.address(name), trust_env=False)
    assert page.status_code == {"locked": 200, "ended": 410}[name]
    assert not [word for word in ("og:", "twitter:", "Mist", "oembed") if word in page.text]


def test_the_page_leads_to_its_oembed(exhibition: Exhibition) -> None:
    address = exhibition.address("film")
    tag = '<link rel="alternate" type="application/json+oembed" href="'
    href = httpx.get(address, trust_env=False).text.partition(tag)[2].partition('"')[0]
    assert href == f"{address}oembed"
    answer = httpx.get(href, params={"url": address, "format": "json", "maxwidth": 320}, trust_env=False)
    assert answer.headers["Content-Type"] == "application/json"
    told = answer.json()
    html = told.pop("html")
    assert html.startswith(f'<iframe src="{address}embed" width="320" height="180"')
    assert told == {
        "version": "1.0", "type": "video", "title": "Mist over a fjord at dawn", "author_name": "boss",
        "provider_name": "Dailies", "provider_url": f"{exhibition.url}/", "cache_age": 300,
        "thumbnail_url": f"{address}og.jpg", "thumbnail_width": 1200, "thumbnail_height": 630,
        "width": 320, "height": 180,
    }  # fmt: skip


def test_no_cookie_comes_of_any_of_it(exhibition: Exhibition) -> None:
    for name in exhibition.links:
        assert "Set-Cookie" not in httpx.get(exhibition.address(name), trust_env=False).headers


def test_no_token_is_in_the_log_of_the_process(exhibition: Exhibition) -> None:
    address = exhibition.address("film")
    for rest in ("nowhere", "media/x", "?%"):
        httpx.get(address + rest, trust_env=False)
    httpx.request("PATCH", address, trust_env=False)
    written = "\n".join(exhibition.served.errors + exhibition.served.lines)
    assert address.split("/")[4] not in written


@pytest.mark.django_db
def test_oembed_of_a_picture_is_a_photo_and_of_the_rest_a_link(
    make_link: MakeLink, make_task: Callable[..., Task]
) -> None:
    still, rest = make_task(kind="image"), make_task(kind="audio")
    keep(still, webp(), kind="image", content_type="image/webp", width=640, height=360)
    photo = stranger().get(make_link(still).path("oembed")).json()
    assert (photo["type"], photo["width"], photo["height"]) == ("photo", 640, 360)
    assert body_of(stranger().get(photo["url"])) == webp()
    told = stranger().get(make_link(rest).path("oembed"))
    assert told.json()["type"] == "link"
    assert "html" not in told.json()
    assert stranger().get(make_link(rest).path("oembed?format=xml")).status_code == 501
    for query in ("maxwidth=x", "maxwidth=-1", "maxwidth=0", "maxheight=99999999999"):
        assert stranger().get(make_link(rest).path(f"oembed?{query}")).status_code == 200


@pytest.mark.django_db
def test_addresses_are_absolute_under_the_public_one(link: Link, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://dailies.example"
    html = stranger().get(link.path()).content.decode()
    for name in ("og:url", "og:image", "og:video", "og:video:secure_url"):
        assert f'property="{name}" content="https://dailies.example{link.path()}' in html
    assert f'href="https://dailies.example{link.path("oembed")}"' in html


@pytest.mark.django_db
@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640), (1, 1), (1600, 50)])
def test_the_card_holds_the_whole_poster_on_black(
    make_link: MakeLink, make_task: Callable[..., Task], width: int, height: int
) -> None:
    task = make_task()
    result = keep(task, MP4, kind="video", content_type="video/mp4", poster=webp(width, height))
    path = make_link(task).path("og.jpg")
    first = stranger().get(path)
    assert first.headers["Content-Type"] == "image/jpeg"
    with Image.open(BytesIO(body_of(first))) as card:
        assert card.size == (1200, 630)
        middle = card.getpixel((600, 315))
        assert isinstance(middle, tuple)
        assert abs(middle[0] - 120) < 12
        scale = min(1200 / width, 630 / height)
        inside = round(width * scale) >= 1199
        corner = card.getpixel((2, 315) if not inside else (600, 2))
        assert isinstance(corner, tuple)
        assert max(corner) < 40
    assert media_storage().exists(card_name(result.pk))
    media_storage().delete(poster_name(result.pk))
    assert body_of(stranger().get(path)), "it was kept"


@pytest.mark.django_db
def test_there_is_no_card_of_what_is_no_poster(make_link: MakeLink, make_task: Callable[..., Task]) -> None:
    for data in (b"<svg></svg>", MP4[:5000], b"", webp()[:60]):
        task = make_task()
        keep(task, MP4, kind="video", content_type="video/mp4", poster=data)
        assert stranger().get(make_link(task).path("og.jpg")).status_code == 404


@pytest.mark.django_db
def test_the_card_goes_with_the_copy(link: Link) -> None:
    body_of(stranger().get(link.path("og.jpg")))
    film = link.results[0]
    assert media_storage().exists(card_name(film.pk))
    delete_copies([film.pk], None, "Deleted by a test")
    assert not media_storage().exists(card_name(film.pk))
    assert stranger().get(link.path("og.jpg")).status_code == 404
