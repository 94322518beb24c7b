"""The product's server and middleware on the pages of `urls.py`: run apart, as it has a loop of its own."""

import os
import sys

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def ready(port: int) -> None:
    sys.stdout.write(f"ready {port}\n")
    sys.stdout.flush()


def serve() -> None:
    django.setup()
    settings.ROOT_URLCONF = "tests.media.urls"
    from django.core.asgi import get_asgi_application

    from dashboard.server import Server
    from tasks.stopping import leave

    server = Server(get_asgi_application(), host="127.0.0.1", port=0, on_ready=ready)
    server.run()
    leave(1 if server.failure else 0)


if __name__ == "__main__":
    serve()
