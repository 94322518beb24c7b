"""Tells people through the services they read: mail, Slack, Telegram, ntfy and a hundred more, by the library apprise.

Its addresses carry the keys: they are shown nowhere, and what the library says is written down without them. It is
slow to load, so it is loaded where it is first used, and it blocks, so call it in a thread of its own.
"""

import logging
import re
import threading
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from tasks.notifying.fence import fenced
from tasks.notifying.outcome import TROUBLE_MAX, Outcome
from tasks.notifying.webhook import IN_PRIVATE
from tasks.providers.masks import mask_secrets
from tasks.storable import clean

if TYPE_CHECKING:
    from apprise import NotifyBase

logger = logging.getLogger(__name__)

ADDRESS_MAX = 4_000
LOCAL = frozenset(
    {
        *("syslog", "rsyslog", "dbus", "kde", "qt", "glib", "gio", "gnome", "macosx", "windows", "blink1"),
        "vapid",  # wants keys in files of this machine
    }
)
"""They tell this machine alone, or tell nobody whether anything arrived."""
FILES = frozenset({"keyfile", "subfile", "pgp", "pgppub", "pgpprv"})
"""Parameters by which some services read files of this machine."""
_STATUS = re.compile(r"\berror=(\d{3})\b")
_PIECES = re.compile(r"[/:@?&=+,;#\s]+")
SECRET_MIN = 4


class AddressRefused(Exception):
    """Why an address is not taken, as a sentence for whoever typed it. It never repeats the address."""


@dataclass(frozen=True, slots=True)
class Service:
    """What may be told of an address: the service's name, and its scheme with its host where that is one."""

    name: str
    hint: str


@dataclass(frozen=True, slots=True)
class Message:
    """For people. `tone` is apprise's: info, success, warning, failure."""

    title: str
    text: str
    tone: str = "info"


def look_at(address: str) -> Service:
    """What kind of address it is. AddressRefused for what is none, or would not leave this machine."""
    plugin = _plugin_of(_checked(address))
    written, known = _split(address.strip()).scheme.lower(), _schemes_of(plugin)
    scheme = (
        written if written in known else known[0]
    )  # Slack and others give out addresses that begin with https
    return Service(str(plugin.service_name), f"{scheme}://{_host_of(plugin) or '…'}")


def send(address: str, message: Message) -> Outcome:
    """One attempt; blocks. Whatever goes wrong is in the outcome, without the address."""
    try:
        plugin = _plugin_of(_checked(address))
    except AddressRefused as refused:
        return Outcome(str(refused))
    host = _host_of(plugin)
    own_hosts = {host, str(getattr(plugin, "smtp_host", "")).lower()} & settings.NOTIFY_PRIVATE_HOSTS
    _said.words = ""
    with fenced(own_hosts) as fence:
        arrived = _notify(plugin, message)
    if arrived:
        return Outcome()
    if fence.refused_private:
        return Outcome(IN_PRIVATE)
    return _failed(str(plugin.service_name), address, host)


def _notify(plugin: "NotifyBase", message: Message) -> bool:
    apprise = _library()
    try:
        return bool(
            plugin.notify(
                title=message.title,
                body=message.text,
                notify_type=apprise.NotifyType(message.tone),
                body_format=apprise.NotifyFormat.TEXT,
            )
        )
    except Exception as error:  # noqa: BLE001  a hundred services, each with errors of its own that may hold the address
        _said.words = f"it failed with {type(error).__name__}"
        return False


def _failed(name: str, address: str, host: str) -> Outcome:
    words = _without(address, host, getattr(_said, "words", ""))
    status = _STATUS.search(words)
    trouble = f"{name} did not take it" + (f": {words.rstrip('.')}." if words else ".")
    return Outcome(clean(trouble, TROUBLE_MAX), int(status[1]) if status else None)


def _without(address: str, host: str, words: str) -> str:
    """The library's words, without any part of the address but the host of one's own server."""
    for piece in sorted(set(_PIECES.split(address)), key=len, reverse=True):
        if len(piece) >= SECRET_MIN and piece.lower() != host:
            words = words.replace(piece, "…")
    return " ".join(mask_secrets(words).split())


def _checked(address: str) -> str:
    address = address.strip()
    parts = _split(address)
    if len(address) > ADDRESS_MAX or not address.isprintable() or " " in address or not parts.scheme:
        raise AddressRefused(
            "This is no address of a service, such as ntfy://topic or mailto://user:password@host."
        )
    if parts.scheme.lower() in LOCAL:
        raise AddressRefused(
            f"“{parts.scheme}://” stays on the machine that runs Dailies, and reaches nobody."
        )
    asked = {name.lower().lstrip("+-:") for name in parse_qs(parts.query, keep_blank_values=True)}
    if refused := sorted(asked & FILES):
        raise AddressRefused(f"The parameter “{refused[0]}” names a file, which is not read. Leave it out.")
    return address


def _split(address: str) -> Any:
    try:
        return urlsplit(address)
    except ValueError as error:
        raise AddressRefused("This is no address of a service: its host is malformed.") from error


def _plugin_of(address: str) -> "NotifyBase":
    apprise = _library()
    with fenced():
        plugin = apprise.Apprise.instantiate(address, asset=_asset())
    if plugin is None:
        scheme = _split(address).scheme
        raise AddressRefused(
            f"No service understands this “{scheme}://” address. docs/notifications.md has examples of the usual ones."
        )
    if local := LOCAL.intersection(_schemes_of(plugin)):
        raise AddressRefused(f"“{min(local)}://” stays on the machine that runs Dailies, and reaches nobody.")
    return plugin  # type: ignore[no-any-return]


def _schemes_of(plugin: "NotifyBase") -> list[str]:
    """What its addresses may begin with, the secure ones first."""
    found: list[Any] = [plugin.secure_protocol, plugin.protocol]
    return [word for words in found if words for word in ([words] if isinstance(words, str) else words)]


def _host_of(plugin: "NotifyBase") -> str:
    """The host that an address names; "" where something secret stands in its place, or may stand there.

    Some services take a key or their own server's name at the same place: a name without a dot may be a key.
    """
    host = str(plugin.host or "").lower() if "host" in plugin.template_tokens else ""
    is_surely_host = "." in host or ":" in host or host in settings.NOTIFY_PRIVATE_HOSTS
    return host if is_surely_host else ""


class _Listener(logging.Handler):
    """Remembers what the library said last in this thread, and writes it nowhere."""

    def emit(self, record: logging.LogRecord) -> None:
        _said.words = record.getMessage()


_said = threading.local()


@cache
def _library() -> Any:
    apprise = import_module("apprise")
    log = logging.getLogger("apprise")
    log.handlers[:] = [_Listener(logging.WARNING)]
    log.propagate = False
    for noisy in ("urllib3", "requests", "requests_oauthlib"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)  # they would name addresses
    # Outside the fence: loading its services looks at what this machine has.
    import_module("apprise.manager_plugins").NotificationManager().load_modules()
    return apprise


@cache
def _asset() -> Any:
    return _library().AppriseAsset(
        app_id="Dailies",
        app_desc="Dailies",
        app_url=settings.PUBLIC_URL or "",
        image_url_mask="",  # else services would be told to show pictures from the library's own site
        image_url_logo="",
        async_mode=False,
        http_redirects=False,
        pgp_autogen=False,
        pem_autogen=False,
        storage_mode="memory",
        secure_logging=True,
        allow_templates=False,
    )
