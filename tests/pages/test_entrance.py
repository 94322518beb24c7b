from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from dashboard import one_time_links
from dashboard.attempts import TRIES, count_attempt
from dashboard.people import Role, role_of
from tests.pages.visitors import field_errors, person, text_of, visitor

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
MISMATCH = "That username and password do not match."
FIRST = {"username": "mira", "password": "a long winding road", "again": "a long winding road"}


@pytest.fixture(autouse=True)
def no_attempts_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, username: str = "mira", password: str = PASSWORD, **more: str) -> object:
    return client.post(reverse("login"), {"username": username, "password": password} | more)


def is_in(client: Client) -> bool:
    return client.get(reverse("profile")).status_code == 200


def problem_on(page: object) -> str:
    errors: list[str] = page.context["form"].non_field_errors()  # type: ignore[attr-defined]
    return errors[0]


def test_signing_in_leads_to_the_tasks_or_where_one_was_going() -> None:
    person()
    assert sign_in(Client()).headers["Location"] == reverse("tasks")  # type: ignore[attr-defined]
    assert sign_in(Client(), next="/accounts").headers["Location"] == "/accounts"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "no-such-page",
        "logout",
    ],
)
def test_it_never_leads_to_another_site(target: str) -> None:
    person()
    client = Client()
    assert sign_in(client, next=target).headers["Location"] == reverse("tasks")  # type: ignore[attr-defined]
    assert client.get(reverse("login"), {"next": target}).headers["Location"] == reverse("tasks")


def test_the_page_hands_on_where_one_was_going() -> None:
    page = Client().get(reverse("login"), {"next": "/accounts"})
    assert '<input type="hidden" name="next" value="/accounts">' in text_of(page)


def test_who_is_in_needs_no_login_page() -> None:
    assert visitor().get(reverse("login")).headers["Location"] == reverse("tasks")


def test_staying_signed_in_is_a_choice() -> None:
    person()
    lasting, passing = Client(), Client()
    sign_in(lasting, remember="on")
    sign_in(passing)
    assert lasting.cookies["dailies_session"]["max-age"] == timedelta(days=30).total_seconds()
    assert passing.cookies["dailies_session"]["max-age"] == ""
    assert is_in(lasting)
    assert is_in(passing)


@pytest.mark.parametrize("case", ["wrong password", "no such person", "disabled"])
def test_every_failure_reads_the_same(case: str) -> None:
    mira = person()
    User.objects.filter(pk=mira.pk).update(is_active=case != "disabled")
    username = "nobody" if case == "no such person" else "mira"
    page = sign_in(Client(), username, "wrong" if case == "wrong password" else PASSWORD)
    assert problem_on(page) == MISMATCH
    assert "wrong" not in text_of(page).split("<form")[1].replace('class="wrong"', "")


def test_guessing_is_refused_after_ten_tries_even_with_the_right_password() -> None:
    person()
    client = Client()
    for _ in range(TRIES):
        assert problem_on(sign_in(client, password="guess")) == MISMATCH
    assert "Too many tries" in problem_on(sign_in(client))
    assert not is_in(client)
    assert "Too many tries" in problem_on(sign_in(client, username=" MIRA "))


def test_unknown_names_are_refused_just_like_known_ones() -> None:
    for _ in range(TRIES):
        sign_in(Client(), "nobody", "guess")
    assert "Too many tries" in problem_on(sign_in(Client(), "nobody", "guess"))


def test_other_people_and_other_addresses_are_not_held_up() -> None:
    person()
    person(username="jonas")
    for _ in range(TRIES + 1):
        sign_in(Client(), password="guess")
    neighbour, elsewhere = Client(), Client(REMOTE_ADDR="203.0.113.9")
    sign_in(neighbour, "jonas")
    sign_in(elsewhere)
    assert is_in(neighbour)
    assert is_in(elsewhere)


def test_the_right_password_forgets_earlier_slips() -> None:
    person()
    for _ in range(3):
        for _ in range(TRIES - 1):
            sign_in(Client(), password="guess")
        client = Client()
        sign_in(client)
        assert is_in(client)


def test_guessing_at_many_names_does_not_forget_what_was_guessed_at_one() -> None:
    request = RequestFactory().post("/login")
    for _ in range(TRIES):
        assert count_attempt(request, "mira")
    for n in range(1_000):
        count_attempt(request, f"somebody-{n}")
    assert not count_attempt(request, "mira")


@override_settings(USE_X_FORWARDED_HOST=True)
def test_behind_a_trusted_proxy_the_address_is_what_it_saw() -> None:
    person()
    for n in range(TRIES + 1):
        sign_in(Client(headers={"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.7"}), password="guess")
    held_up = Client(headers={"X-Forwarded-For": "203.0.113.7"})
    assert "Too many tries" in problem_on(sign_in(held_up))


def test_signing_out_takes_a_button_not_a_link() -> None:
    client = visitor()
    assert client.get(reverse("logout")).status_code == 405
    assert is_in(client)
    assert client.post(reverse("logout")).headers["Location"] == reverse("login")
    assert not is_in(client)


def test_the_first_manager_is_made_with_a_link_that_works_once() -> None:
    path = one_time_links.setup_path()
    client = Client()
    assert client.get(path).status_code == 200
    assert client.post(path, FIRST).headers["Location"] == reverse("tasks")
    mira = User.objects.get()
    assert (mira.is_superuser, mira.is_staff, role_of(mira)) == (True, True, Role.MANAGER)
    assert is_in(client)
    assert Client().get(path).status_code == 404
    assert Client().post(path, FIRST | {"username": "eve"}).status_code == 404
    assert Client().get(one_time_links.setup_path()).status_code == 404
    assert User.objects.count() == 1


@pytest.mark.parametrize("token", ["guess", "setup", "a:b"])
def test_a_guessed_setup_link_is_dead(token: str) -> None:
    page = Client().post(reverse("setup", args=[token]), FIRST)
    assert page.status_code == 404
    assert "This link does not work" in text_of(page)
    assert not User.objects.exists()


def test_a_setup_link_dies_after_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    path = one_time_links.setup_path()
    monkeypatch.setattr(one_time_links, "SETUP_VALID_S", -1)
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"), [("username", "two words"), ("password", "short"), ("again", "something else")]
)
def test_the_first_manager_s_form_says_what_is_wrong(field: str, value: str) -> None:
    page = Client().post(one_time_links.setup_path(), FIRST | {field: value})
    assert field in field_errors(page)
    assert not User.objects.exists()


def test_a_password_like_the_username_is_refused() -> None:
    form = {"username": "miraokafor", "password": "miraokafor1", "again": "miraokafor1"}
    assert "password" in field_errors(Client().post(one_time_links.setup_path(), form))


def test_a_secret_address_is_told_to_no_other_site_but_its_form_still_names_its_origin() -> None:
    """With `no-referrer` browsers send `Origin: null`, and the form would be refused."""
    for path in (one_time_links.setup_path(), one_time_links.password_path(person())):
        assert Client().get(path).headers["Referrer-Policy"] == "same-origin"


def test_a_password_link_works_once() -> None:
    path = one_time_links.password_path(person())
    client = Client()
    client.post(path, {"password": "a long winding road", "again": "a long winding road"})
    assert is_in(client)
    assert User.objects.get().check_password("a long winding road")
    assert Client().post(path, {"password": "another road", "again": "another road"}).status_code == 404


def test_of_two_who_use_a_password_link_at_once_one_wins() -> None:
    user_id, token = one_time_links.password_path(person()).split("/")[-2:]
    first, second = (one_time_links.user_of_password_link(user_id, token) for _ in range(2))
    assert first
    assert second
    assert one_time_links.use_password_link(first, "a long winding road")
    assert not one_time_links.use_password_link(second, "another road")
    assert User.objects.get().check_password("a long winding road")


def test_signing_in_makes_a_new_session() -> None:
    person()
    client = Client()
    client.get(reverse("login"))
    client.cookies["dailies_session"] = "chosen-by-somebody-else-012345678"
    sign_in(client)
    assert client.cookies["dailies_session"].value != "chosen-by-somebody-else-012345678"
    assert is_in(client)


def test_a_password_link_of_somebody_else_is_dead() -> None:
    own = one_time_links.password_path(person())
    other = one_time_links.password_path(person(username="jonas"))
    mixed = f"{own.rsplit('/', 1)[0]}/{other.rsplit('/', 1)[1]}"
    assert Client().get(mixed).status_code == 404
    assert Client().get(reverse("set-password", args=["%%", "x"])).status_code == 404


@override_settings(DEMO=True)
def test_the_demo_s_link_signs_in_once() -> None:
    path = one_time_links.sign_in_path(person())
    client = Client()
    assert client.get(path).headers["Location"] == reverse("tasks")
    assert is_in(client)
    assert client.get(path).headers["Location"] == reverse("tasks")
    assert Client().get(path).status_code == 404


def test_sign_in_links_are_dead_outside_the_demo() -> None:
    path = one_time_links.sign_in_path(person())
    assert Client().get(path).status_code == 404


@override_settings(DEMO=True)
def test_a_password_link_is_no_sign_in_link() -> None:
    user_id, token = one_time_links.password_path(person()).split("/")[-2:]
    assert Client().get(reverse("enter", args=[f"{user_id}.{token}"])).status_code == 404
