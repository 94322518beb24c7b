"""Where a file lies: links byte for byte, and how long the account's own headers may travel with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, urljoin, urlsplit

from tasks.archive.failures import FailureKind, FetchFailed
from tasks.providers.addresses import MAX_ADDRESS, origin_of, same_origin

_UNFIT = re.compile(r"[^\x21-\x5b\x5d-\x7e]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


@dataclass(frozen=True, slots=True)
class Source:
    """One remote file. `url` is absolute: `poll_address` makes it so where a provider gives a path.

    `own_base_url` is the account's, "" for none. `headers`, which hold the account's key, are sent to its origin
    alone; private addresses are followed on its host alone, whatever the port.
    """

    url: str = field(repr=False)
    own_base_url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    inside: int | None = None
    """Its place, from 0, among the files in base64 of a JSON answer. None: the answer is the file."""

    @property
    def is_own(self) -> bool:
        """Whether the account's own server is asked, with its key."""
        return same_origin(self.url, self.own_base_url)


class Standing(StrEnum):
    """How far the server that a link leads to is trusted."""

    OWN = "own"
    """The account's origin, reached over no other: it gets the key."""
    NEIGHBOUR = "neighbour"
    """The account's host, at another port or after a detour: it may be private, but gets no key."""
    FOREIGN = "foreign"
    """Any other, and whatever it redirects to: public addresses only."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address that may be asked. `base_url` is the account's."""

    url: str = field(repr=False)
    base_url: str = field(repr=False)
    standing: Standing

    @classmethod
    def of(cls, source: Source) -> "Link":
        """FetchFailed (refused) when nobody can follow it."""
        url, base_url = _written(source.url), source.own_base_url
        if same_origin(url, base_url):
            return cls(url, base_url, Standing.OWN)
        return cls(url, base_url, _beside(url, base_url))

    @property
    def server(self) -> str:
        """As people know it."""
        return (urlsplit(self.url).hostname or "")[:80]

    def follow(self, location: str) -> "Link":
        """Where a redirect leads. A foreign server cannot send us back in the account's name."""
        url = _written(_joined(self.url, location.strip()))
        if self.standing is Standing.FOREIGN:
            return Link(url, self.base_url, Standing.FOREIGN)
        if self.standing is Standing.OWN and same_origin(url, self.base_url):
            return Link(url, self.base_url, Standing.OWN)
        return Link(url, self.base_url, _beside(url, self.base_url))


def _beside(url: str, base_url: str) -> Standing:
    same = bool(origin_of(base_url)) and urlsplit(url).hostname == urlsplit(base_url).hostname
    return Standing.NEIGHBOUR if same else Standing.FOREIGN


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
