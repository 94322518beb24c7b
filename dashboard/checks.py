"""System checks: settings that are no error by themselves, and yet would fail without a word."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004  Django's own name
from django.http.request import validate_host

from dashboard.media.ways import misfit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@register("dailies")
def check_debug(**_: Any) -> list[CheckMessage]:
    """dailies.W001: error pages that show the code, where others can reach them."""
    exposed = [host for host in settings.ALLOWED_HOSTS if host not in LOOPBACK]
    if not settings.DEBUG or not exposed:
        return []
    message = f"DEBUG is on, so whoever comes by “{exposed[0]}” is shown the inside of errors."
    return [Warning(message, hint="Remove DEBUG, or set it to 0.", id="dailies.W001")]


@register("dailies")
def check_any_host(**_: Any) -> list[CheckMessage]:
    """dailies.W002: whoever sends a request chooses the host of the links in it."""
    if "*" not in settings.ALLOWED_HOSTS or settings.PUBLIC_URL:
        return []
    message = "ALLOWED_HOSTS is “*”, so a request's Host header decides where links lead."
    return [Warning(message, hint="Name the hosts, or set PUBLIC_URL.", id="dailies.W002")]


@register("dailies")
def check_shared_key(**_: Any) -> list[CheckMessage]:
    """dailies.W003: the first machine's own key counts, and every other machine is refused later."""
    if not _is_postgresql() or settings.ENVIRONMENT.SECRET_KEY:
        return []
    message = "DATABASE_URL can be shared, but the secret key is this machine's own: others could not start with it."
    hint = f"Set SECRET_KEY on every machine, at first to what {settings.DATA_DIR / 'secret_key'} holds."
    return [Warning(message, hint=hint, id="dailies.W003")]


@register("dailies")
def check_shared_layer(**_: Any) -> list[CheckMessage]:
    """dailies.W004: several processes, each with messages of its own."""
    if not _is_postgresql() or settings.LAYER_IS_SHARED:
        return []
    message = "DATABASE_URL can be shared, but messages stay inside this process: pages hear of others a second late."
    return [Warning(message, hint="Set REDIS_URL on every machine.", id="dailies.W004")]


@register("dailies")
def check_public_host(**_: Any) -> list[CheckMessage]:
    """dailies.W005: the address that people are given answers 400."""
    host = urlsplit(settings.PUBLIC_URL).hostname
    if host is None or validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        return []
    message = f"ALLOWED_HOSTS leaves out {host}, so {settings.PUBLIC_URL} itself is refused."
    return [Warning(message, hint=f"Add {host} to ALLOWED_HOSTS, or remove it.", id="dailies.W005")]


@register("dailies")
def check_media_delivery(**_: Any) -> list[CheckMessage]:
    """dailies.W006: media are sent, but not the way that was asked for."""
    if not (why := misfit()):
        return []
    hint = "Remove MEDIA_DELIVERY, or keep media where it works. Until then Dailies sends them itself."
    return [Warning(why, hint=hint, id="dailies.W006")]


def _is_postgresql() -> bool:
    return bool(settings.ENVIRONMENT.DATABASE_URL.startswith("postgres"))
