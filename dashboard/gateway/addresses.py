"""What the address of a request at the gateway names. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tasks.providers.contract import Provider
from tasks.vocabulary import Kind

PREFIX = "/gateway/"
_PATH = re.compile(r"/gateway/(?P<slug>[^/]+)(?:/key/(?P<token>[^/]*))?(?P<target>/.*)")


@dataclass(frozen=True, slots=True)
class Address:
    """`target`: path and query as the provider is to get them, byte for byte; `token`: "" when the path has none."""

    slug: str
    target: str
    token: str = field(default="", repr=False)

    @property
    def path(self) -> str:
        """Where this gateway begins: what a provider's base URL is to its own clients."""
        return f"{PREFIX}{self.slug}" + (f"/key/{self.token}" if self.token else "")


def read_address(scope: Mapping[str, Any]) -> Address | None:
    """None for a path that leads to no account's gateway."""
    raw = scope.get("raw_path")
    path = (
        raw.decode("latin-1").partition("?")[0] if raw else quote(scope["path"], safe="/%:@!$&'()*+,;=~-._")
    )
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    query = scope["query_string"].decode("latin-1")
    return Address(found["slug"], found["target"] + (f"?{query}" if query else ""), found["token"] or "")


def kind_made(provider: Provider, method: str, target: str) -> Kind | None:
    """What a create call has made; None for a request that is none."""
    return provider.KINDS_MADE.get(target.partition("?")[0].rstrip("/")) if method == "POST" else None


def id_asked(provider: Provider, method: str, target: str) -> str:
    """The remote id of the task whose state is asked for; "" for any other request."""
    found = provider.adopt(target) if method == "GET" else None
    return found.remote_id if found and found.poll_url else ""
