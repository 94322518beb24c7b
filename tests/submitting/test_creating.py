"""What may be made, and when the same wish is the same task."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks.creating import KEY_KEPT, KeyReused, Wish, create, twin_of
from tasks.models import Account, Submission, Task
from tasks.providers.forms import BadParams
from tasks.vocabulary import Kind, Status
from tests.poller.conftest import make_account
from tests.submitting.conftest import FOX

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account("https://api.example")


@pytest.fixture
def mira() -> User:
    return User.objects.create_user("mira")


def wish(key: str = "", **params: object) -> Wish:
    return Wish(Kind.VIDEO, params or FOX, key=key)


def test_a_wish_is_a_task_before_anything_is_sent(account: Account, mira: User) -> None:
    task = create(account, wish(), mira).task
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.remote_id, row.created_by) == (Status.SUBMITTING, None, mira)
    call = Submission.objects.get(pk=task.pk)
    assert (call.sent_at, call.params) == (None, FOX)


def test_it_refuses_what_the_provider_does_not_make(account: Account) -> None:
    with pytest.raises(BadParams, match="makes no “text”") as caught:
        create(account, Wish(Kind.TEXT, FOX), None)
    assert caught.value.field == "kind"


def test_it_refuses_a_bad_parameter_and_makes_nothing(account: Account) -> None:
    with pytest.raises(BadParams, match="Length must be a whole number") as caught:
        create(account, wish(prompt="x", duration="long"), None)
    assert caught.value.field == "duration"
    assert not Task.objects.exists()


def test_a_key_makes_one_task(account: Account, mira: User) -> None:
    first = create(account, wish("k1"), mira)
    again = create(account, wish("k1"), mira)
    assert (first.new, again.new) == (True, False)
    assert first.task.pk == again.task.pk
    assert Task.objects.count() == 1


def test_a_key_belongs_to_its_person(account: Account, mira: User) -> None:
    jonas = User.objects.create_user("jonas")
    assert create(account, wish("k1"), mira).task.pk != create(account, wish("k1"), jonas).task.pk


def test_a_key_stands_for_one_wish(account: Account, mira: User) -> None:
    create(account, wish("k1"), mira)
    with pytest.raises(KeyReused):
        create(account, wish("k1", prompt="Another"), mira)


def test_a_key_is_free_again_after_a_day(account: Account, mira: User) -> None:
    first = create(account, wish("k1"), mira).task
    old = timezone.now() - KEY_KEPT - timedelta(seconds=1)
    Submission.objects.filter(pk=first.pk).update(created_at=old)
    assert create(account, wish("k1"), mira).new


def test_the_same_wish_within_minutes_is_noticed(account: Account) -> None:
    now = timezone.now()
    assert twin_of(account, Kind.VIDEO, [FOX], now) is None
    task = create(account, wish(), None).task
    assert twin_of(account, Kind.VIDEO, [FOX], now) == task
    assert twin_of(account, Kind.VIDEO, [FOX | {"seed": 1}], now) is None
    assert twin_of(account, Kind.VIDEO, [FOX], now + timedelta(hours=1)) is None
