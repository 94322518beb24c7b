"""Where a file lies: links byte for byte, and how long the account's own headers may travel with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from tasks.archive.failures import FailureKind, FetchFailed
from tasks.providers.addresses import MAX_ADDRESS, origin_of, same_origin

_UNFIT = re.compile(r"[^\x21-\x5b\x5d-\x7e]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


@dataclass(frozen=True, slots=True)
class Source:
    """One remote file. `url` is absolute: `poll_address` makes it so where a provider gives a path.

    `own_base_url` is the account's, "" for none: there, and only there, private addresses are followed
    and `headers`, which hold the account's key, are sent.
    """

    url: str = field(repr=False)
    own_base_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """An address that may be asked. `own`: on the account's own server, and on no other on the way there."""

    url: str = field(repr=False)
    own: bool

    @classmethod
    def of(cls, source: Source) -> "Link":
        """FetchFailed (refused) when nobody can follow it."""
        url = _written(source.url)
        return cls(url, same_origin(url, source.own_base_url))

    @property
    def server(self) -> str:
        """As people know it."""
        return (urlsplit(self.url).hostname or "")[:80]

    def follow(self, location: str) -> "Link":
        """Where a redirect leads. A foreign server cannot send us back in the account's name."""
        url = _written(_joined(self.url, location.strip()))
        return Link(url, self.own and same_origin(url, self.url))


def _joined(base: str, location: str) -> str:
    """An absolute one stays as it is, since joining would touch signed links; "" when it cannot be read."""
    if _ABSOLUTE.match(location):
        return location
    try:
        return urljoin(base, location)
    except ValueError:
        return ""


def _written(url: str) -> str:
    """As it stands, only with spaces, backslashes and letters of other scripts written the way links hold them."""
    written = _UNFIT.sub(lambda found: quote(found[0], safe="", errors="replace"), url.strip())
    if len(written) > MAX_ADDRESS:
        raise FetchFailed(FailureKind.REFUSED, "The link is too long to be followed.")
    if not origin_of(written):
        raise FetchFailed(FailureKind.REFUSED, "The link does not lead to a web server; it is not followed.")
    return written
