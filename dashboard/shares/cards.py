"""The picture that stands for a share elsewhere: a poster of ours on black, 1200 by 630, made once and kept."""

import logging
from contextlib import closing
from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image

from dashboard.media.copies import open_copy, poster_bytes
from dashboard.media.ranges import Span
from tasks.archive.storage import card_name, media_storage
from tasks.models import Result

logger = logging.getLogger(__name__)

WIDTH, HEIGHT = 1200, 630
CARD_MAX_BYTES = 4 * 1024 * 1024
POSTER_MAX_PIXELS = 4096 * 4096
"""Our posters are far smaller: whatever else lies in their place is not opened."""
FILM = (16, 16, 18)
QUALITY = 84


class NoCard(Exception):
    """There is no poster to make it of, or it cannot be read."""


def card_bytes(result: Result) -> bytes:
    """The JPEG. Takes a moment the first time, so call it in a thread. NoCard."""
    try:
        with closing(open_copy(media_storage(), card_name(result.pk), Span(0, CARD_MAX_BYTES))) as kept:
            return kept.read()
    except OSError:
        made = _make(result)
    try:
        media_storage().save(card_name(result.pk), ContentFile(made))
    except Exception:  # whatever the storage raises: it can be made again
        logger.exception("the card of result %s was not kept", result.pk)
    return made


def _make(result: Result) -> bytes:
    try:
        with Image.open(BytesIO(poster_bytes(result)), formats=["WEBP"]) as poster:
            if poster.width * poster.height > POSTER_MAX_PIXELS:
                raise NoCard
            return _letterboxed(poster.convert("RGBA"))
    except (OSError, ValueError, SyntaxError) as error:
        raise NoCard from error


def _letterboxed(poster: Image.Image) -> bytes:
    scale = min(WIDTH / poster.width, HEIGHT / poster.height)
    size = max(1, round(poster.width * scale)), max(1, round(poster.height * scale))
    whole = poster.resize(size, Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (WIDTH, HEIGHT), FILM)
    canvas.paste(whole, ((WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2), whole)
    out = BytesIO()
    canvas.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()
