"""Where this installation lives, for absolute links: as configured, else as the caller reached it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils.http import url_has_allowed_host_and_scheme

_HTTP = {"ws": "http", "wss": "https"}


def site_url(request: HttpRequest) -> str:
    """`scheme://host[:port]` without a trailing slash: PUBLIC_URL, else the request's own."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def own_path(request: HttpRequest, target: str) -> str:
    """`target` when it is a page of this site, "" otherwise: a form's or query's word on where to go on."""
    ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else ""


def site_url_of_scope(scope: Mapping[str, Any]) -> str:
    """The same for an ASGI connection; a Host header that is not ours counts for nothing."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    scheme = scope.get("scheme") or "http"
    return f"{_HTTP.get(scheme, scheme)}://{_named_host(scope) or _own_host(scope)}"


def _named_host(scope: Mapping[str, Any]) -> str:
    host = next((value for name, value in scope.get("headers", ()) if name == b"host"), b"").decode("latin-1")
    domain, _ = split_domain_port(host)
    return host if domain and validate_host(domain, settings.ALLOWED_HOSTS) else ""


def _own_host(scope: Mapping[str, Any]) -> str:
    host, port = scope.get("server") or ("localhost", None)
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" if port else name
