"""What the server serves: Django's pages and API over HTTP, and the live socket."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
pages = get_asgi_application()

from dashboard.gateway.addresses import PREFIX  # noqa: E402  models can be imported only once Django is set up
from dashboard.gateway.app import gateway  # noqa: E402
from dashboard.live.consumer import consume  # noqa: E402


async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Pages, or the gateway: what a program sends there is no business of sessions and forms."""
    await (gateway if scope["path"].startswith(PREFIX) else pages)(scope, receive, send)


application = ProtocolTypeRouter({"http": answer, "websocket": consume})
