"""Who looked: counted once the answer is on its way, without bots, previews and the team itself."""

import logging
import re
from functools import partial
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard.attempts import address_of
from dashboard.people import Role, role_of
from tasks.models import Share
from tasks.visits import count_visit

logger = logging.getLogger(__name__)

MACHINES = re.compile(
    r"bot\b|bot[/-]|crawl|spider|slurp|preview|unfurl|embed|facebookexternalhit|facebookcatalog|whatsapp|telegram"
    r"|discord|slack|skype|linkedin|pinterest|vkshare|mastodon|bluesky|iframely|metadata|archiver|monitor|uptime"
    r"|lighthouse|pagespeed|curl|wget|python|httpx|aiohttp|go-http|java/|okhttp|libwww|perl|ruby|node|axios|scrapy",
    re.IGNORECASE,
)
"""Programs, by the names they give themselves; who gives none is one as well."""
FROM_THE_START = re.compile(r"bytes=0-")


def note_visit(request: HttpRequest, response: HttpResponseBase, share: Share) -> None:
    """Count a look at `share` when `response` has been sent."""
    if response.status_code in {200, 206} and _is_person(request):
        who = address_of(request), request.headers["User-Agent"]
        closers = response._resource_closers  # type: ignore[attr-defined]
        closers.append(partial(_count, share.pk, *who))


def _is_person(request: HttpRequest) -> bool:
    agent = request.headers.get("User-Agent", "")
    if request.method != "GET" or not agent or MACHINES.search(agent):
        return False
    purpose = f"{request.headers.get('Sec-Purpose', '')} {request.headers.get('Purpose', '')}"
    if "prefetch" in purpose or "preview" in purpose or request.headers.get("X-Moz") == "prefetch":
        return False
    if not FROM_THE_START.match(request.headers.get("Range", "bytes=0-")):
        return False  # a seek in what was counted when it began
    return role_of(request.user) < Role.VIEWER


def _count(share_id: UUID, address: str, agent: str) -> None:
    """A count that fails must not look like a failure of the answer, which is sent."""
    try:
        count_visit(share_id, address, agent, timezone.now())
    except DatabaseError:
        logger.exception("a view of share %s was not counted", share_id)
