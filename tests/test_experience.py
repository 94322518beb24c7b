from datetime import datetime, timedelta
from math import inf
from typing import Any

import pytest
from django.utils import timezone

from tasks import experience
from tasks.experience import RARE_BELOW
from tasks.models import Account, Task
from tasks.scheduling import Key
from tasks.scheduling.history import REMEMBERED
from tasks.vocabulary import Kind

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def account() -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example")


def key_of(account: Account) -> Key:
    return Key(account.pk, "lemondata", "veo3.1", Kind.VIDEO)


def ran(account: Account, seconds: float, *, ago_s: float = 1000.0, **fields: Any) -> Task:
    begun_at: datetime = NOW - timedelta(seconds=ago_s)
    usual = {
        "status": "succeeded",
        "finished_at": begun_at + timedelta(seconds=seconds),
        "poll_count": 4,
        "kind": "video",
        "model": "veo3.1",
    }
    return Task.objects.create(
        account=account,
        remote_id=f"t{Task.objects.count()}",
        created_at=begun_at,
        deadline_at=NOW + timedelta(hours=1),
        **(usual | fields),
    )


def test_it_tells_how_old_tasks_were_at_their_end(account: Account) -> None:
    ran(account, 100, unseen_s=30.0)
    ran(account, 60, ago_s=500)
    assert experience.observations(NOW) == {key_of(account): [(70.0, 100.0), (60.0, 60.0)]}


def test_a_task_still_running_has_no_upper_bound_and_counts_while_little_is_known(account: Account) -> None:
    ran(account, 0, ago_s=300, status="running", finished_at=None)
    assert experience.observations(NOW) == {key_of(account): [(300.0, inf)]}
    for _ in range(RARE_BELOW):
        ran(account, 50)
    assert experience.observations(NOW)[key_of(account)] == [(50.0, 50.0)] * RARE_BELOW


def test_a_start_at_the_provider_before_we_knew_it_counts(account: Account) -> None:
    ran(account, 100, started_at=NOW - timedelta(seconds=1200))
    assert experience.observations(NOW) == {key_of(account): [(300.0, 300.0)]}


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "canceled"},
        {"status": "lost", "finished_at": None},
        {"poll_count": 0},
        {"deleted_at": NOW},
    ],
    ids=["canceled", "lost", "final when we heard of it", "in the trash"],
)
def test_what_says_nothing_of_durations_is_left_out(account: Account, fields: dict[str, Any]) -> None:
    ran(account, 100, **fields)
    assert experience.observations(NOW) == {}


def test_it_remembers_the_newest(account: Account) -> None:
    for n in range(REMEMBERED + 5):
        ran(account, 10 + n, ago_s=5000 - n)
    found = experience.observations(NOW)[key_of(account)]
    assert len(found) == REMEMBERED
    assert found[-1].high_s == pytest.approx(10 + REMEMBERED + 4)


def test_one_query_for_each_account(account: Account, django_assert_num_queries: Any) -> None:
    ran(account, 10)
    with django_assert_num_queries(2):
        experience.observations(NOW)
