"""What the bell tells: whose tasks, which ends, since when, and that looking is having seen."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard.models import Profile
from dashboard.news import COUNTED_MAX, FRESH_FOR, REACHES_BACK, listed, profile_for, toasted, unseen
from tasks.models import Account, Event, Task
from tasks.vocabulary import EventType, Status
from tests.pages.tasks import make
from tests.pages.visitors import person, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example/v1")


@pytest.fixture
def mira() -> User:
    return person()


@pytest.fixture
def profile(mira: User) -> Profile:
    return Profile.objects.create(user=mira, news_seen_at=timezone.now() - timedelta(hours=1))


def ended(account: Account, owner: User | None, status: Status = Status.SUCCEEDED, **columns: Any) -> Task:
    """A task that came to this status by itself, ten seconds ago."""
    wanted = {"status_at": timezone.now() - timedelta(seconds=10)} | columns
    task = make(account, status=status, created_by=owner, **wanted)
    Event.objects.create(task=task, type=EventType.STATUS, from_status=Status.RUNNING, to_status=status)
    return task


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (Status.SUCCEEDED, True),
        (Status.FAILED, True),
        (Status.LOST, True),
        (Status.TIMED_OUT, True),
        (Status.UNCONFIRMED, True),
        (Status.CANCELED, False),
        (Status.RUNNING, False),
    ],
)
def test_it_tells_of_ends_and_of_what_needs_somebody(
    account: Account, mira: User, profile: Profile, status: Status, counts: bool
) -> None:
    ended(account, mira, status)
    assert unseen(mira, profile) == counts
    assert len(listed(mira, profile)) == counts


def test_only_one_s_own_unless_everybody_s_are_wanted(account: Account, mira: User, profile: Profile) -> None:
    jonas = person(username="jonas")
    own, other, nobody_s = ended(account, mira), ended(account, jonas), ended(account, None)
    assert [one.task for one in listed(mira, profile)] == [own]
    profile.news_of_all = True
    assert {one.task for one in listed(mira, profile)} == {own, other, nobody_s}
    assert unseen(mira, profile) == 3


def test_what_had_ended_when_it_was_tracked_is_no_news(
    account: Account, mira: User, profile: Profile
) -> None:
    task = make(account, status=Status.SUCCEEDED, created_by=mira)
    Event.objects.create(task=task, type=EventType.CREATED, to_status=Status.SUCCEEDED)
    assert listed(mira, profile) == []


def test_what_lies_in_the_trash_is_no_news(account: Account, mira: User, profile: Profile) -> None:
    ended(account, mira, deleted_at=timezone.now())
    assert unseen(mira, profile) == 0


def test_newest_first_and_not_further_back_than_two_weeks(
    account: Account, mira: User, profile: Profile
) -> None:
    now = timezone.now()
    ended(account, mira, status_at=now - REACHES_BACK - timedelta(hours=1))
    older = ended(account, mira, status_at=now - timedelta(days=3))
    newer = ended(account, mira)
    assert [(one.task, one.is_new) for one in listed(mira, profile)] == [(newer, True), (older, False)]


def test_a_toast_is_for_what_just_happened(account: Account, mira: User, profile: Profile) -> None:
    fresh = ended(account, mira)
    ended(account, mira, status_at=timezone.now() - FRESH_FOR - timedelta(seconds=1))
    assert [one.task for one in toasted(mira, profile)] == [fresh]
    assert unseen(mira, profile) == 2


def test_what_happened_before_somebody_came_is_not_unseen(account: Account, mira: User) -> None:
    ended(account, mira)
    assert unseen(mira, profile_for(mira)) == 0


def test_to_look_is_to_have_seen(account: Account, mira: User, profile: Profile) -> None:
    client = Client()
    client.force_login(mira)
    ended(account, mira, title="Harbour <at> dawn")
    assert 'data-unseen="1"' in client.get("/news/fresh").content.decode()
    page = client.get("/news").content.decode()
    assert "Harbour &lt;at&gt; dawn" in page
    assert page.count(">New<") == 1
    assert 'data-unseen="0"' in client.get("/news/fresh").content.decode()
    assert ">New<" not in client.get("/news").content.decode()


def test_many_are_counted_only_so_far(account: Account, mira: User, profile: Profile) -> None:
    for _ in range(COUNTED_MAX + 3):
        ended(account, mira)
    assert unseen(mira, profile) == COUNTED_MAX


def test_a_failure_tells_why(account: Account, mira: User, profile: Profile) -> None:
    ended(account, mira, Status.FAILED, error_reason="quota", error_message="Insufficient balance")
    client = Client()
    client.force_login(mira)
    told = client.get("/news/fresh").content.decode()
    assert 'data-says="No credit left at LemonData"' in told
    assert "toast told bad" in told


def test_everybody_s_can_be_chosen_and_undone() -> None:
    client = visitor()
    assert "When one of your tasks ends" in client.get("/news").content.decode()
    client.post("/news/whose", {"whose": "all"})
    assert "When a task ends" in client.get("/news").content.decode()
    client.post("/news/whose", {"whose": "mine"})
    assert not Profile.objects.get().news_of_all
