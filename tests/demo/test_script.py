from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.demo import script as script_module
from dashboard.demo.cast import TEAM, VISITOR, connect_accounts, gather_team
from dashboard.demo.scenes import DEAD, PRINTER, REFUSED
from dashboard.demo.script import HISTORY, MOST_RUNNING, RUNNING_AT_START, Script
from dashboard.demo.simulators import Simulators, open_sockets
from dashboard.people import Role, role_of
from tasks.models import Account, Event, Result, Task
from tasks.vocabulary import FINAL, Status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulators() -> Iterator[Simulators]:
    found = open_sockets({})
    yield found
    found.close()


@pytest.fixture
def script(simulators: Simulators) -> Script:
    return Script(simulators, connect_accounts(simulators), gather_team())


def test_it_begins_with_a_past_and_with_work_under_way(script: Script) -> None:
    script.begin()
    ends = Counter(Task.objects.values_list("status", flat=True))
    final = sum(ends[status] for status in FINAL)
    assert final + ends[Status.LOST] == HISTORY
    assert ends[Status.SUCCEEDED] > HISTORY / 2
    assert ends[Status.FAILED] >= 3
    assert ends[Status.QUEUED] + ends[Status.RUNNING] == RUNNING_AT_START + len({REFUSED, DEAD})
    assert set(Task.objects.values_list("account__slug", flat=True)) == set(
        Account.objects.values_list("slug", flat=True)
    )


def test_its_past_holds_together(script: Script) -> None:
    script.begin()
    now = timezone.now()
    for task in Task.objects.prefetch_related("events", "results"):
        times = [event.at for event in task.events.all()]
        assert times == sorted(times)
        assert task.created_at <= times[-1] <= now
        assert (task.next_poll_at is None) == task.is_final
        assert (task.finished_at is not None) == task.is_final
        assert bool(task.results.all()) == (task.status == Status.SUCCEEDED)
        assert task.created_by is not None
    oldest = Task.objects.order_by("created_at")[0]
    assert timedelta(hours=8) < now - oldest.created_at < timedelta(days=2)


def test_it_begins_only_once_but_always_has_work_under_way(script: Script, simulators: Simulators) -> None:
    script.begin()
    Task.objects.filter(status__in=[Status.QUEUED, Status.RUNNING]).exclude(
        account__slug__in=[REFUSED, DEAD]
    ).update(status=Status.CANCELED, next_poll_at=None)
    before = Task.objects.count()
    simulators.printed.clear()
    Script(simulators, connect_accounts(simulators), gather_team()).begin()
    assert Task.objects.count() == before + RUNNING_AT_START
    listed = set(simulators.printed)
    assert listed == set(Task.objects.filter(account__slug=PRINTER).values_list("remote_id", flat=True))


def test_every_step_tracks_one_task_until_enough_are_under_way(script: Script) -> None:
    script.begin()
    before = Task.objects.count()
    script.step()
    assert Task.objects.count() == before + 1
    newest = Task.objects.latest("created_at")
    assert newest.next_poll_at is not None
    assert newest.title
    for _ in range(2 * MOST_RUNNING):
        script.step()
    assert Task.objects.count() == before + MOST_RUNNING - RUNNING_AT_START


def test_it_can_go_on_all_day(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_module, "MOST_TASKS", 20)
    script.begin()
    kept = set(Task.objects.order_by("-created_at", "-id").values_list("pk", flat=True)[:19])
    script.step()
    assert Task.objects.count() == 20
    assert kept < set(Task.objects.values_list("pk", flat=True))
    assert not Event.objects.exclude(task__in=Task.objects.all()).exists()
    assert not Result.objects.exclude(task__in=Task.objects.all()).exists()


def test_accounts_follow_their_servers_to_new_ports(simulators: Simulators) -> None:
    connect_accounts(simulators)
    moved = open_sockets({})
    try:
        for slug, account in connect_accounts(moved).items():
            account.refresh_from_db()
            assert account.base_url == moved.origin(slug)
        assert Account.objects.get(slug="lemon").api_key == "sk-demo-lemon-5f21"
    finally:
        moved.close()


def test_the_visitor_may_do_everything_and_nobody_has_a_password() -> None:
    people = gather_team()
    assert role_of(people[VISITOR]) is Role.MANAGER
    assert {role_of(people[name]) for name in TEAM} == {Role.MEMBER}
    assert not any(user.has_usable_password() for user in people.values())
    assert gather_team() == people
