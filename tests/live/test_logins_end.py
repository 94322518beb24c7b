"""A login that ended ends its sockets, at once when somebody tells of it, and soon when nobody does."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import team
from dashboard.live import consumer
from dashboard.live.hub import Hub, visit_hub
from dashboard.live.outbox import NOT_ALLOWED
from dashboard.one_time_links import use_password_link
from dashboard.people import Role
from dashboard.tokens import revoke_token
from tasks.models import ApiToken
from tests.live.conftest import STILL, SetTiming
from tests.live.sockets import HOST, Headers, Open, elsewhere, opened

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[User], object]


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss", password="correct horse")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def delete_in_the_admin_site(user: User) -> None:
    boss = User.objects.get(username="boss")
    signed_in(boss).post(reverse("admin:auth_user_delete", args=[user.pk]), {"post": "yes"})
    assert not User.objects.filter(pk=user.pk).exists()


def disable(user: User) -> None:
    team.disable(user, User.objects.get(username="boss"))


def set_password_by_link(user: User) -> None:
    assert use_password_link(User.objects.get(pk=user.pk), "battery staple")


ENDS: dict[str, Act] = {
    "disabled": disable,
    "deleted": delete_in_the_admin_site,
}
ENDS_COOKIES: dict[str, Act] = ENDS | {"a new password": set_password_by_link}


def revoke(user: User) -> None:
    revoke_token(ApiToken.objects.get(user=user), user)


ENDS_TOKENS: dict[str, Act] = ENDS | {"revoked": revoke}


@pytest.mark.parametrize("how", ENDS_COOKIES)
async def test_a_page_is_closed_at_once(still: None, page: Open, user: User, boss: User, how: str) -> None:
    async with page("view=rows") as socket:
        await elsewhere(ENDS_COOKIES[how], user)
        assert await socket.close_code() == NOT_ALLOWED


@pytest.mark.parametrize("how", ENDS_TOKENS)
async def test_a_program_is_closed_at_once(
    still: None, json_socket: Open, user: User, boss: User, how: str
) -> None:
    async with json_socket("") as socket:
        await elsewhere(ENDS_TOKENS[how], user)
        assert await socket.close_code() == NOT_ALLOWED


async def test_signing_out_closes_the_pages_of_that_session_alone(
    still: None, user: User, boss: User
) -> None:
    ours, theirs = [await elsewhere(signed_in, one) for one in (user, boss)]
    again = await elsewhere(signed_in, user)
    headers = [
        {"origin": f"http://{HOST}", "cookie": f"dailies_session={one.cookies['dailies_session'].value}"}
        for one in (ours, again, theirs)
    ]
    query = "/ws/tasks/?view=rows"
    async with (
        opened(query, headers[0]) as gone,
        opened(query, headers[1]) as kept,
        opened(query, headers[2]) as other,
    ):
        await elsewhere(ours.post, "/logout")
        assert await gone.close_code() == NOT_ALLOWED
        for socket in (kept, other):
            assert (await socket.sync())["type"] == "sync"


async def test_changing_ones_own_password_ends_the_other_sessions(
    still: None, user: User, person: Headers
) -> None:
    def change() -> None:
        user.set_password("correct horse")
        user.save()
        form = {"present": "correct horse", "password": "battery staple 9", "again": "battery staple 9"}
        client = signed_in(user)
        assert client.post("/profile/password", form).status_code == 302
        assert client.get("/profile").status_code == 200

    async with opened("/ws/tasks/?view=rows", person) as socket:
        await elsewhere(change)
        assert await socket.close_code() == NOT_ALLOWED


async def test_a_lowered_role_still_sees_and_its_socket_stays(
    still: None, page: Open, json_socket: Open, user: User, boss: User
) -> None:
    async with page("view=rows") as socket, json_socket("") as program:
        await elsewhere(team.change_role, user, Role.VIEWER, boss)
        for one in (socket, program):
            assert (await one.sync())["type"] == "sync"


SILENT: dict[str, Act] = {
    "disabled": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "password": lambda user: User.objects.filter(pk=user.pk).update(password="another"),
    "logged out": lambda _: Session.objects.all().delete(),
    "expired": lambda _: Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1)),
}


@pytest.mark.parametrize("how", SILENT)
async def test_what_nobody_told_of_is_found_in_the_database(page: Open, user: User, how: str) -> None:
    async with page("view=rows") as socket:
        await elsewhere(SILENT[how], user)
        assert await socket.close_code() == NOT_ALLOWED


async def test_a_token_that_nobody_told_of_is_found_too(json_socket: Open) -> None:
    async with json_socket("") as socket:
        await elsewhere(ApiToken.objects.all().delete)
        assert await socket.close_code() == NOT_ALLOWED


async def test_a_person_disabled_while_the_socket_opens_does_not_slip_in(
    still: None, page: Open, user: User, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def visit_late() -> AsyncIterator[Hub]:
        await elsewhere(disable, user)
        async with visit_hub() as hub:
            yield hub

    monkeypatch.setattr(consumer, "visit_hub", visit_late)
    async with page("view=rows") as socket:
        assert await socket.close_code() == NOT_ALLOWED


async def test_the_token_of_an_open_socket_counts_as_used(json_socket: Open, set_timing: SetTiming) -> None:
    set_timing(replace(STILL, use_noted_s=0.02))
    async with json_socket(""):
        long_ago = timezone.now() - timedelta(days=1)
        await elsewhere(ApiToken.objects.update, last_used_at=long_ago)
        while (await elsewhere(ApiToken.objects.get)).last_used_at == long_ago:
            pass
