"""Links that give whoever has one a single file for a while, without a login: providers fetch by them."""

from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

from tasks.archive.guard import is_public
from tasks.providers.references import Reference, Source

PATH = "given/"
"""Below PUBLIC_URL. What follows it is secret, and cut from logs (`dashboard/masked_lines.py`)."""
_PRIVATE_ENDS = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "test",
    "home.arpa",
    "onion",
)
"""Of names that no public server has."""


def links_work() -> bool:
    """Whether a provider can follow a link of ours: PUBLIC_URL is https, and its host none of a private network's."""
    parts = urlsplit(settings.PUBLIC_URL)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host:
        return False
    if ":" in host or host.replace(".", "").isdigit():
        return is_public(host)
    return "." in host and not any(f".{host}".endswith(f".{end}") for end in _PRIVATE_ENDS)


def token_for(reference: Reference, until: datetime) -> str:
    """What opens the file until then, and nothing else. Made anew it is the same."""
    return _signer().sign_object([reference.source, reference.id.hex, int(until.timestamp())])


def url_of(token: str, extension: str) -> str:
    """Its address. The name at the end says only what kind of file it is: some providers go by that."""
    return f"{settings.PUBLIC_URL}/{PATH}{token}/file.{extension}"


def read(token: str, now: datetime) -> Reference | None:
    """What a token opens; None when it is not ours, or too old."""
    try:
        source, hexadecimal, until = _signer().unsign_object(token)
        reference = Reference(Source(source), UUID(hexadecimal))
        ends_at = datetime.fromtimestamp(until, UTC)
    except (BadSignature, ValueError, TypeError):
        return None
    return reference if now < ends_at else None


def _signer() -> Signer:
    return Signer(salt="dailies.given")
