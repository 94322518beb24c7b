"""Who sends our copies: Dailies itself, nginx in front of it, or the bucket they lie in. A setting says."""

from enum import StrEnum
from pathlib import Path
from typing import cast

from csp.constants import SELF
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest, HttpResponseBase

from dashboard.media.files import Stored
from dashboard.media.responses import accel_response, file_response, storage_redirect
from tasks.archive.storage import media_storage

INTERNAL = "/_media/"
"""The location of the media folder in nginx, marked `internal`."""
SIGNED_LASTS_S = 15 * 60
"""A player asks its bucket again whenever somebody seeks: so long it may."""


class Way(StrEnum):
    """The words of MEDIA_DELIVERY."""

    STREAM = "stream"
    ACCEL = "accel"
    SIGNED = "signed"


def is_in_folder() -> bool:
    """Whether copies lie in a folder of this machine, rather than in a bucket."""
    return isinstance(media_storage(), FileSystemStorage)


def misfit() -> str:
    """Why MEDIA_DELIVERY does not fit where copies lie, in a sentence; "" when it does."""
    if settings.MEDIA_DELIVERY == Way.ACCEL and not is_in_folder():
        return "MEDIA_DELIVERY is accel, but nginx cannot send files that lie in a bucket."
    if settings.MEDIA_DELIVERY == Way.SIGNED and is_in_folder():
        return (
            "MEDIA_DELIVERY is signed, but only a bucket takes signed addresses, and media lie in a folder."
        )
    return ""


def copy_response(request: HttpRequest, copy: Stored, name: str) -> HttpResponseBase:
    """Our copy, which lies under `name`. OSError when it cannot be read; nothing is sent by then."""
    way = Way.STREAM if misfit() else Way(settings.MEDIA_DELIVERY)
    if way is Way.ACCEL:
        path = Path(cast("FileSystemStorage", media_storage()).path(name))
        path.stat()  # nginx would answer 404 with a page of its own
        return accel_response(copy, INTERNAL + name)
    if way is Way.SIGNED and request.method == "GET":
        from dashboard.media.buckets import signed_url  # only who keeps media in a bucket loads all this

        return storage_redirect(signed_url(media_storage(), name, copy, SIGNED_LASTS_S))
    return file_response(request, copy)


def media_origins() -> list[str]:
    """Where besides ourselves pages load media from."""
    if misfit() or settings.MEDIA_DELIVERY != Way.SIGNED:
        return []
    from dashboard.media.buckets import origin_of_bucket

    return [origin_of_bucket(media_storage())]


def allow_origins(directives: dict[str, list[str]]) -> None:
    """Add them to a Content-Security-Policy: players, pictures, and scripts that read a model."""
    for origin in media_origins():
        for name in ("connect-src", "img-src", "media-src"):
            directives.setdefault(name, [SELF]).append(origin)
