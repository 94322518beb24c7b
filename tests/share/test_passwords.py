"""A share with a password: nothing of it without, everything with it, and one cookie of its own."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http.cookies import Morsel
from operator import add
from time import time
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.attempts import TRIES
from dashboard.people import Role
from dashboard.shares.lock import COOKIE, REMEMBERED_S
from tasks.models import Share
from tasks.sharing import change, renew, revoke
from tests.pages.visitors import visitor
from tests.share.conftest import PASSWORD, ROUTES, SECRETS, Link, MakeLink, body_of, stranger

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked(make_link: MakeLink) -> Link:
    return make_link(password=PASSWORD, show_prompt=True, title="Fjord, the cut", note="A fjord at dawn")


def enter(link: Link, password: str = PASSWORD, client: Client | None = None) -> Any:
    return (client or stranger()).post(link.path(), {"password": password})


def opened(link: Link) -> Client:
    client = stranger()
    assert enter(link, client=client).status_code == 302
    return client


def cookie_of(response: Any) -> "Morsel[str]":
    (name,) = response.cookies
    assert name == COOKIE
    found: Morsel[str] = response.cookies[name]
    return found


VISITORS: dict[str, Callable[[], Client]] = {
    "stranger": stranger,
    "robot": lambda: stranger(user_agent="Discordbot/2.0"),
    "member": lambda: visitor(Role.MEMBER, "jonas"),
    "manager": lambda: visitor(Role.MANAGER, "boss"),
}


@pytest.mark.parametrize("who", sorted(VISITORS))
@pytest.mark.parametrize("name", ROUTES)
def test_without_it_there_is_a_form_and_nothing_else(locked: Link, name: str, who: str) -> None:
    client = VISITORS[who]()
    answer = client.get(locked.routes()[name])
    assert answer.status_code == (200 if name == "" else 403)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = body_of(answer).decode()
    assert 'name="password"' in page
    assert not [word for word in SECRETS if word in page]
    assert not [result for result in locked.results if str(result.pk) in page]
    assert not answer.cookies
    head = client.head(locked.routes()[name])
    assert (head.status_code, sorted(head.items())) == (answer.status_code, sorted(answer.items()))


def test_the_form_is_the_same_on_every_route(locked: Link) -> None:
    assert len({body_of(stranger().get(path)) for path in locked.routes().values()}) == 1


@pytest.mark.parametrize("name", [name for name in ROUTES if name not in {"embed", "oembed"}])
def test_with_it_every_route_opens(locked: Link, name: str) -> None:
    answer = opened(locked).get(locked.routes()[name])
    assert answer.status_code == 200
    page = body_of(answer)
    assert b'name="password"' not in page
    assert b"og:" not in page or name != ""


def test_other_sites_are_told_nothing_even_by_who_knows_it(locked: Link) -> None:
    client = opened(locked)
    assert client.get(locked.path("oembed")).status_code == 404
    assert client.get(locked.path("embed")).status_code == 404
    page = client.get(locked.path()).content.decode()
    assert "og:" not in page
    assert "twitter:" not in page
    assert "oembed" not in page
    film = client.get(locked.path(f"media/{locked.results[0].pk}"))
    assert film.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert body_of(film)


def test_the_cookie_is_for_this_link_alone(locked: Link) -> None:
    answer = enter(locked)
    assert (answer.status_code, answer.headers["Location"]) == (302, locked.path())
    cookie = cookie_of(answer)
    assert cookie["path"] == locked.path()
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", REMEMBERED_S)
    assert cookie["secure"] == ""
    assert PASSWORD not in cookie.value


def test_over_https_it_never_travels_in_the_clear(locked: Link) -> None:
    answer = stranger().post(locked.path(), {"password": PASSWORD}, secure=True)
    assert cookie_of(answer)["secure"] is True


def test_no_password_no_cookie_ever(link: Link) -> None:
    client = stranger()
    for path in link.routes().values():
        answer = client.get(path)
        assert body_of(answer)
        assert not answer.cookies
    answer = client.post(link.path(), {"password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, link.path())
    assert not client.cookies


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), f"{PASSWORD} ", "x" * 100_000, "\0"])
def test_a_wrong_one_opens_nothing(locked: Link, password: str) -> None:
    client = stranger()
    answer = enter(locked, password, client)
    assert answer.status_code == 200
    assert "That is not the password." in answer.content.decode()
    assert not client.cookies


END: dict[str, Callable[[Link, User], object]] = {
    "another password": lambda link, by: change(link.share.pk, by, {}, password="something else"),
    "the same password once more": lambda link, by: change(link.share.pk, by, {}, password=PASSWORD),
    "a revocation": lambda link, by: revoke([link.share.pk], by),
}


@pytest.mark.parametrize("name", [name for name in ROUTES if name not in {"embed", "oembed"}])
@pytest.mark.parametrize("why", sorted(END))
def test_the_cookie_is_dead_after(locked: Link, mira: User, why: str, name: str) -> None:
    client = opened(locked)
    END[why](locked, mira)
    answer = client.get(locked.routes()[name])
    assert answer.status_code in {403, 404} or (name == "" and b'name="password"' in answer.content)


def test_a_new_link_asks_again(locked: Link, mira: User) -> None:
    client = opened(locked)
    token = renew(locked.share.pk, mira).token
    new = Link(Share.objects.get(), token, locked.results)
    client.cookies[COOKIE]["path"] = new.path()
    assert b'name="password"' in client.get(new.path()).content


def test_one_link_s_cookie_opens_no_other(locked: Link, make_link: MakeLink) -> None:
    client = opened(locked)
    other = make_link(password=PASSWORD)
    client.cookies[COOKIE]["path"] = other.path()
    assert b'name="password"' in client.get(other.path()).content


def test_after_twelve_hours_it_is_asked_for_again(locked: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    client, path = opened(locked), locked.path("og.jpg")
    for passed_s, status in ((REMEMBERED_S - 60, 200), (REMEMBERED_S + 60, 403)):
        later = SimpleNamespace(time=partial(add, time(), passed_s))
        monkeypatch.setattr("django.core.signing.time", later)
        assert client.get(path).status_code == status


def test_a_forged_cookie_opens_nothing(locked: Link) -> None:
    client = stranger()
    for value in (
        "",
        "1",
        str(locked.share.pk),
        f"{locked.share.pk}:1:2",
        cookie_of(enter(locked)).value + "x",
    ):
        client.cookies[COOKIE] = value
        assert client.get(locked.path("og.jpg")).status_code == 403


def test_guessing_is_slowed_down_by_link_and_address(locked: Link, make_link: MakeLink) -> None:
    client = stranger()
    for _ in range(TRIES):
        assert enter(locked, "guess", client).status_code == 200
    answer = enter(locked, PASSWORD, client)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "Wait 15 minutes" in answer.content.decode()
    assert not client.cookies
    elsewhere = Client(REMOTE_ADDR="10.9.8.7")
    assert elsewhere.post(locked.path(), {"password": PASSWORD}).status_code == 302
    assert enter(make_link(password=PASSWORD), client=client).status_code == 302


def test_who_remembers_it_in_time_starts_afresh(locked: Link) -> None:
    for _ in range(3):
        for _ in range(TRIES - 1):
            enter(locked, "guess")
        assert enter(locked).status_code == 302


def test_another_site_s_form_is_refused(locked: Link) -> None:
    for headers in (
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"sec_fetch_site": "cross-site", "origin": "null"},
    ):
        answer = enter(locked, client=stranger(**headers))
        assert answer.status_code == 403
        assert not answer.cookies
    for headers in ({"sec_fetch_site": "same-origin", "origin": "null"}, {"origin": "http://testserver"}, {}):
        assert enter(locked, client=stranger(**headers)).status_code == 302


def test_an_expired_link_takes_no_password(make_link: MakeLink) -> None:
    link = make_link(password=PASSWORD, life=timedelta(seconds=-1))
    answer = enter(link)
    assert answer.status_code == 410
    assert not answer.cookies
