"""Many tasks run again: what it would make is said first, and a form that is sent twice makes nothing twice."""

import re

import pytest
from django.test import Client

from tasks.creating import Wish, create
from tasks.models import Account, Submission, Task
from tasks.tracking import Intent
from tasks.vocabulary import Kind
from tests.pages.tasks import make
from tests.pages.visitors import notices, text_of

pytestmark = pytest.mark.django_db


def made_here(account: Account, title: str) -> Task:
    wish = Wish(Kind.VIDEO, {"model": "veo3.1", "prompt": title}, Intent(title=title, tags=("sea",)))
    task = create(account, wish, None).task
    Task.objects.filter(pk=task.pk).update(status="failed")
    return task


def ids(*tasks: Task) -> list[str]:
    return [str(one.pk) for one in tasks]


def key_on(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def test_it_says_what_it_would_make_and_that_it_may_cost(member: Client, account: Account) -> None:
    one, two = made_here(account, "Fjord"), made_here(account, "Storm")
    other = make(account, title="Tracked only")
    page = text_of(member.get("/tasks/again", {"task": ids(one, two, other)}))
    assert "Run 2 tasks again" in page
    assert "may charge for it again" in page
    assert "1 will not be made" in page
    assert "It was not made here" in page
    assert Task.objects.count() == 3


def test_each_is_made_once_however_often_the_form_is_sent(member: Client, account: Account) -> None:
    one, two = made_here(account, "Fjord"), made_here(account, "Storm")
    other = make(account, title="Tracked only")
    page = text_of(member.get("/tasks/again", {"task": ids(one, two)}))
    form = {"task": ids(one, two, other), "key": key_on(page), "next": "/?kind=video"}
    for _ in range(2):
        response = member.post("/tasks/again", form, follow=True)
        assert response.redirect_chain == [("/?kind=video", 302)]
        assert notices(response) == [
            "2 tasks are made once more.",
            "Not made again: “Tracked only”. It was not made here, so its parameters are not known.",
        ]
    new = Submission.objects.filter(retry_of__isnull=False)
    assert {(call.retry_of_id, call.params["prompt"]) for call in new} == {
        (one.pk, "Fjord"),
        (two.pk, "Storm"),
    }
    assert {(call.task.title, tuple(call.task.tags)) for call in new} == {
        ("Fjord", ("sea",)),
        ("Storm", ("sea",)),
    }


def test_a_paused_account_makes_nothing(member: Client, account: Account) -> None:
    one = made_here(account, "Fjord")
    Account.objects.update(enabled=False)
    page = text_of(member.get("/tasks/again", {"task": ids(one)}))
    assert "Nothing to run again" in page
    assert "Its account is paused." in page


def test_nothing_selected_leads_back(member: Client) -> None:
    assert "Select tasks first" in notices(member.get("/tasks/again", follow=True))[0]


def test_a_form_without_its_key_is_refused(member: Client, account: Account) -> None:
    assert member.post("/tasks/again", {"task": [made_here(account, "Fjord").pk]}).status_code == 400
    assert Task.objects.count() == 1
