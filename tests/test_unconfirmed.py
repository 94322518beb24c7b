"""Tasks of which nobody knows whether they were made."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks.models import Account, Task
from tasks.unconfirmed import CannotAdopt, adopt, discard
from tasks.vocabulary import Status
from tests.poller.conftest import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account("https://api.example")


@pytest.fixture
def lost(account: Account) -> Task:
    return Task.objects.create(account=account, status=Status.UNCONFIRMED, deadline_at=timezone.now())


@pytest.mark.parametrize(
    "text", [" ldtask_7 ", "https://api.example/v1/tasks/ldtask_7", "/v1/tasks/ldtask_7"]
)
def test_it_goes_on_under_the_id_that_the_provider_shows(lost: Task, text: str) -> None:
    mira = User.objects.create_user("mira")
    adopt(lost, text, mira)
    row = Task.objects.get()
    assert (row.status, row.remote_id) == (Status.QUEUED, "ldtask_7")
    assert row.next_poll_at is not None
    event = row.events.get()
    assert (event.from_status, event.to_status, event.actor) == ("unconfirmed", "queued", "mira")


@pytest.mark.parametrize(
    "text", ["", "two words", "x" * 513, "https://elsewhere.example/v1/tasks/ldtask_7", "a\nb"]
)
def test_what_names_no_task_of_this_account_is_refused(lost: Task, text: str) -> None:
    with pytest.raises(CannotAdopt):
        adopt(lost, text, None)
    assert Task.objects.get().status == Status.UNCONFIRMED


def test_an_id_that_is_tracked_already_is_refused(account: Account, lost: Task) -> None:
    Task.objects.create(account=account, remote_id="ldtask_7", deadline_at=timezone.now())
    with pytest.raises(CannotAdopt, match="tracked already"):
        adopt(lost, "ldtask_7", None)


def test_only_an_unconfirmed_task_takes_an_id(lost: Task) -> None:
    Task.objects.update(status=Status.QUEUED)
    with pytest.raises(CannotAdopt, match="settled"):
        adopt(lost, "ldtask_7", None)


def test_a_discarded_task_is_in_the_trash(lost: Task) -> None:
    discard(lost, None)
    assert Task.objects.trash().get() == lost
