"""“New task”: from the description of a call to a task that is about to be sent."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tasks.models import Account, Submission, Task
from tasks.vocabulary import Status
from tests.pages.visitors import field_errors, notices, text_of

pytestmark = pytest.mark.django_db

VIDEO = "/new?account=lemon&kind=video"
FOX = {"p-model": "veo3.1", "p-prompt": "A red fox", "p-duration": "8"}


def test_it_offers_what_each_account_makes(member: Client, account: Account) -> None:
    Account.objects.create(slug="mpt", provider="moneyprinter", base_url="http://localhost:8080")
    page = text_of(member.get("/new"))
    assert "Lemon studio" in page
    assert "/new?" not in page
    assert 'href="?account=mpt&kind=text"' in page


def test_without_accounts_it_says_what_to_do(member: Client) -> None:
    assert "Ask a manager to connect a provider." in text_of(member.get("/new"))


def test_a_paused_account_is_not_offered(member: Client, account: Account) -> None:
    Account.objects.update(enabled=False)
    assert "Lemon studio" not in text_of(member.get(VIDEO))


def test_it_makes_a_task_and_leads_to_it(member: Client, account: Account) -> None:
    answer = member.post(VIDEO, FOX | {"title": "Shot 12", "tags": "trailer, night"})
    task = Task.objects.get()
    assert answer["Location"] == f"/tasks/{task.pk}"
    assert (task.status, task.title, task.tags) == (Status.SUBMITTING, "Shot 12", ["trailer", "night"])
    call = Submission.objects.get()
    assert call.params == {"model": "veo3.1", "prompt": "A red fox", "duration": 8}
    assert call.owner == task.created_by


def test_a_wrong_field_is_told_beside_it_and_nothing_is_lost(member: Client, account: Account) -> None:
    page = member.post(VIDEO, FOX | {"p-duration": "long"})
    assert field_errors(page) == {"p-duration": "Length must be a whole number."}
    assert "A red fox" in text_of(page)
    assert not Task.objects.exists()


def test_a_missing_prompt_is_told(member: Client, account: Account) -> None:
    assert field_errors(member.post(VIDEO, {"p-model": "veo3.1"})) == {"p-prompt": "Prompt is needed."}


def test_each_line_becomes_a_task_of_its_own(member: Client, account: Account) -> None:
    answer = member.post(VIDEO, FOX | {"p-prompt": "A fox\n\n  A hare \nAn owl", "many": "on"}, follow=True)
    assert {task.prompt for task in Task.objects.all()} == {"A fox", "A hare", "An owl"}
    assert notices(answer) == ["3 tasks on the way to Lemon studio."]


def test_too_many_lines_are_refused(member: Client, account: Account) -> None:
    page = member.post(VIDEO, FOX | {"p-prompt": "A fox\n" * 201, "many": "on"})
    assert field_errors(page)["p-prompt"] == "1 line is wrong. Nothing was sent."
    assert "At most 200 go out at once" in text_of(page)
    assert not Task.objects.exists()


def test_what_the_page_does_not_know_passes_through(member: Client, account: Account) -> None:
    member.post(VIDEO, FOX | {"extra": '{"lens": {"mm": 35}}'})
    assert Submission.objects.get().params["lens"] == {"mm": 35}


@pytest.mark.parametrize("extra", ["{", "[1]", "3"])
def test_other_parameters_must_be_an_object(member: Client, account: Account, extra: str) -> None:
    assert "extra" in field_errors(member.post(VIDEO, FOX | {"extra": extra}))
    assert not Task.objects.exists()


def test_the_same_again_within_minutes_is_asked_about_first(member: Client, account: Account) -> None:
    member.post(VIDEO, FOX)
    page = member.post(VIDEO, FOX)
    assert "The same went out" in text_of(page)
    assert Task.objects.count() == 1
    member.post(VIDEO, FOX | {"again": "1"})
    assert Task.objects.count() == 2


def test_it_remembers_what_one_chose_but_not_what_was_made(member: Client, account: Account) -> None:
    member.post(VIDEO, FOX)
    page = text_of(member.get(VIDEO))
    assert 'value="veo3.1"' in page
    assert 'value="8"' in page
    assert "A red fox" not in page


def test_a_task_is_run_again_with_its_parameters(member: Client, account: Account) -> None:
    member.post(VIDEO, FOX | {"title": "Shot 12", "extra": '{"lens": 35}'})
    first = Task.objects.get()
    Submission.objects.update(created_at=timezone.now() - timedelta(hours=1))
    page = text_of(member.get(f"/new?from={first.pk}&retry=1"))
    assert "may charge for it again" in page
    assert "A red fox" in page
    assert '"lens": 35' in page
    member.post(f"/new?from={first.pk}&retry=1", FOX)
    assert Submission.objects.exclude(pk=first.pk).get().retry_of == first


@pytest.mark.parametrize(
    "query", ["from=nonsense", "from=00000000-0000-0000-0000-000000000000", "kind=movie"]
)
def test_a_wrong_address_offers_the_choice(member: Client, account: Account, query: str) -> None:
    answer = member.get(f"/new?{query}")
    assert answer.status_code == 200
    assert "What shall be made" in text_of(answer)


def test_the_same_form_sent_twice_at_once_makes_nothing_twice(
    member: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "dashboard.pages.create.twin_of", lambda *_: None
    )  # neither has committed when it looks
    key = member.get(VIDEO).context["key"]
    answers = [member.post(VIDEO, FOX | {"key": str(key)}) for _ in range(2)]
    assert Task.objects.count() == 1
    assert {answer["Location"] for answer in answers} == {f"/tasks/{Task.objects.get().pk}"}


def test_who_goes_back_and_changes_the_form_gets_what_it_says(member: Client, account: Account) -> None:
    key = str(member.get(VIDEO).context["key"])
    member.post(VIDEO, FOX | {"key": key})
    member.post(VIDEO, FOX | {"key": key, "p-prompt": "A hare"})
    assert sorted(Task.objects.values_list("prompt", flat=True)) == ["A hare", "A red fox"]
