import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from dashboard.live.handshake import is_our_page
from tasks.models import ApiToken
from tests.live.sockets import HOST, Headers, elsewhere, is_accepted

PAGE = "/ws/tasks/?view=rows"
JSON = "/ws/tasks/?format=json"


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("127.0.0.1:8000", "http://localhost:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("Dailies.example", "https://dailies.example"),
        ("dailies.example:8080", "http://dailies.example:8080"),
        ("127.0.0.1:8000", "https://dailies.example"),
        ("127.0.0.1:8000", "https://public.example:8443"),
    ],
)
def test_a_page_of_ours_may_ask(settings: Settings, host: str, origin: str) -> None:
    settings.ALLOWED_HOSTS = ["dailies.example", "localhost", "127.0.0.1", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://public.example:8443"]
    assert is_our_page({"host": host, "origin": origin})


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8000", "http://evil.example"),
        ("127.0.0.1:8000", "http://127.0.0.1:3000"),
        ("127.0.0.1:8000", "http://localhost:3000"),
        ("127.0.0.1:8000", "http://localhost"),
        ("127.0.0.1:8000", "http://dailies.example.evil.example"),
        ("127.0.0.1:8000", "null"),
        ("127.0.0.1:8000", ""),
        ("127.0.0.1:8000", "http://127.0.0.1:port"),
        ("127.0.0.1:8000", "chrome-extension://127.0.0.1:8000"),
        ("evil.example", "http://evil.example"),
        ("", "http://dailies.example"),
    ],
)
def test_a_foreign_page_may_not(settings: Settings, host: str, origin: str) -> None:
    settings.ALLOWED_HOSTS = ["dailies.example", "localhost", "127.0.0.1", "[::1]"]
    assert not is_our_page({"host": host, "origin": origin})


@pytest.mark.parametrize(
    ("trusted", "accepted"), [(("HTTP_X_FORWARDED_PROTO", "https"), False), (None, True)]
)
def test_a_page_in_the_clear_does_not_speak_for_one_over_tls(
    settings: Settings, trusted: tuple[str, str] | None, accepted: bool
) -> None:
    settings.ALLOWED_HOSTS = ["dailies.example"]
    settings.SECURE_PROXY_SSL_HEADER = trusted
    headers = {"host": "dailies.example", "x-forwarded-proto": "https"}
    assert is_our_page(headers | {"origin": "https://dailies.example"})
    assert is_our_page(headers | {"origin": "http://dailies.example"}) is accepted


def test_a_host_for_all_is_no_origin_for_all(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert is_our_page({"host": "any.example", "origin": "http://any.example"})
    assert not is_our_page({"host": "any.example", "origin": "http://evil.example"})


@pytest.mark.django_db(transaction=True)
class TestPages:
    async def test_it_accepts_somebody_signed_in(self, person: Headers) -> None:
        assert await is_accepted(PAGE, person)

    async def test_it_refuses_a_stranger(self) -> None:
        assert not await is_accepted(PAGE, {"origin": f"http://{HOST}"})

    async def test_it_refuses_a_made_up_session(self) -> None:
        headers = {"origin": f"http://{HOST}", "cookie": "dailies_session=abcdefghijklmnopqrstuvwxyz012345"}
        assert not await is_accepted(PAGE, headers)

    @pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:3000", "null"])
    async def test_it_refuses_a_foreign_origin(self, person: Headers, origin: str) -> None:
        assert not await is_accepted(PAGE, person | {"origin": origin})

    async def test_it_refuses_a_browser_that_tells_no_origin(self, person: Headers) -> None:
        assert not await is_accepted(PAGE, {"cookie": person["cookie"]})

    async def test_it_refuses_a_disabled_person(self, person: Headers, user: User) -> None:
        await elsewhere(User.objects.filter(pk=user.pk).update, is_active=False)
        assert not await is_accepted(PAGE, person)

    async def test_it_refuses_after_the_password_changed(self, person: Headers, user: User) -> None:
        user.set_password("another")
        await elsewhere(user.save)
        assert not await is_accepted(PAGE, person)

    @pytest.mark.parametrize(
        "path",
        ["/ws/tasks/?view=nonsense", "/ws/tasks/?status=nonsense", "/ws/tasks/?view=task", "/ws/other/", "/"],
    )
    async def test_it_refuses_what_it_does_not_know(self, person: Headers, path: str) -> None:
        assert not await is_accepted(path, person)

    async def test_a_proxy_with_a_password_of_its_own_does_no_harm(self, person: Headers) -> None:
        assert await is_accepted(PAGE, person | {"authorization": "Basic dXNlcjpwYXNz"})


@pytest.mark.django_db(transaction=True)
class TestPrograms:
    async def test_it_accepts_a_token_without_origin(self, program: Headers) -> None:
        assert await is_accepted(JSON, program)

    async def test_it_accepts_a_token_whatever_the_origin_and_cookies(self, program: Headers) -> None:
        assert await is_accepted(JSON, program | {"origin": "http://evil.example", "cookie": "a=b"})

    async def test_it_refuses_a_wrong_token_even_with_a_login(self, person: Headers, token: str) -> None:
        assert not await is_accepted(JSON, person | {"authorization": f"Bearer {token}x"})
        assert not await is_accepted(PAGE, person | {"authorization": f"Bearer {token}x"})

    async def test_it_refuses_a_cookie_login(self, person: Headers) -> None:
        assert not await is_accepted(JSON, person)

    async def test_it_refuses_a_token_in_the_query_string(self, token: str) -> None:
        assert not await is_accepted(f"{JSON}&token={token}&authorization=Bearer%20{token}", {})

    async def test_it_refuses_a_revoked_token(self, program: Headers) -> None:
        await elsewhere(ApiToken.objects.all().delete)
        assert not await is_accepted(JSON, program)

    async def test_it_refuses_the_token_of_a_disabled_person(self, program: Headers, user: User) -> None:
        await elsewhere(User.objects.filter(pk=user.pk).update, is_active=False)
        assert not await is_accepted(JSON, program)
