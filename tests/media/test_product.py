"""Results over real connections to `serve`: by token and by login, stored and passed on, and through nginx."""

import io
import os
import re
import shutil
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import IncompleteRead
from pathlib import Path
from socket import create_server
from typing import Any

import httpx
import pytest

from dashboard.media.shown import SANDBOX
from tests.media.conftest import CONTENT
from tests.media.product import HTML, Known, fill, moneyprinter
from tests.processes import PASSWORD, ROOT, Served, ended, eventually, unavailable

SIZE = len(CONTENT)
MIB = 1024**2
GROWTH_AT_MOST_KB = 60 * 1024
BUFFERED_AT_MOST = 12 * MIB
"""What sockets and the server may hold of an answer that nobody reads."""
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr; {user}
events {{ worker_connections 64; }}
http {{
    access_log off; default_type text/plain;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass {url}; proxy_http_version 1.1; proxy_set_header Host $host; }}
        {media}
    }}
}}
"""


@pytest.fixture(scope="module")
def known(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    folder = Path(shutil.copytree(prepared_dir, tmp_path_factory.mktemp("media") / "data"))
    with moneyprinter() as url:
        yield fill(folder, url)


@pytest.fixture(scope="module")
def served(known: Known) -> Iterator[Served]:
    with ended(Served(known.folder, "--no-poller")) as process:
        assert isinstance(process, Served)
        yield process


def bearer(known: Known) -> dict[str, str]:
    return {"Authorization": f"Bearer {known.token}"}


def asked(url: str, known: Known, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, url + path, headers=bearer(known) | named, trust_env=False, timeout=30)


@pytest.mark.parametrize("name", ["stored", "remote"])
def test_a_player_finds_every_range(served: Served, known: Known, name: str) -> None:
    path = known.path(name)
    for text, first, last in (
        ("bytes=0-1", 0, 1),
        ("bytes=0-", 0, SIZE - 1),
        (f"bytes={SIZE - 5}-", SIZE - 5, SIZE - 1),
        (f"bytes=100000-{SIZE + 9}", 100_000, SIZE - 1),
    ):
        answer = asked(served.url, known, path, range=text)
        assert (answer.status_code, answer.headers["content-range"]) == (206, f"bytes {first}-{last}/{SIZE}")
        assert answer.content == CONTENT[first : last + 1]
        assert answer.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("name", ["stored", "remote"])
def test_the_whole_head_and_the_refused_range(served: Served, known: Known, name: str) -> None:
    path = known.path(name)
    assert asked(served.url, known, path).content == CONTENT
    head = asked(served.url, known, path, "HEAD")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(SIZE), b"")
    beyond = asked(served.url, known, path, range=f"bytes={SIZE}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{SIZE}")


def test_a_browser_that_has_it_is_told_so(served: Served, known: Known) -> None:
    path = known.path("stored")
    etag = asked(served.url, known, path, "HEAD").headers["etag"]
    assert asked(served.url, known, path, if_none_match=etag).status_code == 304
    assert asked(served.url, known, path, range="bytes=0-1", if_range=etag).status_code == 206
    assert asked(served.url, known, path, range="bytes=0-1", if_range='"other"').content == CONTENT


def test_a_login_sees_what_a_stranger_does_not(served: Served, known: Known) -> None:
    path = known.path("stored")
    with httpx.Client(base_url=served.url, trust_env=False) as browser:
        assert browser.get(path).headers["location"] == f"/login?next={path}"
        browser.get("/login")
        form = {
            "username": "vera",
            "password": PASSWORD,
            "csrfmiddlewaretoken": browser.cookies["dailies_csrf"],
        }
        assert browser.post("/login", data=form).status_code == 302
        assert browser.get(path).content == CONTENT
        assert browser.get(f"{path}/poster").headers["content-type"] == "image/webp"
        assert browser.get(known.path("trash")).status_code == 404
        assert browser.get(f"/results.zip?id={known.ids['trash']}").status_code == 404
    wrong = httpx.get(served.url + path, headers={"Authorization": "Bearer dly_no"}, trust_env=False)
    assert wrong.status_code == 401


def test_what_might_run_is_handed_out_to_be_saved(served: Served, known: Known) -> None:
    answer = asked(served.url, known, known.path("page"))
    assert answer.content == HTML
    assert answer.headers["content-type"] == "application/octet-stream"
    assert (
        answer.headers["content-disposition"]
        == 'attachment; filename="2026-10-19_moneyprinter_red-fox-2.html"'
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == SANDBOX


def test_a_zip_arrives_whole(served: Served, known: Known) -> None:
    chosen = "&".join(f"id={known.ids[name]}" for name in ("stored", "page", "remote"))
    answer = asked(served.url, known, f"/results.zip?{chosen}")
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        kept = {name: archive.read(name) for name in archive.namelist()}
    assert kept["2026-10-19_moneyprinter_red-fox.mp4"] == CONTENT
    assert kept["not in this zip.txt"] == b"2026-10-19_moneyprinter_red-fox-3.mp4 is still being saved.\n"


def test_a_zip_with_a_lost_file_is_a_broken_connection(served: Served, known: Known) -> None:
    chosen = f"id={known.ids['stored']}&id={known.ids['lost']}"
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, IncompleteRead)):
        asked(served.url, known, f"/results.zip?{chosen}")
    eventually(lambda: any("was broken off." in line for line in served.errors), "the log line")
    assert not any("Traceback" in line for line in served.errors)


@pytest.mark.parametrize("address", ["/results/{big}", "/results.zip?id={big}&id={stored}"])
def test_who_reads_nothing_costs_next_to_nothing(served: Served, known: Known, address: str) -> None:
    asked(served.url, known, known.path("stored"))
    idle_kb = memory_kb(served, "VmRSS")
    port = int(served.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as reader:
        request = f"GET {address.format(**known.ids)} HTTP/1.1\r\nHost: localhost\r\n"
        reader.sendall(f"{request}Authorization: Bearer {known.token}\r\n\r\n".encode())
        assert reader.recv(12) == b"HTTP/1.1 200"
        part = asked(served.url, known, known.path("big"), range=f"bytes=0-{64 * MIB - 1}")
        assert len(part.content) == 64 * MIB
        eventually(lambda: len(read_up_to(served, known.file("big"))) == 1, "the fast reader's end")
        assert read_up_to(served, known.file("big"))[0] < BUFFERED_AT_MOST
        assert memory_kb(served, "VmHWM") - idle_kb < GROWTH_AT_MOST_KB


def memory_kb(served: Served, kind: str) -> int:
    lines = Path(f"/proc/{served.popen.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1])


def read_up_to(served: Served, file: Path) -> list[int]:
    """How far each open handle of the file has been read."""
    folder = Path(f"/proc/{served.popen.pid}")
    places = []
    for handle in (folder / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed in the meantime
            if handle.readlink() == file:
                places.append(int((folder / "fdinfo" / handle.name).read_text().split()[1]))
    return places


# -- nginx in front -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def accelerated(known: Known) -> Iterator[str]:
    """The site behind nginx, with the location that the documentation gives."""
    if not shutil.which("nginx"):
        unavailable("nginx", "PATH", FileNotFoundError("it is not installed"))
    with ended(Served(known.folder, "--no-poller", MEDIA_DELIVERY="accel")) as process:
        assert isinstance(process, Served)
        with nginx(process.url, known.folder) as url:
            yield url


@contextmanager
def nginx(url: str, data_dir: Path) -> Iterator[str]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = data_dir.parent
    media = documented_location().replace("/var/lib/dailies/media/", f"{data_dir}/media/")
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, url=url, media=media, user=user))
    process = subprocess.Popen(["nginx", "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: answers(port), "nginx")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def documented_location() -> str:
    text = (ROOT / "docs" / "deployment.md").read_text()
    found = re.search(r"<!-- accel -->\n```nginx\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_nginx_sends_what_dailies_allows(accelerated: str, known: Known) -> None:
    answer = asked(accelerated, known, known.path("stored"), range="bytes=5-9")
    assert (answer.status_code, answer.content) == (206, CONTENT[5:10])
    assert answer.headers["content-range"] == f"bytes 5-9/{SIZE}"
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"] == 'inline; filename="2026-10-19_moneyprinter_red-fox.mp4"'
    assert answer.headers["cache-control"] == "private, no-cache"
    assert asked(accelerated, known, known.path("stored")).content == CONTENT


def test_nginx_keeps_untrusted_files_harmless(accelerated: str, known: Known) -> None:
    answer = asked(accelerated, known, known.path("page"))
    assert answer.content == HTML
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-security-policy"] == SANDBOX
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "Cookie" in answer.headers["vary"]


def test_nginx_answers_head_and_conditions(accelerated: str, known: Known) -> None:
    path = known.path("stored")
    head = asked(accelerated, known, path, "HEAD")
    assert (head.status_code, head.headers["content-length"]) == (200, str(SIZE))
    assert asked(accelerated, known, path, if_none_match=head.headers["etag"]).status_code == 304
    assert asked(accelerated, known, path, range=f"bytes={SIZE}-").status_code == 416


@pytest.mark.parametrize("name", ["stored", "page"])
def test_nobody_reaches_the_folder_by_itself(accelerated: str, known: Known, name: str) -> None:
    inside = f"/_media/{known.file(name).relative_to(known.folder / 'media')}"
    assert known.file(name).exists()
    assert asked(accelerated, known, inside).status_code == 404
    refused = httpx.get(accelerated + known.path(name), trust_env=False)
    assert refused.headers["location"].startswith("/login")


def test_what_nginx_cannot_send_is_told_by_dailies(accelerated: str, known: Known) -> None:
    answer = asked(accelerated, known, known.path("lost"))
    assert answer.status_code == 503
    message: Any = answer.json()["error"]["message"]
    assert "cannot be read just now" in message
    assert asked(accelerated, known, known.path("remote")).content == CONTENT
