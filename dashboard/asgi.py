"""What the server serves: Django's pages and API over HTTP, and the live socket."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
pages = get_asgi_application()

from dashboard.live.consumer import consume  # noqa: E402  models can be imported only once Django is set up

application = ProtocolTypeRouter({"http": pages, "websocket": consume})
