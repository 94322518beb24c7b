"""What a share tells programs that show links: Open Graph and Twitter tags, oEmbed, a picture of fixed size."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from dashboard.addresses import site_url
from dashboard.exhibits import Exhibit, Show
from dashboard.media.files import Stored
from dashboard.media.responses import file_response
from dashboard.shares.cards import HEIGHT, WIDTH, NoCard, card_bytes
from dashboard.shares.door import Opened, nothing_here, opened
from dashboard.shares.showing import Showing, showing_of

DESCRIPTION_MAX = 200
SHOWN_FOR_S = 300
"""How long whoever unfurls may keep what it read."""
EMBED_WIDTH, EMBED_HEIGHT = 1280, 720
"""Of what tells no measures of its own."""


@dataclass(frozen=True, slots=True)
class Film:
    """A video that players elsewhere fetch."""

    url: str
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Tags:
    """All addresses are absolute; "" for what there is none of."""

    title: str
    description: str
    url: str
    image_url: str
    image_alt: str
    film: Film | None
    player_url: str
    oembed_url: str

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https:")

    @property
    def card(self) -> str:
        if self.player_url:
            return "player"
        return "summary_large_image" if self.image_url else "summary"


def tags_of(request: HttpRequest, showing: Showing) -> Tags | None:
    """None of a share with a password, also for those who know it: their browsers pass pages on."""
    if showing.opened.share.password_hash:
        return None
    site, found = site_url(request), showing.opened
    film = _film(showing, site)
    note = " ".join(found.share.note.split())
    return Tags(
        title=showing.title,
        description=(note or showing.summary)[:DESCRIPTION_MAX],
        url=site + found.url("page"),
        image_url=site + found.url("card") if _pictured(showing) else "",
        image_alt=showing.title,
        film=film,
        player_url=site + found.url("embed") if film else "",
        oembed_url=site + found.url("oembed"),
    )


def _film(showing: Showing, site: str) -> Film | None:
    """The first result, when it is an MP4, which every player knows."""
    first = next(iter(showing.exhibits), None)
    if first is None or first.show is not Show.VIDEO or first.content_type != "video/mp4" or not first.url:
        return None
    return Film(site + first.url, first.content_type, *_measures(first))


def _measures(one: Exhibit) -> tuple[int, int]:
    return (one.width, one.height) if one.result.width else (EMBED_WIDTH, EMBED_HEIGHT)


def _pictured(showing: Showing) -> Exhibit | None:
    return next((one for one in showing.exhibits if one.poster_url), None)


@require_safe
@opened
def card(request: HttpRequest, found: Opened) -> HttpResponseBase:
    """The picture of 1200 by 630; 404 while there is no poster to make it of."""
    pictured = _pictured(showing_of(found))
    if pictured is None:
        return nothing_here()
    try:
        return _send_card(request, pictured)
    except NoCard:
        return nothing_here()


def _send_card(request: HttpRequest, pictured: Exhibit) -> HttpResponseBase:
    result = pictured.result
    data = card_bytes(result)
    stored = Stored(
        open=lambda span: BytesIO(data[span.start :]),
        size_bytes=len(data),
        etag=f'"card-{result.pk}-{len(data):x}"',
        modified_at=result.inspected_at or result.created_at,
        content_type="image/jpeg",
        name="share.jpg",
    )
    response = file_response(request, stored)
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
@opened
def oembed(request: HttpRequest, found: Opened) -> HttpResponseBase:
    """oEmbed 1.0 of this share; `maxwidth` and `maxheight` bound what is to be framed."""
    showing = showing_of(found)
    tags = tags_of(request, showing)
    if tags is None:
        return nothing_here()
    if request.GET.get("format", "json") != "json":
        return HttpResponse("This is told as JSON only.", status=501, content_type="text/plain")
    answer: dict[str, Any] = {
        "version": "1.0",
        "type": "link",
        "title": tags.title,
        "provider_name": "Dailies",
        "provider_url": f"{site_url(request)}/",
        "cache_age": SHOWN_FOR_S,
    }
    if showing.maker:
        answer["author_name"] = showing.maker
    if tags.image_url:
        answer |= {"thumbnail_url": tags.image_url, "thumbnail_width": WIDTH, "thumbnail_height": HEIGHT}
    answer |= _framed(request, showing, tags)
    return JsonResponse(answer)


def _framed(request: HttpRequest, showing: Showing, tags: Tags) -> dict[str, Any]:
    """What a reader puts into its page: a player, a picture, or nothing."""
    first = next(iter(showing.exhibits), None)
    if tags.film:
        width, height = _within(request, tags.film.width, tags.film.height)
        ctx = {"url": tags.player_url, "title": tags.title, "width": width, "height": height}
        html = render_to_string("shares/_frame.html", ctx).strip()
        return {"type": "video", "html": html, "width": width, "height": height}
    if first and first.show is Show.IMAGE and first.result.width and first.result.is_stored:
        return {
            "type": "photo",
            "url": site_url(request) + first.url,
            "width": first.width,
            "height": first.height,
        }
    return {}


def _within(request: HttpRequest, width: int, height: int) -> tuple[int, int]:
    """The largest measures of this shape that the reader takes."""
    scale = 1.0
    for name, ours in (("maxwidth", width), ("maxheight", height)):
        wanted = request.GET.get(name, "")
        if wanted.isascii() and wanted.isdigit() and 0 < len(wanted) < 6:
            scale = min(scale, max(1, int(wanted)) / ours)
    return max(1, round(width * scale)), max(1, round(height * scale))
