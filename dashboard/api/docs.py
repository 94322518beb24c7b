"""The page that shows and tries the API, from the server's own files."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


class DocsPage(DocsBase):
    """Swagger UI, without its top bar."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        settings = {"url": self.get_openapi_url(api, kwargs), "layout": "BaseLayout", "deepLinking": True}
        return HttpResponse(render_to_string("api/docs.html", {"settings": settings, "title": api.title}))


allow_drawn_icons = csp_update({"img-src": [SELF, "data:"]})
"""For the docs page alone: Swagger UI's style sheet holds its icons as data URLs."""
