"""Who counts as having looked, and that nobody is remembered by it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client, RequestFactory
from django.urls import resolve

from dashboard.people import Role
from tasks.models import Share, ShareVisit
from tests.pages.visitors import visitor
from tests.share.conftest import BROWSER, PASSWORD, Link, MakeLink, body_of, stranger

pytestmark = pytest.mark.django_db

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
)
BOTS = (
    "", "curl/8.5.0", "Wget/1.21", "python-requests/2.32", "Mozilla/5.0 (compatible; Discordbot/2.0)",
    "Slackbot-LinkExpanding 1.0", "facebookexternalhit/1.1", "WhatsApp/2.23", "TelegramBot (like TwitterBot)",
    "Twitterbot/1.0", "LinkedInBot/1.0", "Mozilla/5.0 (compatible; Googlebot/2.1)", "Go-http-client/1.1",
    "SkypeUriPreview Preview/0.5", "Mozilla/5.0 (compatible; bingbot/2.0)",
)  # fmt: skip


@contextmanager
def connections_kept() -> Iterator[None]:
    """The end of an answer closes no connection that the test goes on with."""
    request_finished.disconnect(close_old_connections)
    try:
        yield
    finally:
        request_finished.connect(close_old_connections)


def fetch(path: str, **headers: str) -> None:
    """Read a file to its end, which Django's own test client can only do on a loop, where nothing can be counted."""
    request = RequestFactory(headers={"user-agent": BROWSER} | headers).get(path)
    request.user = AnonymousUser()
    found = resolve(request.path)
    response = found.func(request, *found.args, **found.kwargs)
    assert body_of(response)
    with connections_kept():
        response.close()


def views() -> int:
    return Share.objects.get().views


def test_a_visitor_is_counted_once_and_noted(link: Link) -> None:
    for _ in range(3):
        stranger().get(link.path())
        fetch(link.path(f"media/{link.results[0].pk}"))
    stranger(user_agent=PHONE).get(link.path())
    Client(headers={"user-agent": BROWSER}, REMOTE_ADDR="10.1.2.3").get(link.path())
    assert views() == 3
    assert Share.objects.get().last_seen_at is not None


def test_a_file_fetched_alone_is_a_look_too_but_a_seek_is_none(link: Link) -> None:
    path = link.path(f"media/{link.results[0].pk}")
    fetch(path, range="bytes=100-200")
    assert views() == 0
    fetch(path, range="bytes=0-1")
    fetch(path, range="bytes=0-")
    fetch(path)
    assert views() == 1


@pytest.mark.parametrize("agent", BOTS)
def test_programs_are_not_counted(link: Link, agent: str) -> None:
    assert stranger(user_agent=agent).get(link.path()).status_code == 200
    fetch(link.path(f"media/{link.results[0].pk}"), **{"user-agent": agent})
    assert views() == 0
    assert not ShareVisit.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_purpose": "prefetch"},
        {"sec_purpose": "prefetch;prerender"},
        {"purpose": "preview"},
        {"x_moz": "prefetch"},
    ],
)
def test_what_a_browser_fetches_ahead_is_not_counted(link: Link, headers: dict[str, str]) -> None:
    stranger(**headers).get(link.path())
    assert views() == 0


def test_neither_is_a_look_at_the_headers_nor_the_page_s_own_asking(link: Link) -> None:
    stranger().head(link.path())
    stranger().get(link.path("status"))
    stranger().get(link.path("og.jpg"))
    body_of(stranger().get(link.path(f"poster/{link.results[0].pk}")))
    assert views() == 0


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, Role.MANAGER])
def test_the_team_is_not_counted(link: Link, role: Role) -> None:
    client = visitor(role, "jonas")
    client.get(link.path(), headers={"user-agent": BROWSER})
    assert views() == 0
    User.objects.filter(username="jonas").update(is_active=False)
    client.get(link.path(), headers={"user-agent": BROWSER})
    assert views() == 1, "who was disabled is a stranger"


def test_nothing_is_counted_before_the_password(make_link: MakeLink) -> None:
    link, client = make_link(password=PASSWORD), stranger()
    client.get(link.path())
    client.get(link.path(f"media/{link.results[0].pk}"))
    assert views() == 0
    client.post(link.path(), {"password": PASSWORD})
    client.get(link.path())
    assert views() == 1


def test_no_personal_data_is_kept(link: Link) -> None:
    Client(headers={"user-agent": PHONE}, REMOTE_ADDR="203.0.113.77").get(link.path())
    kept = str(list(ShareVisit.objects.values()) + list(Share.objects.values()))
    assert "203.0.113.77" not in kept
    assert "iPhone" not in kept
    assert ShareVisit.objects.count() == 1
