"""The address of a share, which only its token makes: told once, beside its QR code."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import segno
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from dashboard import shown_once
from dashboard.addresses import site_url
from dashboard.checks import LOOPBACK

ONCE = "share"


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link that its maker sees now, and nobody later."""

    url: str

    @property
    def qr(self) -> SafeString:
        """As an SVG without styles. It is always dark on light, as cameras want it."""
        code = segno.make(self.url, error="m", micro=False)
        drawn = code.svg_inline(
            scale=4, border=3, dark="#101012", light="#ffffff", omitsize=True, svgclass="qr"
        )
        return mark_safe(drawn)  # noqa: S308  modules of a code, no text

    @property
    def is_local(self) -> bool:
        """Whether only this machine finds it."""
        host = urlsplit(self.url).hostname or ""
        return (f"[{host}]" if ":" in host else host) in LOOPBACK


def share_url(request: HttpRequest, token: str) -> str:
    """Absolute, under PUBLIC_URL, else under the address that the request came by."""
    return f"{site_url(request)}{reverse('share-page', args=[token])}"


def keep_link(request: HttpRequest, token: str) -> None:
    """Hold a new link for the page that its maker sees next."""
    shown_once.keep(request, ONCE, share_url(request, token))


def take_link(request: HttpRequest) -> MadeLink | None:
    """The link made just now, once."""
    url = shown_once.take(request, ONCE)
    return MadeLink(url) if url else None
