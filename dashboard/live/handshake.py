"""Who may open a socket: a program by its token, a person by the session cookie and from a page of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict, parse_cookie
from django.http.request import split_domain_port, validate_host

from dashboard.addresses import site_url_of_scope
from dashboard.live.credentials import BearerToken, Credential, SessionCookie
from dashboard.live.interest import Interest

SOCKET_PATH = "/ws/tasks/"
USUAL_PORTS = {"http": 80, "https": 443}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""There every port is another program: the usual one is not our proxy."""

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a handshake asks for, and what it signs in with: not looked at yet."""

    interest: Interest
    credential: Credential


def read_visit(scope: Mapping[str, Any]) -> Visit | None:
    """None when the handshake is to be refused: unknown path or query, no credential, foreign origin."""
    headers = {name.decode("latin1").lower(): value.decode("latin1") for name, value in scope["headers"]}
    try:
        query = QueryDict(scope["query_string"])
        is_program = query.get("format") == "json"
        interest = (
            Interest.of_program(site_url_of_scope(scope)) if is_program else Interest.of_page(query.dict())
        )
    except (ValueError, SuspiciousOperation):
        return None
    credential = _bearer(headers) or (None if is_program else _cookie(headers))
    return Visit(interest, credential) if credential and scope["path"] == SOCKET_PATH else None


def _bearer(headers: Headers) -> Credential | None:
    """A token needs no origin: no browser sends one by itself."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return BearerToken(token.strip()) if scheme.lower() == "bearer" else None


def _cookie(headers: Headers) -> Credential | None:
    """A browser sends cookies for any page, so the page must be ours."""
    key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    return SessionCookie(key) if key and is_our_page(headers) else None


def is_our_page(headers: Headers) -> bool:
    """Whether `Origin` is the host that was asked, PUBLIC_URL, or an allowed host on the same or the usual port."""
    host, origin = headers.get("host", "").lower(), headers.get("origin", "").lower()
    domain, host_port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    try:
        page = urlsplit(origin)
        usual_port = USUAL_PORTS[page.scheme]
        page_port = page.port or usual_port
    except (ValueError, KeyError):
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    if page.scheme == "http" and _came_over_tls(headers):
        return False
    if page.netloc == host:
        return True
    name, same_port = page.hostname or "", page_port == int(host_port or usual_port)
    return _is_named(name) and (same_port or (page_port == usual_port and name not in LOOPBACK))


def _came_over_tls(headers: Headers) -> bool:
    """A page in the clear may be anybody's on the way, so it cannot speak for one over TLS."""
    trusted = settings.SECURE_PROXY_SSL_HEADER is not None
    return trusted and headers.get("x-forwarded-proto") == "https"


def _is_named(domain: str) -> bool:
    """Whether it is an allowed host by name: `*` allows any host to be asked, not any page to ask."""
    named = [pattern for pattern in settings.ALLOWED_HOSTS if pattern != "*"]
    return validate_host(f"[{domain}]" if ":" in domain else domain, named)
