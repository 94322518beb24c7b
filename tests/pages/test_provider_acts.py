"""Cancel, adopt and run again, on the page of a task."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tasks.models import Account, Submission, Task
from tasks.vocabulary import Status
from tests.pages.tasks import make
from tests.pages.visitors import notices, text_of

pytestmark = pytest.mark.django_db


def made_here(account: Account, **fields: Any) -> Task:
    task = make(account, **fields)
    now = timezone.now()
    Submission.objects.create(task=task, params={"prompt": "A fox"}, fingerprint="f", created_at=now)
    return task


def test_a_task_that_was_made_here_can_be_run_again(member: Client, account: Account) -> None:
    task = made_here(account, status=Status.FAILED)
    assert f"/new?from={task.pk}" in text_of(member.get(f"/tasks/{task.pk}"))
    assert "Run again" not in text_of(member.get(f"/tasks/{make(account).pk}"))


def test_what_was_not_sent_yet_is_canceled_at_once(member: Client, account: Account) -> None:
    task = made_here(account, status=Status.SUBMITTING, remote_id=None)
    answer = member.post(f"/tasks/{task.pk}/cancel", follow=True)
    assert notices(answer) == ["It is canceled."]
    assert Task.objects.get().status == Status.CANCELED


def test_a_provider_that_cannot_cancel_offers_no_button_and_says_so(member: Client) -> None:
    nebula = Account.objects.create(slug="neb", provider="nebula", base_url="https://nebula.example")
    task = make(nebula)
    assert "/cancel" not in text_of(member.get(f"/tasks/{task.pk}"))
    answer = member.post(f"/tasks/{task.pk}/cancel", follow=True)
    assert notices(answer)[0].startswith("Nebula cannot cancel tasks.")


def test_an_id_is_adopted_for_an_unconfirmed_task(member: Client, account: Account) -> None:
    task = make(account, status=Status.UNCONFIRMED, remote_id=None)
    assert "Adopt" in text_of(member.get(f"/tasks/{task.pk}"))
    answer = member.post(f"/tasks/{task.pk}/adopt", {"remote_id": "ldtask_7"}, follow=True)
    assert notices(answer) == ["It goes on under that id."]
    assert Task.objects.get().remote_id == "ldtask_7"


def test_what_is_no_id_is_told(member: Client, account: Account) -> None:
    task = make(account, status=Status.UNCONFIRMED, remote_id=None)
    answer = member.post(f"/tasks/{task.pk}/adopt", {"remote_id": ""}, follow=True)
    assert "This names no task" in notices(answer)[0]
