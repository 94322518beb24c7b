"""The bookmarklet: what it opens, and that nothing is tracked before a click."""

import json
import re
from html import unescape
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from django.test import Client

from dashboard.bookmarklet import bookmarklet
from tasks.accounts import create_account
from tasks.models import Account, Task
from tests.pages.visitors import person, text_of, visitor

pytestmark = pytest.mark.django_db

ID = "ldtask_4c1d88e07ab94f0e8a5533f2b9c0417e"
NASTY = '"><script>alert(1)</script>&x=1#%41'


@pytest.fixture
def lemon() -> Account:
    return create_account("lemondata", "lemon")


def test_the_page_offers_a_link_to_drag(lemon: Account) -> None:
    client = visitor()
    for page in (client.get("/track"), client.get("/track", headers={"X-Part": "dialog"})):
        found = re.search(r'<a[^>]+href="(javascript:[^"]+)"[^>]+data-bookmarklet', page.content.decode())
        assert found
        code = unquote(unescape(found[1]))
        assert 'open("http://testserver/track" + "?"' in code
        assert "onclick" not in page.content.decode()
        assert "unsafe-inline" not in (visitor(None, "x").get("/login").headers["Content-Security-Policy"])


def test_it_carries_the_public_address_escaped() -> None:
    address = bookmarklet('https://dailies.example/a"b%41')
    assert re.fullmatch(r"javascript:[A-Za-z0-9_.~%-]+", address)
    assert json.dumps('https://dailies.example/a"b%41/track') in unquote(address)


def test_what_it_brings_is_recognised_and_tracked_after_a_click(lemon: Account) -> None:
    client = visitor()
    page = client.get("/track", {"text": ID})
    assert "1 task recognised" in text_of(page)
    assert not Task.objects.exists()
    digest = page.context["paste"].digest
    client.post("/track", {"text": ID, "seen": digest, "confirm": "1"})
    assert Task.objects.get().remote_id == ID


def test_whatever_it_brings_is_only_text(lemon: Account) -> None:
    page = visitor().get("/track", {"text": NASTY})
    assert b"<script>alert" not in page.content
    assert page.status_code == 200
    assert "million" in text_of(visitor(username="zoe").get("/track", {"text": "x" * 1_000_001}))


def test_signing_in_first_loses_nothing(lemon: Account) -> None:
    person(username="ana")
    client = Client()
    asked = f"/track?text={quote(ID + ' ' + NASTY, safe='')}"
    login = client.get(asked)["Location"]
    page = client.get(login)
    kept = re.search(r'name="next" value="([^"]*)"', page.content.decode())
    assert kept
    form = {"username": "ana", "password": "correct horse battery", "next": unescape(kept[1])}
    target = client.post("/login", form)["Location"]
    assert parse_qs(urlsplit(target).query)["text"] == [f"{ID} {NASTY}"]
    assert "1 task recognised" in text_of(client.get(target))
