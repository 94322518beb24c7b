"""The product itself with results in it: `serve` as a process of its own, and a provider it asks."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

from tasks.archive.storage import result_name
from tests.media.conftest import CONTENT
from tests.processes import manage

BIG_BYTES = 512 * 1024**2
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
FILL = """
import json
from datetime import datetime, timezone
from django.contrib.auth.models import User
from dashboard.people import Role, set_role
from tasks.models import Account, Result, Task
from tests.archive.stored import keep
from tasks.archive.storage import result_name
from tests.media.conftest import CONTENT
from tests.media.product import HTML
at = datetime(2026, 10, 19, 12, tzinfo=timezone.utc)
vera = User.objects.create_user("vera", password="correct horse battery")
set_role(vera, Role.VIEWER)
account = Account(slug="mpt", provider="moneyprinter", base_url="{url}")
account.set_api_key("sk-0123456789abcdef")
account.save()
def task(**more):
    return Task.objects.create(
        account=account, title="Red fox", status="succeeded", created_at=at, deadline_at=at, **more
    )
here, gone = task(), task(deleted_at=at)
video = dict(content_type="video/mp4", kind="video")
url = "/api/v1/download/t/final-1.mp4"
remote = Result.objects.create(task=here, position=2, kind="video", remote_url=url, name="final-1.mp4")
lost = keep(here, CONTENT, position=3, **video)
from tasks.archive.storage import media_storage, result_name
media_storage().delete(result_name(lost.pk))
big = Result.objects.create(
    task=task(), position=0, archive="stored", bytes={big_bytes}, sha256="0" * 64, stored_at=at, **video
)
from pathlib import Path
place = Path(media_storage().path(result_name(big.pk)))
place.parent.mkdir(parents=True, exist_ok=True)
with place.open("wb") as file:
    file.truncate({big_bytes})
found = dict(
    big=big,
    stored=keep(here, CONTENT, **video), page=keep(here, HTML, position=1), remote=remote, lost=lost,
    trash=keep(gone, CONTENT, **video),
)
print(json.dumps({{name: str(result.pk) for name, result in found.items()}}))
"""


@dataclass(frozen=True)
class Known:
    """Ids of results by what they are, in a data folder."""

    folder: Path
    ids: dict[str, str]

    @property
    def token(self) -> str:
        """Of a manager."""
        return (self.folder / "token").read_text()

    def path(self, name: str) -> str:
        return f"/results/{self.ids[name]}"

    def file(self, name: str) -> Path:
        """Where the copy lies."""
        return self.folder / "media" / result_name(UUID(self.ids[name]))


def fill(folder: Path, provider_url: str) -> Known:
    """Put results into a prepared data folder: stored, untrusted, only at the provider, lost, in the trash."""
    made = manage(
        folder, "shell", "--verbosity", "0", "-c", FILL.format(url=provider_url, big_bytes=BIG_BYTES)
    )
    assert made.returncode == 0, made.stderr
    return Known(folder, json.loads(made.stdout))


@contextmanager
def moneyprinter() -> Iterator[str]:
    """A server that gives the file by its stream route: always 206."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "bytes=0-"))
            assert asked
            assert self.path == "/api/v1/stream/t/final-1.mp4"
            start, stop = int(asked[1]), int(asked[2]) + 1 if asked[2] else len(CONTENT)
            part = CONTENT[start:stop]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(CONTENT)}")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing on the test run's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
