"""Templates: saved from the form, chosen at its top, and changed by who may."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard.people import Role
from tasks.models import Account, Submission, Task, Template
from tests.pages.visitors import notices, text_of, visitor

pytestmark = pytest.mark.django_db

VIDEO = "/new?account=lemon&kind=video"
FOX = {"p-model": "veo3.1", "p-prompt": "A red fox", "p-duration": "8", "title": "Shot", "tags": "night, fox"}
SAVE = {"save": "1", "template-name": "Foxes"}


def test_what_is_filled_in_is_saved_and_nothing_is_sent(member: Client, account: Account) -> None:
    page = member.post(VIDEO, FOX | SAVE)
    row = Template.objects.get()
    assert row.params == {"model": "veo3.1", "prompt": "A red fox", "duration": 8}
    assert (row.name, row.provider, row.kind, row.shared) == ("Foxes", "lemondata", "video", False)
    assert (row.title, row.tags) == ("Shot", ["night", "fox"])
    assert not Task.objects.exists()
    assert notices(page) == ["Saved as the template “Foxes”."]
    assert "A red fox" in text_of(page)


def test_what_is_to_be_made_may_be_missing(member: Client, account: Account) -> None:
    page = member.post(VIDEO, {"p-duration": "8"} | SAVE)
    assert Template.objects.get().params == {"duration": 8}
    assert not page.context["form"].errors


def test_what_is_wrong_is_told_and_kept(member: Client, account: Account) -> None:
    page = member.post(VIDEO, FOX | SAVE | {"p-duration": "long"})
    assert "Length must be a whole number." in text_of(page)
    assert "A red fox" in text_of(page)
    assert not Template.objects.exists()


@pytest.mark.parametrize(
    ("name", "says"), [("  ", "A template needs a name."), ("x" * 101, "100 characters")]
)
def test_it_needs_a_name(member: Client, account: Account, name: str, says: str) -> None:
    assert says in text_of(member.post(VIDEO, FOX | SAVE | {"template-name": name}))
    assert not Template.objects.exists()


def test_the_same_name_is_saved_over(member: Client, account: Account) -> None:
    member.post(VIDEO, FOX | SAVE)
    member.post(VIDEO, FOX | SAVE | {"p-duration": "4", "template-shared": "on"})
    row = Template.objects.get()
    assert (row.params["duration"], row.shared) == (4, True)


def test_it_is_chosen_at_the_top(member: Client, account: Account) -> None:
    member.post(VIDEO, FOX | SAVE)
    row = Template.objects.get()
    page = text_of(member.get(f"{VIDEO}&start={row.pk}"))
    assert f'<option value="{row.pk}" selected>Foxes' in page
    assert "A red fox" in page
    assert 'value="night, fox"' in page


def test_the_last_one_is_offered_whole(member: Client, account: Account) -> None:
    member.post(VIDEO, FOX)
    Submission.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert "Start from your last one" in text_of(member.get(VIDEO))
    assert "A red fox" not in text_of(member.get(VIDEO))
    assert "A red fox" in text_of(member.get(f"{VIDEO}&start=last"))


def saved(owner: User, *, shared: bool, name: str = "Foxes") -> Template:
    return Template.objects.create(
        name=name, owner=owner, shared=shared, provider="lemondata", kind="video", params={"prompt": "Mine"}
    )


def test_others_see_what_is_shared_alone(member: Client, account: Account) -> None:
    jonas = User.objects.create_user("jonas")
    private, shared = saved(jonas, shared=False, name="Private"), saved(jonas, shared=True, name="Shared one")
    page = text_of(member.get(VIDEO))
    assert "Shared one · jonas" in page
    assert "Private" not in page
    assert "Mine" not in text_of(member.get(f"{VIDEO}&start={private.pk}"))
    assert "Mine" in text_of(member.get(f"{VIDEO}&start={shared.pk}"))


def test_of_another_kind_is_not_offered(member: Client, account: Account) -> None:
    saved(User.objects.get(username="mira"), shared=True)
    assert "Foxes" not in text_of(member.get("/new?account=lemon&kind=image"))


def test_its_owner_renames_shares_and_deletes_it(member: Client) -> None:
    row = saved(User.objects.get(username="mira"), shared=False)
    member.post(f"/new/templates/{row.pk}", {"name": "Red foxes", "shared": "on"})
    row.refresh_from_db()
    assert (row.name, row.shared) == ("Red foxes", True)
    assert "Red foxes" in text_of(member.get("/new/templates"))
    member.post(f"/new/templates/{row.pk}/delete")
    assert not Template.objects.exists()


def test_a_name_that_is_taken_is_told(member: Client) -> None:
    mira = User.objects.get(username="mira")
    row, _ = saved(mira, shared=False), saved(mira, shared=False, name="Hares")
    answer = member.post(f"/new/templates/{row.pk}", {"name": "Hares"}, follow=True)
    assert notices(answer) == ["There is a template “Hares” already."]


@pytest.mark.parametrize(
    ("role", "shared", "status"),
    [
        (Role.MEMBER, True, 403),
        (Role.MEMBER, False, 404),
        (Role.MANAGER, True, 302),
        (Role.MANAGER, False, 404),
    ],
)
def test_of_others_only_a_manager_changes_what_is_shared(role: Role, shared: bool, status: int) -> None:
    row = saved(User.objects.create_user("jonas"), shared=shared)
    other = visitor(role, "other")
    assert other.post(f"/new/templates/{row.pk}", {"name": "x", "shared": "on"}).status_code == status
    assert other.post(f"/new/templates/{row.pk}/delete").status_code == status
    assert Template.objects.exists() == (status != 302)


def test_without_templates_the_page_says_how_to_make_one(member: Client) -> None:
    assert "No templates yet" in text_of(member.get("/new/templates"))
