"""How a media file presents itself to a browser. Whatever is in it, it never runs."""

from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpResponseBase
from django.utils.cache import patch_vary_headers

from dashboard.media.names import content_disposition

SANDBOX = (
    "sandbox allow-same-origin; default-src 'none'; media-src 'self'; img-src 'self'; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script, no form, no window. A browser's own player still works when a file is opened at its address: it fetches
the file again, with the cookie, which an origin of nowhere would not be given."""

ASK_AGAIN = "private, no-cache"
"""Kept by the browser, but asked about each time: who may not see a file any more does not see it."""

UNKNOWN_TYPE = "application/octet-stream"
HARMLESS = frozenset(
    {
        *(f"video/{name}" for name in ("mp4", "webm", "ogg", "quicktime", "x-matroska", "mpeg")),
        *(f"audio/{name}" for name in ("mpeg", "mp4", "aac", "ogg", "wav", "x-wav", "webm", "flac")),
        *(f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "avif", "bmp", "tiff")),
        "model/gltf-binary",
        "text/plain",
        "text/vtt",
    }
)
"""Types that hold nothing a browser would run. All others are handed out as unknown, to be saved."""


class Disposition(StrEnum):
    """Shown in the page, or saved."""

    INLINE = "inline"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`content_type` as sniffed or told; it is believed only when it is harmless."""

    content_type: str
    name: str
    disposition: Disposition = Disposition.INLINE
    cache_control: str = ASK_AGAIN

    @property
    def is_harmless(self) -> bool:
        return self._bare_type in HARMLESS

    @property
    def _bare_type(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def sent_type(self) -> str:
        """The header `Content-Type`."""
        return _with_charset(self._bare_type) if self.is_harmless else UNKNOWN_TYPE

    @property
    def sent_disposition(self) -> str:
        """The header `Content-Disposition`."""
        disposition = self.disposition if self.is_harmless else Disposition.ATTACHMENT
        return content_disposition(disposition, self.name)

    def dress(self, response: HttpResponseBase) -> None:
        """Set every header that does not depend on what was asked."""
        response["Content-Type"] = self.sent_type
        response["Content-Disposition"] = self.sent_disposition
        response["Cache-Control"] = self.cache_control
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = SANDBOX
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        patch_vary_headers(response, ["Authorization", "Cookie"])


def kept_for(seconds: float) -> str:
    """`Cache-Control` of a file that a browser may show again for so long without asking."""
    return f"private, max-age={seconds:.0f}, immutable"


def _with_charset(bare_type: str) -> str:
    return f"{bare_type}; charset=utf-8" if bare_type.startswith("text/") else bare_type
