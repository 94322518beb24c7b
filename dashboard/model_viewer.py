"""The page that shows a GLB model. It stands in a frame, since its policy has to allow what no other page does."""

from copy import deepcopy

from csp.constants import NONE, SELF, UNSAFE_INLINE, WASM_UNSAFE_EVAL
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.media.ways import allow_origins

BLOB = "blob:"
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF, BLOB, WASM_UNSAFE_EVAL],  # decoders: WebAssembly, in workers made of blobs
    "worker-src": [SELF, BLOB],
    "connect-src": [SELF, BLOB],
    "img-src": [SELF, BLOB],
    "style-src": [SELF, UNSAFE_INLINE],  # the component carries its own style sheet
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
}


def viewer_page(request: HttpRequest, *, name: str, file_url: str, poster_url: str = "") -> HttpResponse:
    """Show the model at `file_url`, of our own origin. Whoever calls has asked whether the reader may see it."""
    ctx = {"name": name, "file_url": file_url, "poster_url": poster_url}
    response = render(request, "exhibits/viewer.html", ctx)
    policy = deepcopy(POLICY)
    allow_origins(policy)  # our address of the model may lead into a bucket
    response["Content-Security-Policy"] = build_policy(policy)
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
