"""The address of a share, which only its token makes."""

from django.http import HttpRequest
from django.urls import reverse

from dashboard.addresses import site_url


def share_url(request: HttpRequest, token: str) -> str:
    """Absolute, under PUBLIC_URL, else under the address that the request came by."""
    return f"{site_url(request)}{reverse('share-page', args=[token])}"
