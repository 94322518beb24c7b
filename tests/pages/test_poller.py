"""The poller page: who holds what, what is asked next and why it waits, and what went wrong lately."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard import poller_room
from dashboard.people import Role
from dashboard.poller_room import read_room
from tasks.ids import uuid7
from tasks.models import Account, AccountUse, Event, Poller, Result, Task
from tasks.poller.report import LineReport, Report, Wake
from tasks.vocabulary import Duty, EventType, Kind, Wait
from tests.pages.visitors import text_of, visitor

pytestmark = pytest.mark.django_db

NOW = timezone.now()
NOTHING = Report()


@pytest.fixture
def desk() -> Client:
    return visitor(Role.MANAGER, "boss")


def read(desk: Client) -> str:
    """The page's words, without its tags."""
    page = text_of(desk.get("/poller"))
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def poller(report: Report = NOTHING, age_s: float = 2, duty: Duty = Duty.POLLING) -> Poller:
    at = timezone.now() - timedelta(seconds=age_s)
    return Poller.objects.create(
        host="studio-7/boot/1", pid=4711, started_at=at, heartbeat_at=at, duty=duty, report=report.to_json()
    )


def line(account: str = "lemon", late_s: float = 0.0, wait: Wait | None = None) -> LineReport:
    return LineReport(account, 3, int(late_s > 0), late_s, wait)


def make(account: Account, title: str, **columns: Any) -> Task:
    usual = {"account": account, "title": title, "status": "running", "deadline_at": NOW, "next_poll_at": NOW}
    return Task.objects.create(**usual | columns)


def wake(task: Task, in_s: float, wait: Wait | None = None) -> Wake:
    return Wake(task.pk, task.account.slug, timezone.now() + timedelta(seconds=in_s), wait)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_only_managers_see_it(role: Role) -> None:
    guest = visitor(role)
    assert guest.get("/poller").status_code == 403
    assert 'href="/poller"' not in text_of(guest.get("/accounts"))
    assert Client().get("/poller").url.startswith("/login")  # type: ignore[attr-defined]


def test_managers_find_it_beside_the_storage(desk: Client) -> None:
    for path in ("/accounts", "/profile"):
        assert 'href="/poller"' in text_of(desk.get(path))
    assert '<a href="/poller" aria-current="page">' in text_of(desk.get("/poller"))
    assert desk.post("/poller").status_code == 405


def test_it_says_what_to_expect_when_there_is_nothing(desk: Client) -> None:
    page = read(desk)
    for words in (
        "0 tasks held by 0 pollers",
        "Nobody asks. No poller runs.",
        "Nothing is waited for",
        "None has a heartbeat",
        "No provider is connected yet",
        "None lately",
    ):
        assert words in page


def test_it_shows_who_holds_what(desk: Client, account: Account) -> None:
    poller(Report((line(),)), age_s=4)
    keeper = poller(duty=Duty.ARCHIVING, age_s=50)
    for n in range(2):
        Result.objects.create(task=make(account, "Take"), position=n, kind=Kind.VIDEO, claimed_by=keeper)
    page = read(desk)
    assert "3 tasks held by 1 poller" in page
    assert re.search(r"Asks studio-7 · process 4711 [45] s ago 3 tasks", page)
    assert re.search(r"Keeps results studio-7 · process 4711 5\d s ago · silent 2 results", page)


def test_it_shows_what_is_asked_next_and_why_it_waits(desk: Client, account: Account) -> None:
    paused = Account.objects.create(slug="pear", provider="nebula", base_url="x", name="Pear", enabled=False)
    first, second, gone = (make(account, title) for title in ("First", "Second", "Gone"))
    later = make(account, "Vanished", status="lost", next_poll_at=timezone.now() + timedelta(hours=3.5))
    make(paused, "Sleeper")
    Task.objects.filter(pk=gone.pk).update(deleted_at=NOW)
    holder = poller(Report((line(),), (wake(first, 9), wake(gone, 10), wake(second, 90, Wait.BUDGET))))
    Task.objects.exclude(title__in=("Vanished", "Sleeper")).update(claimed_by=holder)
    page = read(desk)
    assert re.search(
        r"Asked next First Lemon studio in [89] s "
        r"Second Lemon studio · The request budget is used up in 1 min "
        r"Vanished Lemon studio · Lost at provider in 3 h "
        r"Sleeper Pear · The account is paused on resume Processes",
        page,
    )
    assert f'href="/tasks/{later.pk}"' in text_of(desk.get("/poller"))


def test_it_shows_how_accounts_stand(desk: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(requests_per_minute=60)
    AccountUse.objects.create(
        account=account, holder=uuid7(), requests_last_minute=57, in_flight=4, at=timezone.now()
    )
    poller(Report((line(late_s=12.3, wait=Wait.BUDGET),)))
    poller(Report((line(),)))
    page = read(desk)
    assert "6 tasks held · 1 due, 12 s late · The request budget is used up Last 60 s 57 of 60" in page
    assert "At once 4 of 20" in page
    assert "On time" in page


def test_it_says_when_pollers_fall_behind(desk: Client, account: Account) -> None:
    poller(Report((line(late_s=95.0),)))
    page = read(desk)
    assert "1 min late" in page
    assert "The pollers fall behind." in page


def test_what_a_silent_poller_told_counts_no_more(desk: Client, account: Account) -> None:
    poller(Report((line(),), (wake(make(account, "Take"), 5),)), age_s=60)
    Task.objects.update(claimed_by=Poller.objects.get())
    page = read(desk)
    assert "Nobody has asked since" in page
    assert "0 tasks held by 0 pollers" in page
    assert "Take Lemon studio · Nobody asks just now in" in page


def test_it_shows_the_last_problems(desk: Client, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    task, trashed = make(account, "Harbour"), make(account, "Trashed", deleted_at=NOW)
    for one, kind, message in (
        (task, EventType.PROBLEM, "Too old to tell."),
        (task, EventType.NOT_SAVED, "The link has expired."),
        (trashed, EventType.PROBLEM, "Nobody cares."),
        (task, EventType.PROBLEM, "LemonData did not answer in time."),
        (task, EventType.STATUS, "No problem."),
    ):
        Event.objects.create(task=one, type=kind, message=message)
    monkeypatch.setattr(poller_room, "LOOKED_BACK", 4)
    page = read(desk).partition("Last problems ")[2]
    assert page.startswith("LemonData did not answer in time. Harbour · Lemon studio just now The link has")
    assert "Too old" not in page
    assert "Nobody cares" not in page
    assert "No problem" not in page


def test_it_takes_few_queries_however_much_there_is(account: Account) -> None:
    counts = []
    for n in range(2):
        for more in range(5):
            other = Account.objects.create(slug=f"a{n}{more}", provider="lemondata", base_url="x")
            task = make(other, "Take")
            poller(Report((line(other.slug),), (wake(task, 5),)))
            Event.objects.create(task=task, type=EventType.PROBLEM, message="No answer.")
        with CaptureQueriesContext(connection) as caught:
            read_room(timezone.now())
        counts.append(len(caught))
    assert counts == [10, 10]
