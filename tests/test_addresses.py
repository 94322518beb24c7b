import pytest
from django.test import RequestFactory, override_settings

from dashboard.addresses import site_url, site_url_of_scope


@override_settings(PUBLIC_URL="https://dailies.example")
def test_the_configured_address_goes_before_everything() -> None:
    assert site_url(RequestFactory().get("/", headers={"host": "evil.example"})) == "https://dailies.example"
    assert site_url_of_scope({"headers": [(b"host", b"evil.example")]}) == "https://dailies.example"


@override_settings(PUBLIC_URL="", ALLOWED_HOSTS=["localhost"])
def test_without_one_it_is_the_callers() -> None:
    make = RequestFactory()
    assert site_url(make.get("/", headers={"host": "localhost:8001"})) == "http://localhost:8001"
    assert site_url(make.get("/", headers={"host": "localhost"}, secure=True)) == "https://localhost"


@override_settings(PUBLIC_URL="", ALLOWED_HOSTS=["localhost", "[::1]"])
@pytest.mark.parametrize(
    ("scope", "site"),
    [
        ({"scheme": "ws", "headers": [(b"host", b"localhost:8001")]}, "http://localhost:8001"),
        ({"scheme": "wss", "headers": [(b"host", b"localhost")]}, "https://localhost"),
        ({"scheme": "ws", "headers": [(b"host", b"[::1]:8001")]}, "http://[::1]:8001"),
        ({"scheme": "ws", "headers": [(b"host", b"evil.example")], "server": ("127.0.0.1", 8001)}, "http://127.0.0.1:8001"),
        ({"scheme": "ws", "headers": [(b"host", b"a b\"<")], "server": ("::1", 8001)}, "http://[::1]:8001"),
        ({"headers": []}, "http://localhost"),
    ],
)  # fmt: skip
def test_a_socket_knows_its_address_too(scope: dict[str, object], site: str) -> None:
    assert site_url_of_scope(scope) == site
