"""Where a request may go. A key travels only to its account's own origin, to an address nobody can misread."""

import ipaddress
import re
from urllib.parse import SplitResult, unquote, urlsplit

MAX_ADDRESS = 8192
DEFAULT_PORTS = {"http": 80, "https": 443}

_UNFIT = re.compile(r"[^\x21-\x5b\x5d-\x7e]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._\-]*[A-Za-z0-9_])?")
_SERVER = re.compile(r"(?:[A-Za-z0-9._\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
"""Host and port: a stricter look than urllib's, which overlooks what stands beside brackets."""
_NUMBERS_ONLY = re.compile(r"[0-9.]+")
_ENCODED = re.compile(r"%(2e|2f|5c)", re.IGNORECASE)
_DECODED = {"2e": ".", "2f": "/", "5c": "/"}


class AddressRefused(ValueError):
    """An address that must not be asked. Its text is a sentence for people."""


def poll_address(base_url: str, target: str) -> str:
    """The address to ask: `target` as it was given, byte for byte, on the account's own origin.

    A relative target is appended to the base URL, unless it begins with the base's own path already.
    AddressRefused for another origin and for anything that two readers could read differently.
    """
    _check_readable(target)
    base = base_url.rstrip("/")
    if target.startswith("//"):
        raise AddressRefused("The poll address begins with two slashes: it would lead to another server.")
    if _SCHEME.match(target):
        address = target
    elif not target.startswith("/"):
        address = f"{base}/{target}"
    else:
        address = (_origin_text(base) if _begins_with(target, urlsplit(base).path) else base) + target
    if not same_origin(address, base):
        raise AddressRefused(
            "The poll address is not on this account's own server, so it gets no key and no request."
        )
    _check_path(urlsplit(address).path)
    return address


def clean_base_url(text: str) -> str:
    """An account's base URL without trailing slash, scheme and host in lower case; AddressRefused with the reason."""
    text = text.strip()
    if not re.match(r"https?://", text, re.IGNORECASE):
        raise AddressRefused("The base URL must begin with http:// or https://.")
    _check_readable(text)
    if "?" in text or "#" in text:
        raise AddressRefused("The base URL must end before any ? or #.")
    parts = _split(text)
    _check_host(parts)
    path = parts.path.rstrip("/")
    if "//" in path:
        raise AddressRefused("The base URL has an empty part between two slashes.")
    _check_path(path)
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(':')}{path}"


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port; False when either has none, or names a user."""
    try:
        return _origin(_split(one)) == _origin(_split(other))
    except AddressRefused:
        return False


def origin_of(address: str) -> str:
    """`scheme://host[:port]` of an http(s) address, in lower case; "" for anything else."""
    try:
        parts = _split(address)
    except AddressRefused:
        return ""
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def id_at_end(address: str) -> str:
    """The last part of an address's path, decoded: where every provider puts the task's id."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return unquote(path.rstrip("/").rpartition("/")[2])


def _split(address: str) -> SplitResult:
    """AddressRefused unless it is an http(s) address with a host, a valid port and no user."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused("The address cannot be read.") from error
    if parts.scheme not in DEFAULT_PORTS or not host or port == 0:
        raise AddressRefused("The address needs http:// or https:// and a server.")
    if "@" in parts.netloc:
        raise AddressRefused("The address must not hold a user name or password.")
    if not _SERVER.fullmatch(parts.netloc):
        raise AddressRefused("The address's server name holds a character that no server name has.")
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]


def _origin_text(base: str) -> str:
    return base[: base.index("/", base.index("//") + 2)]


def _begins_with(target: str, base_path: str) -> bool:
    return bool(base_path) and re.split(r"[?#]", target, maxsplit=1)[0].startswith(f"{base_path}/")


def _check_readable(text: str) -> None:
    if not text or len(text) > MAX_ADDRESS:
        raise AddressRefused("The address is empty or too long.")
    if _UNFIT.search(text):
        raise AddressRefused(
            "The address holds a space, a backslash or another character that no address has."
        )


def _check_path(path: str) -> None:
    plain = _ENCODED.sub(lambda found: _DECODED[found[1].lower()], path)
    if any(segment in (".", "..") for segment in plain.split("/")):
        raise AddressRefused("The address holds a step such as “..”, which could lead anywhere.")


def _check_host(parts: SplitResult) -> None:
    host = parts.hostname or ""
    try:
        if ":" in host:
            ipaddress.IPv6Address(host)
        elif _NUMBERS_ONLY.fullmatch(host):
            ipaddress.IPv4Address(host)
        elif not _HOST.fullmatch(host):
            raise AddressRefused("The base URL's server name holds a character that no server name has.")
    except ipaddress.AddressValueError as error:
        raise AddressRefused("The base URL's server is no valid IP address.") from error
