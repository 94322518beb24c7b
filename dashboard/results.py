"""Where a result can be had until we keep a copy of our own, and what is said when it cannot."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import reverse

from dashboard.figures import clock, size
from dashboard.raw_answers import mask_queries
from dashboard.wording import KINDS
from tasks.models import Result
from tasks.providers.addresses import poll_address
from tasks.vocabulary import Archive, Kind

KEYED = "/download?id="
"""Nebula's download of Sora files: it wants the account's key, which no browser is given."""
SHOWN_URL_MAX = 120


@dataclass(frozen=True, slots=True)
class Offer:
    """A result as the task page offers it: `url` leads to it, or is "" and `says` tells why."""

    result: Result
    name: str
    facts: str
    url: str
    says: str


def result_target(result: Result) -> str | None:
    """The provider's http(s) address of a file, or None when a browser cannot fetch it there."""
    if result.inline or result.archive == Archive.EXPIRED or KEYED in result.remote_url:
        return None
    try:
        url = _absolute(result)
        parts = urlsplit(url)
    except ValueError:  # AddressRefused is one
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def _absolute(result: Result) -> str:
    """A path is the account's own server's, joined like a poll URL."""
    if result.remote_url.startswith("/"):
        return poll_address(result.task.account.base_url, result.remote_url)
    return result.remote_url


def why_not(result: Result) -> str:
    """Why `result_target` is None, in a sentence."""
    name = result.task.account.provider_module.NAME
    if result.archive == Archive.EXPIRED:
        return f"{name} no longer has this file."
    if result.inline:
        return f"{name} sent this file inside its answer. It can be fetched here once it is kept."
    if not result.remote_url or KEYED in result.remote_url:
        return (
            f"{name} gives this file out only with the account’s key. It can be fetched here once it is kept."
        )
    shown = mask_queries(result.remote_url)[:SHOWN_URL_MAX]
    return f"{name} gave an address that is no web address: {shown}"


def offer(result: Result) -> Offer:
    name = result.name or f"{result.role.replace('_', ' ').capitalize()} {result.position + 1}"
    facts = " · ".join([KINDS[Kind(result.kind)], *measures(result)])
    if result_target(result) is None:
        return Offer(result, name, facts, "", why_not(result))
    return Offer(result, name, facts, reverse("result", args=[result.pk]), "")


def measures(result: Result) -> list[str]:
    """What is known of a file: `8 s`, `1280×720`, `19 MB`."""
    known = []
    if result.duration_s:
        known.append(f"{result.duration_s:g} s" if result.duration_s < 60 else clock(result.duration_s))
    if result.width and result.height:
        known.append(f"{result.width}×{result.height}")
    if result.bytes is not None:
        known.append(size(result.bytes))
    return known
