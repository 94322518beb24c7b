import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dashboard.models import Profile
from dashboard.people import Role
from dashboard.tokens import authenticate, create_token
from tasks.models import Account, ApiToken
from tests.pages.visitors import ROLES, field_errors, notices, person, text_of, visitor

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
CHOICES = {"name": "Mira Okafor", "timezone": "Europe/Berlin", "theme": "dark"}
DEEDS = ["password-change", "token-add", "theme"]


def token_on(page: object) -> str:
    text = text_of(page)
    start = text.find('id="token" value="')
    if start < 0:
        return ""
    start += len('id="token" value="')
    return text[start : text.index('"', start)]


def test_strangers_sign_in_first() -> None:
    assert visitor(None).get(reverse("profile")).headers["Location"].startswith(reverse("login"))
    for name in DEEDS:
        assert visitor(None).post(reverse(name)).headers["Location"].startswith(reverse("login"))
    assert visitor(None).post(reverse("token-revoke", args=[1])).status_code == 302


@pytest.mark.parametrize("role", ROLES)
def test_everybody_has_a_profile(role: Role) -> None:
    page = visitor(role).get(reverse("profile"))
    assert page.status_code == 200
    assert f"Signed in as mira · {role.name.lower()}" in text_of(page)


def test_choices_are_kept_and_used() -> None:
    client = visitor()
    client.post(reverse("profile"), CHOICES)
    client.post(reverse("profile"), CHOICES | {"name": "Mira O."})
    page = client.get(reverse("profile"))
    assert 'data-theme="dark"' in text_of(page)
    assert 'data-timezone="Europe/Berlin"' in text_of(page)
    assert User.objects.get().get_full_name() == "Mira O."


def test_an_empty_time_zone_is_the_browser_s() -> None:
    client = visitor()
    client.post(reverse("profile"), CHOICES | {"timezone": ""})
    assert Profile.objects.get().timezone == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [("timezone", "Mars/Olympus"), ("timezone", "../../etc/passwd"), ("theme", "pink")],
)
def test_a_wrong_choice_is_refused_by_its_field(field: str, value: str) -> None:
    page = visitor().post(reverse("profile"), CHOICES | {field: value})
    assert list(field_errors(page)) == [field]
    assert not Profile.objects.exists()


def test_the_password_changes_only_for_who_knows_it() -> None:
    user, client, elsewhere = person(), Client(), Client()
    client.force_login(user)
    elsewhere.force_login(user)
    new = {"present": "guess", "password": "a long winding road", "again": "a long winding road"}
    page = client.post(reverse("password-change"), new)
    assert list(field_errors(page, "password_form")) == ["present"]
    client.post(reverse("password-change"), new | {"present": PASSWORD})
    user.refresh_from_db()
    assert user.check_password("a long winding road")
    assert client.get(reverse("profile")).status_code == 200
    assert elsewhere.get(reverse("profile")).status_code == 302


@pytest.mark.parametrize(
    ("password", "again", "field"),
    [
        ("a long winding road", "another", "again"),
        ("12345678", "12345678", "password"),
        ("mira", "mira", "password"),
    ],
)
def test_a_weak_or_mistyped_password_is_refused(password: str, again: str, field: str) -> None:
    form = {"present": PASSWORD, "password": password, "again": again}
    page = visitor().post(reverse("password-change"), form)
    assert field in field_errors(page, "password_form")
    assert User.objects.get().check_password(PASSWORD)


def test_a_token_is_shown_once_and_works() -> None:
    client = visitor()
    page = client.post(reverse("token-add"), {"name": "script", "access": "read"}, follow=True)
    token = token_on(page)
    row = authenticate(token)
    assert row is not None
    assert (row.name, row.read_only, row.user.username) == ("script", True, "mira")
    again = client.get(reverse("profile"))
    assert token_on(again) == ""
    assert f"…{token[-4:]}" in text_of(again)


def test_a_token_is_in_no_session_in_the_clear() -> None:
    client = visitor()
    client.post(reverse("token-add"), {"name": "script", "access": "full"})
    assert "dly_" not in str(dict(client.session.items()))
    assert ApiToken.objects.get().read_only is False


def test_a_token_needs_a_name() -> None:
    page = visitor().post(reverse("token-add"), {"name": "", "access": "full"})
    assert list(field_errors(page, "token_form")) == ["name"]
    assert not ApiToken.objects.exists()


def test_only_its_owner_revokes_a_token() -> None:
    client, other = visitor(), person(username="jonas")
    mine, theirs = create_token(User.objects.get(username="mira"), "mine"), create_token(other, "theirs")
    for row in ApiToken.objects.all():
        client.post(reverse("token-revoke", args=[row.pk]))
    assert authenticate(mine) is None
    assert authenticate(theirs) is not None
    assert "theirs" not in text_of(client.get(reverse("profile")))


def test_revoking_says_so() -> None:
    client = visitor()
    create_token(User.objects.get(), "mine")
    page = client.post(reverse("token-revoke", args=[ApiToken.objects.get().pk]), follow=True)
    assert "“mine” is revoked" in notices(page)[0]


def test_the_theme_switch_answers_a_script_without_a_page() -> None:
    client = visitor()
    answer = client.post(reverse("theme"), {"theme": "dark", "next": "/accounts"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert Profile.objects.get().theme == "dark"


def test_the_theme_switch_goes_on_where_it_was_without_a_script() -> None:
    client = visitor()
    answer = client.post(
        reverse("theme"), {"theme": "light", "next": "/accounts"}, headers={"Accept": "text/html"}
    )
    assert answer.headers["Location"] == "/accounts"
    foreign = {"theme": "light", "next": "https://elsewhere.example/"}
    assert client.post(reverse("theme"), foreign, headers={"Accept": "text/html"}).status_code == 204


def test_an_unknown_theme_is_refused() -> None:
    assert visitor().post(reverse("theme"), {"theme": "pink"}).status_code == 400
    assert not Profile.objects.exists()


def test_a_gateway_token_is_shown_with_the_base_url_to_change() -> None:
    Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example")
    client = visitor()
    page = text_of(
        client.post(reverse("token-add"), {"name": "script", "access": "gateway:lemon"}, follow=True)
    )
    row = ApiToken.objects.get()
    assert row.account is not None
    assert 'value="http://testserver/gateway/lemon"' in page
    assert 'value="http://testserver/gateway/lemon/key/dly_' in page
    again = text_of(client.get(reverse("profile")))
    assert "gateway of lemon" in again
    assert "/gateway/lemon" not in again
