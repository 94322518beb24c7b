"""No token is in any log: whoever reads one may not open what was shared."""

import io
import logging
import logging.config
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client

from dashboard.masked_lines import MaskedLines
from dashboard.media.breaking import _log
from dashboard.media.streams import BrokenOff
from tasks.sharing import revoke
from tests.share.conftest import Link, stranger

pytestmark = pytest.mark.django_db

CONFIG: dict[str, Any] = settings.LOGGING


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the configured loggers write."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    found = CONFIG["formatters"]["line"]
    handler.setFormatter(MaskedLines(found["format"], style=found["style"]))
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [*root.handlers, handler])
    return out


def test_every_handler_of_ours_masks_and_django_has_none_of_its_own() -> None:
    for handler in CONFIG["handlers"].values():
        assert CONFIG["formatters"][handler["formatter"]]["()"].endswith(MaskedLines.__name__)
    for name in ("django", "django.server", "django.request", "daphne"):
        assert logging.getLogger(name).handlers == []


def test_a_refusal_is_logged_without_the_token(link: Link, lines: io.StringIO) -> None:
    revoke([link.share.pk], None)
    for path in link.routes().values():
        stranger().get(path)
    stranger().put(link.path())
    written = lines.getvalue()
    assert "Not Found: /s/…/" in written
    assert "Method Not Allowed (PUT): /s/…/" in written
    assert link.token not in written


def test_a_fault_is_logged_without_it(
    link: Link, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(template: str, ctx: object) -> str:
        raise ValueError(f"cannot render for {link.path()}")

    monkeypatch.setattr("dashboard.shares.door.render_to_string", fail)
    answer = Client(raise_request_exception=False).get(link.path())
    assert answer.status_code == 500
    assert "cannot render for /s/…/" in lines.getvalue()
    assert link.token not in lines.getvalue()
    assert link.token not in answer.content.decode()
    assert render_to_string("500.html")


def test_an_answer_broken_off_is_logged_without_it(link: Link, lines: io.StringIO) -> None:
    path = link.path("media/x")
    _log(path, BrokenOff("The stored file ended 9 bytes too soon."))
    _log(path, RuntimeError(path))
    assert lines.getvalue().count("/s/…/media/x was broken off.") == 2
    assert link.token not in lines.getvalue()


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("GET /s/abc HTTP/1.1", "GET /s/… HTTP/1.1"),
        ("https://h/s/abc/media/1?download=1", "https://h/s/…/media/1?download=1"),
        ('"/s/abc"', '"/s/…"'),
        ("/tasks/abc", "/tasks/abc"),
    ],
)
def test_only_the_token_is_masked(line: str, masked: str) -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 1, "%s", (line,), None)
    assert MaskedLines().format(record) == masked
