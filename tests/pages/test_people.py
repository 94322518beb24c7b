import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dashboard import team
from dashboard.people import Role, role_of, set_role
from dashboard.tokens import authenticate, create_token
from tests.pages.visitors import field_errors, notices, person, text_of, visitor

pytestmark = pytest.mark.django_db

DEEDS = ["person-role", "person-disable", "person-enable", "person-link"]
NEW = {"username": "ana", "name": "Ana Lima", "email": "ana@studio.example", "role": "viewer"}


@pytest.fixture
def manager() -> Client:
    return visitor(Role.MANAGER)


@pytest.fixture
def jonas() -> User:
    return person(Role.MEMBER, "jonas")


def now(user: User) -> User:
    return User.objects.get(pk=user.pk)


def do(client: Client, deed: str, user: User, **fields: str) -> str:
    """Press one button and read the notice on the page after it."""
    page = client.post(reverse(deed, args=[user.username]), fields, follow=True)
    assert page.status_code == 200
    return " ".join(notices(page))


def link_on(page: object) -> str:
    text = text_of(page)
    start = text.index('id="link" value="') + len('id="link" value="')
    return text[start : text.index('"', start)]


def test_strangers_sign_in_first(jonas: User) -> None:
    assert visitor(None).get(reverse("people")).headers["Location"].startswith(reverse("login"))
    for deed in DEEDS:
        answer = visitor(None).post(reverse(deed, args=["jonas"]))
        assert answer.headers["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_only_managers_handle_people(jonas: User, role: Role) -> None:
    client = visitor(role)
    assert client.get(reverse("people")).status_code == 403
    assert client.post(reverse("person-add"), NEW).status_code == 403
    for deed in DEEDS:
        assert client.post(reverse(deed, args=["jonas"]), {"role": "manager"}).status_code == 403
    assert role_of(now(jonas)) is Role.MEMBER
    assert not User.objects.filter(username="ana").exists()


def test_the_list_shows_everybody_with_role_and_when_they_were_here(manager: Client, jonas: User) -> None:
    person(Role.VIEWER, "vera")
    User.objects.filter(username="vera").update(is_active=False)
    text = text_of(manager.get(reverse("people")))
    for shown in ("jonas", "vera", "mira", "disabled", "never signed in", "last seen"):
        assert shown in text


def test_a_new_person_sets_a_password_with_a_link_that_is_shown_once(manager: Client) -> None:
    page = manager.post(reverse("person-add"), NEW, follow=True)
    ana = User.objects.get(username="ana")
    assert (role_of(ana), ana.get_full_name(), ana.has_usable_password()) == (Role.VIEWER, "Ana Lima", False)
    link = link_on(page)
    assert link.startswith("http://testserver/password/")
    assert link not in text_of(manager.get(reverse("people")))
    browser = Client()
    browser.post(link, {"password": "a long winding road", "again": "a long winding road"})
    assert browser.get(reverse("profile")).status_code == 200
    assert browser.get(link).status_code == 404


def test_the_link_is_in_no_session_in_the_clear(manager: Client) -> None:
    manager.post(reverse("person-add"), NEW)
    assert "/password/" not in str(dict(manager.session.items()))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "jonas"),
        ("username", "JONAS"),
        ("username", "a b"),
        ("username", ""),
        ("email", "x"),
        ("role", "king"),
    ],
)
def test_a_wrong_person_is_refused_by_the_field(manager: Client, jonas: User, field: str, value: str) -> None:
    page = manager.post(reverse("person-add"), NEW | {field: value})
    assert list(field_errors(page)) == [field]
    assert User.objects.count() == 2


def test_roles_change(manager: Client, jonas: User) -> None:
    assert "manager now" in do(manager, "person-role", jonas, role="manager")
    assert role_of(now(jonas)) is Role.MANAGER
    do(manager, "person-role", jonas, role="viewer")
    assert role_of(now(jonas)) is Role.VIEWER
    assert "no role" in do(manager, "person-role", jonas, role="king")
    assert role_of(now(jonas)) is Role.VIEWER


def test_disabling_ends_sessions_and_tokens_until_enabled_again(manager: Client, jonas: User) -> None:
    browser, token = Client(), create_token(jonas)
    browser.force_login(jonas)
    assert browser.get(reverse("profile")).status_code == 200
    do(manager, "person-disable", jonas)
    assert browser.get(reverse("profile")).status_code == 302
    assert authenticate(token) is None
    do(manager, "person-enable", jonas)
    assert browser.get(reverse("profile")).status_code == 200
    assert authenticate(token) is not None


@pytest.mark.parametrize(("deed", "fields"), [("person-role", {"role": "viewer"}), ("person-disable", {})])
def test_nobody_locks_themselves_out(manager: Client, deed: str, fields: dict[str, str]) -> None:
    person(Role.MANAGER, "second")
    mira = User.objects.get(username="mira")
    assert "You cannot" in do(manager, deed, mira, **fields)
    assert (now(mira).is_active, role_of(now(mira))) == (True, Role.MANAGER)


@pytest.mark.parametrize(("deed", "fields"), [("person-role", {"role": "member"}), ("person-disable", {})])
def test_the_last_manager_stays(deed: str, fields: dict[str, str]) -> None:
    last, former = person(Role.MANAGER, "last"), person(Role.MEMBER, "former")
    act = {
        "person-role": lambda: team.change_role(last, Role.MEMBER, former),
        "person-disable": lambda: team.disable(last, former),
    }
    with pytest.raises(team.NotAllowed) as refused:
        act[deed]()
    assert "last manager" in str(refused.value)
    assert (now(last).is_active, role_of(now(last))) == (True, Role.MANAGER)


def test_a_disabled_manager_does_not_count_as_one(manager: Client) -> None:
    other = person(Role.MEMBER, "other")
    person(Role.MANAGER, "gone")
    User.objects.filter(username="gone").update(is_active=False)
    mira = User.objects.get(username="mira")
    with pytest.raises(team.NotAllowed):
        team.disable(mira, other)
    assert [one.username for one in team.managers()] == ["mira"]


@pytest.mark.parametrize("deed", DEEDS)
def test_a_plain_manager_has_no_power_over_an_administrator(manager: Client, deed: str) -> None:
    root = User.objects.create_superuser("root", password="x")
    assert "only another administrator" in do(manager, deed, root, role="viewer")
    assert (now(root).is_active, now(root).is_superuser) == (True, True)


def test_an_administrator_becomes_a_member_without_a_way_back(jonas: User) -> None:
    root = User.objects.create_superuser("root", password="x")
    second = User.objects.create_superuser("second", password="x")
    client = Client()
    client.force_login(root)
    do(client, "person-role", second, role="member")
    assert (role_of(now(second)), now(second).is_staff) == (Role.MEMBER, False)


def test_a_new_link_replaces_the_one_before_while_there_is_no_password(manager: Client) -> None:
    first = link_on(manager.post(reverse("person-add"), NEW, follow=True))
    second = link_on(manager.post(reverse("person-link", args=["ana"]), follow=True))
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


def test_a_disabled_person_s_link_is_dead(manager: Client) -> None:
    link = link_on(manager.post(reverse("person-add"), NEW, follow=True))
    do(manager, "person-disable", User.objects.get(username="ana"))
    assert Client().get(link).status_code == 404


def test_a_user_in_no_group_shows_as_a_member(manager: Client) -> None:
    loner = User.objects.create_user("loner")
    loner.groups.clear()
    rows = manager.get(reverse("people")).context["rows"]
    assert {row["person"].username: row["role"] for row in rows} == {"mira": "manager", "loner": "member"}
    set_role(loner, Role.VIEWER)
