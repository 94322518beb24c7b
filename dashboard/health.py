"""For whoever watches the service: is the process up, and can it work. Neither asks who calls, nor tells secrets."""

import asyncio
import logging
from contextlib import suppress
from typing import Any
from uuid import uuid4

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.pulse import read_pulse

logger = logging.getLogger(__name__)

OK = "ok"
LAYER_TIMEOUT_S = 2.0


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; touches nothing else."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Each part `ok` or a reason; 503 without database or channel layer, since then no page can be trusted.

    `?verbose` adds `heartbeat_age_s`, null without a poller, and `lag_s`, also when all is well.
    """
    database = check_database()
    pulse = read_pulse(timezone.now()) if database == OK else None
    parts = {
        "database": database,
        "layer": check_layer(),
        "poller": (pulse.trouble or OK) if pulse else "unknown while the database does not answer",
    }
    ready = parts["database"] == OK and parts["layer"] == OK
    figures = {"heartbeat_age_s": pulse and pulse.age_s, "lag_s": pulse and pulse.lag_s}
    more = figures if "verbose" in request.GET else {}
    return JsonResponse(parts | more, status=200 if ready else 503)


def check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        logger.warning("the database does not answer: %s", error)
        return "the database does not answer; the reason is in the log"
    return OK


def check_layer() -> str:
    if reason := why_layer_is_away():
        logger.warning("the channel layer does not answer: %s", reason)
        return "the channel layer does not answer; the reason is in the log"
    return OK


def why_layer_is_away() -> str:
    """Why a message that was sent does not come back; "" when it does, or never leaves the process."""
    if not settings.LAYER_IS_SHARED:
        return ""
    try:
        async_to_sync(_round_trip)()
    except TimeoutError:
        return f"it did not deliver within {LAYER_TIMEOUT_S:g} s"
    except Exception as error:  # noqa: BLE001  whatever the layer's transport raises
        return str(error) or type(error).__name__
    return ""


async def _round_trip() -> None:
    layer: Any = get_channel_layer()
    message = {"type": "health.check", "word": uuid4().hex}
    async with asyncio.timeout(LAYER_TIMEOUT_S):
        channel = await layer.new_channel()
        await layer.send(channel, message)
        await layer.receive(channel)
        await _leave(layer, channel)


async def _leave(layer: Any, channel: str) -> None:
    """A layer forgets a channel only when a wait on it is given up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            await layer.receive(channel)
