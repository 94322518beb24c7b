import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dashboard.people import Role
from tasks.accounts import create_account, edit_account
from tasks.models import Account, Task
from tasks.providers.contract import Adoption
from tasks.tracking import stop_tracking, track
from tasks.vocabulary import Kind
from tests.pages.visitors import ROLES, field_errors, notices, person, text_of, visitor

pytestmark = pytest.mark.django_db

LEMON_ID = "ldtask_4c1d88e07ab94f0e8a5533f2b9c0417e"
OTHER_ID = "ldtask_7f3c19a04be84d2f9a6015c2e8d07b31"
UUID_ID = "6c85c8cc-a77a-42b9-bc30-947815aa0558"
ANSWER = json.dumps(
    {"id": LEMON_ID, "status": "pending", "poll_url": f"/v1/tasks/{LEMON_ID}", "model": "kling-v2.6-pro"}
)
KEY = "sk-live-abcdefgh12345678"
CURL = f'curl https://api.lemondata.cc/v1/tasks/{LEMON_ID} \\\n  -H "Authorization: Bearer {KEY}"'


@pytest.fixture
def lemon() -> Account:
    return create_account("lemondata", "lemon", name="Lemon studio", api_key="sk-lemon-1234567890")


@pytest.fixture
def nebula() -> Account:
    return create_account("nebula", "neb", name="Nebula main")


@pytest.fixture
def member() -> Client:
    return visitor()


def recognise(client: Client, text: str, **more: str) -> Any:
    return client.post(reverse("track"), {"text": text, "recognise": "1"} | more)


def confirm(client: Client, text: str, **more: str) -> Any:
    """Both steps, as a browser without scripts takes them."""
    page = recognise(client, text, **more)
    seen = {
        "text": page.context["form"]["text"].value(),
        "seen": page.context["paste"].digest,
        "confirm": "1",
    }
    return client.post(reverse("track"), seen | more)


def outcomes(page: Any) -> list[str]:
    return [piece.outcome.value for piece in page.context["paste"].pieces]


def test_strangers_sign_in_first() -> None:
    for answer in (
        visitor(None).get(reverse("track")),
        visitor(None).post(reverse("track"), {"text": LEMON_ID}),
    ):
        assert answer.headers["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("role", ROLES)
def test_members_track_and_viewers_do_not(lemon: Account, role: Role) -> None:
    client = visitor(role)
    allowed = role >= Role.MEMBER
    assert client.get(reverse("track")).status_code == (200 if allowed else 403)
    assert client.post(reverse("track"), {"text": LEMON_ID}).status_code == (200 if allowed else 403)


def test_an_answer_is_recognised_shown_and_tracked_after_one_confirmation(
    lemon: Account, member: Client
) -> None:
    page = recognise(member, ANSWER)
    text = text_of(page)
    assert "1 task recognised" in text
    assert (
        "<strong>LemonData task, kling-v2.6-pro</strong>" in text or "LemonData video, kling-v2.6-pro" in text
    )
    assert "Queued" in text
    assert "Lemon studio" in text
    assert "Track 1 task</button>" in text
    assert not Task.objects.exists()
    answer = confirm(member, ANSWER)
    task = Task.objects.get()
    assert answer.headers["Location"] == reverse("task", args=[task.pk])
    assert (task.account, task.remote_id, task.model) == (lemon, LEMON_ID, "kling-v2.6-pro")
    assert task.created_by is not None
    assert task.created_by.username == "mira"


def test_title_tags_and_kind_are_kept(lemon: Account, member: Client) -> None:
    confirm(member, LEMON_ID, title="Dune walk", tags="teaser, spring , teaser", kind="video")
    task = Task.objects.get()
    assert (task.title, task.tags, task.kind) == ("Dune walk", ["teaser", "spring"], Kind.VIDEO)


def test_a_title_is_for_one_task_only(lemon: Account, member: Client) -> None:
    confirm(member, f"{LEMON_ID}\n{OTHER_ID}", title="Dune walk", tags="teaser")
    assert [(task.title, task.tags) for task in Task.objects.all()] == [("", ["teaser"])] * 2


def test_several_pieces_at_once_each_with_its_outcome(
    lemon: Account, nebula: Account, member: Client
) -> None:
    known = track(lemon, Adoption(OTHER_ID, title="Two walkers"), None).task
    link = f"{nebula.base_url}/v1/video/generations/video_69095b4ce0048190893a"
    pasted = "\n".join((ANSWER, link, OTHER_ID, "mail@studio.example"))
    page = recognise(member, pasted)
    assert outcomes(page) == ["new", "new", "known", "unclear"]
    text = text_of(page)
    assert "2 tasks recognised, 1 known already, 1 not usable" in text
    assert "Known already</strong>: Two walkers" in text
    assert reverse("task", args=[known.pk]) in text
    assert "looks like an e-mail address" in text
    page = confirm(member, pasted)
    assert page.headers["Location"] == reverse("tasks")
    assert {task.account.slug for task in Task.objects.all()} == {"lemon", "neb"}
    assert Task.objects.count() == 3
    assert "2 tasks tracked, 1 known already." in notices(member.get(reverse("tasks")))


def test_a_duplicate_leads_to_the_task_that_is_there(lemon: Account, member: Client) -> None:
    known = track(lemon, Adoption(LEMON_ID), None).task
    answer = confirm(member, LEMON_ID)
    assert answer.headers["Location"] == reverse("task", args=[known.pk])
    assert Task.objects.count() == 1


def test_a_task_in_the_trash_comes_back(lemon: Account, member: Client) -> None:
    known = track(lemon, Adoption(LEMON_ID), None).task
    stop_tracking([known.id], None)
    assert "comes back from the trash" in text_of(recognise(member, LEMON_ID))
    answer = confirm(member, LEMON_ID)
    assert answer.headers["Location"] == reverse("task", args=[known.pk])
    known.refresh_from_db()
    assert known.deleted_at is None


def test_nothing_is_tracked_that_was_not_shown(lemon: Account, member: Client) -> None:
    digest = recognise(member, LEMON_ID).context["paste"].digest
    page = member.post(reverse("track"), {"text": OTHER_ID, "seen": digest, "confirm": "1"})
    assert page.status_code == 200
    assert "Track 1 task</button>" in text_of(page)
    page = member.post(reverse("track"), {"text": OTHER_ID, "confirm": "1"})
    assert page.status_code == 200
    assert not Task.objects.exists()


def test_line_ends_of_another_system_are_the_same_text(lemon: Account, member: Client) -> None:
    pasted = f"{LEMON_ID}\n{OTHER_ID}"
    digest = recognise(member, pasted).context["paste"].digest
    member.post(reverse("track"), {"text": pasted.replace("\n", "\r\n"), "seen": digest, "confirm": "1"})
    assert Task.objects.count() == 2


def test_the_account_is_a_choice_where_several_fit(lemon: Account, member: Client) -> None:
    create_account("lemondata", "trial", name="Lemon trial")
    page = recognise(member, LEMON_ID)
    assert '<select id="account-lemondata" name="account-lemondata">' in text_of(page)
    confirm(member, LEMON_ID, **{"account-lemondata": "trial"})
    assert Task.objects.get().account.slug == "trial"


def test_an_account_that_does_not_exist_is_not_chosen(
    lemon: Account, nebula: Account, member: Client
) -> None:
    create_account("lemondata", "trial")
    confirm(member, LEMON_ID, **{"account-lemondata": "neb"})
    assert Task.objects.get().account == lemon


def test_a_paused_account_is_not_the_first_choice(lemon: Account, member: Client) -> None:
    edit_account(lemon, None, enabled=False)
    create_account("lemondata", "trial")
    page = recognise(member, LEMON_ID)
    assert "Lemon studio (paused)" in text_of(page)
    assert page.context["paste"].new[0].account.slug == "trial"


def test_the_address_tells_which_account_is_meant(lemon: Account, member: Client) -> None:
    near = create_account("lemondata", "token-lab", base_url="https://api.tokenlab.sh")
    link = f"https://api.tokenlab.sh/v1/tasks/{LEMON_ID}"
    assert recognise(member, link).context["paste"].new[0].account == near
    confirm(member, link, **{"account-lemondata": "lemon"})
    assert Task.objects.get().account == near


def test_a_person_decides_between_providers_with_ids_alike(nebula: Account, member: Client) -> None:
    create_account("moneyprinter", "mac", name="Studio Mac")
    page = recognise(member, UUID_ID)
    piece = page.context["paste"].new[0]
    assert {option.value for option in piece.providers} == {"nebula", "moneyprinter"}
    assert f'name="provider-{piece.key}"' in text_of(page)
    for provider, slug in (("nebula", "neb"), ("moneyprinter", "mac")):
        confirm(member, UUID_ID, **{f"provider-{piece.key}": provider})
        assert Task.objects.get().account.slug == slug
        Task.objects.all().delete()


def test_a_provider_without_account_is_no_choice(nebula: Account, member: Client) -> None:
    piece = recognise(member, UUID_ID).context["paste"].new[0]
    assert [option.value for option in piece.providers] == ["nebula"]


def test_a_foreign_address_is_refused_by_the_piece(lemon: Account, member: Client) -> None:
    foreign = json.dumps(
        {"id": LEMON_ID, "status": "pending", "poll_url": f"https://evil.example/v1/tasks/{LEMON_ID}"}
    )
    page = recognise(member, f"{foreign}\n{OTHER_ID}")
    assert outcomes(page) == ["refused", "new"]
    assert "not on this account's own server" in text_of(page)
    confirm(member, f"{foreign}\n{OTHER_ID}")
    assert Task.objects.get().remote_id == OTHER_ID


@pytest.mark.parametrize(
    ("role", "words"), [(Role.MEMBER, "Ask ana or bo to add one."), (Role.MANAGER, "Add one, then come back")]
)
def test_without_an_account_it_says_what_to_do(role: Role, words: str) -> None:
    client = visitor(role, "zoe")
    if role is Role.MEMBER:
        person(Role.MANAGER, "ana")
        person(Role.MANAGER, "bo")
    page = recognise(client, LEMON_ID)
    assert outcomes(page) == ["no_account"]
    assert "There is no account for LemonData yet." in text_of(page)
    assert words in text_of(page)
    assert (reverse("account-add") in text_of(page)) == (role is Role.MANAGER)
    assert confirm(client, LEMON_ID).status_code == 200
    assert not Task.objects.exists()


def test_a_key_in_a_curl_command_is_never_shown_or_kept(lemon: Account, member: Client) -> None:
    page = recognise(member, CURL)
    assert outcomes(page) == ["new"]
    assert KEY.encode() not in page.content
    confirm(member, CURL)
    task = Task.objects.get()
    assert task.remote_id == LEMON_ID
    everything = json.dumps([list(Task.objects.values()), list(task.events.values())], default=str)
    assert KEY not in everything


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": LEMON_ID, "tags": ",".join(map(str, range(21)))}, "tags"),
        ({"text": LEMON_ID, "tags": "x" * 51}, "tags"),
        ({"text": LEMON_ID, "title": "x" * 501}, "title"),
        ({"text": LEMON_ID, "kind": "novel"}, "kind"),
    ],
)
def test_what_is_wrong_is_said_by_its_field(
    lemon: Account, member: Client, fields: dict[str, str], field: str
) -> None:
    page = member.post(reverse("track"), fields | {"confirm": "1"})
    assert list(field_errors(page)) == [field]
    assert not Task.objects.exists()


def test_a_text_that_is_too_long_is_said_so(lemon: Account, member: Client) -> None:
    page = recognise(member, "x" * 1_000_001)
    assert "million" in field_errors(page)["text"]


def test_more_than_two_hundred_pieces_are_read_in_parts(lemon: Account, member: Client) -> None:
    page = recognise(member, "\n".join(f"see ldtask_{n:032x}" for n in range(201)))
    assert len(page.context["paste"].pieces) == 200
    assert "Only the first 200 are read at once" in text_of(page)


def test_a_script_asks_for_parts_of_the_page(lemon: Account, member: Client) -> None:
    dialog = member.get(reverse("track"), headers={"X-Part": "dialog"})
    assert text_of(dialog).startswith('<dialog id="track-dialog"')
    found = member.post(reverse("track"), {"text": LEMON_ID}, headers={"X-Part": "found"})
    text = text_of(found)
    assert 'data-new="1" data-known="0"' in text
    assert "<html" not in text
    assert "<textarea" not in text


def test_pasted_markup_is_only_text(lemon: Account, member: Client) -> None:
    page = recognise(member, "<script>alert(1)</script>")
    assert b"<script>alert" not in page.content


def test_hundreds_of_ids_cost_as_many_queries_as_one(
    lemon: Account, member: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(6):
        recognise(member, "\n".join(f"ldtask_{n:032x}" for n in range(150)))
