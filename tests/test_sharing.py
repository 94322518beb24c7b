"""Links for people without a login: what they show, and what making, changing and ending one leaves behind."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks.exposure import exposed_by, exposed_result, find, shares_of
from tasks.models import Account, AuditEntry, Event, Result, Share, ShareVisit, Task
from tasks.secrets import hash_token
from tasks.sharing import (
    NoSuchShare,
    NothingToShare,
    Piece,
    Terms,
    change,
    make,
    opens,
    renew,
    replace,
    revoke,
)
from tasks.tracking import purge_trash, restore, stop_tracking
from tasks.visits import count_visit, forget_visits
from tasks.vocabulary import Deed, EventType
from tests.archive.stored import keep

pytestmark = pytest.mark.django_db

NEVER = Terms(expires_at=None)


@pytest.fixture
def mira() -> User:
    return User.objects.create_user("mira", first_name="Mira", last_name="Okafor")


@pytest.fixture
def account() -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example")


@pytest.fixture
def task(account: Account) -> Task:
    return make_task(account, "Fjord at dawn")


def make_task(account: Account, title: str, **fields: Any) -> Task:
    values = {"title": title, "status": "succeeded", "kind": "video", "deadline_at": timezone.now()} | fields
    return Task.objects.create(account=account, remote_id=uuid4().hex, **values)


def deeds() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("deed", flat=True))


def version(task: Task) -> int:
    return Task.objects.values_list("version", flat=True).get(pk=task.pk)


def test_a_link_opens_what_it_was_made_for(task: Task, mira: User) -> None:
    result = keep(task)
    made = make([Piece(task.pk)], NEVER, mira)
    share = find(made.token)
    assert share == made.share
    assert share is not None
    (exposed,) = exposed_by(share)
    assert (exposed.task, exposed.results) == (task, [result])
    assert shares_of(task) == [share]


def test_a_token_is_long_and_only_its_hash_is_kept(task: Task, mira: User) -> None:
    tokens = {make([Piece(task.pk)], NEVER, mira).token for _ in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {32}, "192 bits in base 64"
    kept = str(
        list(Share.objects.values()) + list(Event.objects.values()) + list(AuditEntry.objects.values())
    )
    assert not [token for token in tokens if token in kept]
    assert {hash_token(token) for token in tokens} == set(Share.objects.values_list("token_hash", flat=True))


def test_making_one_is_remembered_and_shown(task: Task, mira: User) -> None:
    before = version(task)
    end = timezone.now() + timedelta(days=7)
    share = make([Piece(task.pk)], Terms(expires_at=end), mira).share
    event = Event.objects.get(type=EventType.SHARED)
    assert event.message.startswith("Link made, works until ")
    assert event.actor == "Mira Okafor"
    entry = AuditEntry.objects.get()
    assert (entry.deed, entry.actor, entry.subject) == (Deed.SHARE_MADE, mira, "Fjord at dawn")
    assert entry.subject_id == str(share.pk)
    assert version(task) == before + 1


def test_chosen_results_are_shown_and_no_others(task: Task, mira: User) -> None:
    first, second, third = (keep(task, position=n) for n in range(3))
    made = make([Piece(task.pk, third.pk), Piece(task.pk, first.pk)], NEVER, mira)
    (exposed,) = exposed_by(made.share)
    assert exposed.results == [first, third]
    assert exposed_result(made.share, first.pk) == first
    assert exposed_result(made.share, second.pk) is None


def test_a_whole_task_shows_results_that_come_later(task: Task, mira: User) -> None:
    made = make([Piece(task.pk)], NEVER, mira)
    late = keep(task)
    assert exposed_by(made.share)[0].results == [late]
    assert exposed_result(made.share, late.pk) == late


def test_a_gallery_keeps_its_order_and_shows_each_task_once(account: Account, mira: User) -> None:
    tasks = [make_task(account, f"Take {n}") for n in range(4)]
    order = [tasks[2], tasks[0], tasks[3], tasks[2]]
    made = make([Piece(one.pk) for one in order], NEVER, mira)
    assert [one.task for one in exposed_by(made.share)] == order[:3]
    assert Event.objects.filter(type=EventType.SHARED).count() == 3
    assert AuditEntry.objects.get().subject == "Take 2 and 2 more"


def test_somebody_else_s_result_is_not_shown_by_naming_it(account: Account, task: Task, mira: User) -> None:
    foreign = keep(make_task(account, "Other"))
    with pytest.raises(NothingToShare):
        make([Piece(task.pk, foreign.pk)], NEVER, mira)
    share = make([Piece(task.pk)], NEVER, mira).share
    assert exposed_result(share, foreign.pk) is None


def test_what_is_gone_cannot_be_shared(task: Task, mira: User) -> None:
    stop_tracking([task.pk], mira)
    for pieces in ([], [Piece(uuid4())], [Piece(task.pk)]):
        with pytest.raises(NothingToShare):
            make(pieces, NEVER, mira)
    assert not Share.objects.exists()
    assert Deed.SHARE_MADE not in deeds()


def test_the_trash_takes_a_task_s_links_along_and_gives_them_back(task: Task, mira: User) -> None:
    made = make([Piece(task.pk)], NEVER, mira)
    stop_tracking([task.pk], mira)
    assert find(made.token) is None
    restore([task.pk], mira)
    assert find(made.token) == made.share
    stop_tracking([task.pk], mira)
    Task.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    purge_trash(timezone.now())
    assert find(made.token) is None


def test_a_gallery_goes_on_without_the_task_that_is_gone(account: Account, mira: User) -> None:
    tasks = [make_task(account, f"Take {n}") for n in range(2)]
    made = make([Piece(one.pk) for one in tasks], NEVER, mira)
    result = keep(tasks[0])
    stop_tracking([tasks[0].pk], mira)
    assert find(made.token) == made.share
    assert [one.task for one in exposed_by(made.share)] == tasks[1:]
    assert exposed_result(made.share, result.pk) is None


def test_changing_says_what_changed_and_leaves_no_trace_when_nothing_did(task: Task, mira: User) -> None:
    share = make([Piece(task.pk)], NEVER, mira).share
    before = version(task)
    end = timezone.now() + timedelta(days=30)
    changed = change(share.pk, mira, {"expires_at": end, "title": "The fjord"}, password="hunter2")
    assert (changed.expires_at, changed.title) == (end, "The fjord")
    assert Event.objects.latest("id").message == "Link changed: end, title, password"
    assert deeds() == [Deed.SHARE_MADE, Deed.SHARE_CHANGED]
    assert "hunter2" not in str(list(Event.objects.values()) + list(AuditEntry.objects.values()))
    assert version(task) == before + 1
    change(share.pk, mira, {"expires_at": end, "title": "The fjord"})
    assert (len(deeds()), version(task)) == (2, before + 1)


def test_only_what_may_be_changed_changes(task: Task, mira: User) -> None:
    share = make([Piece(task.pk)], NEVER, mira).share
    change(share.pk, mira, {"views": 900, "token_hash": "x", "revoked_at": timezone.now()})
    share.refresh_from_db()
    assert (share.views, share.revoked_at) == (0, None)


def test_a_password_is_hashed_checked_and_removed(task: Task, mira: User) -> None:
    share = make([Piece(task.pk)], Terms(expires_at=None, password="hunter2"), mira).share
    assert "hunter2" not in share.password_hash
    assert (opens(share, "hunter2"), opens(share, "hunter3"), opens(share, "")) == (True, False, False)
    assert change(share.pk, mira, {}, password="").password_hash == ""


def test_a_new_link_replaces_the_old_one(task: Task, mira: User) -> None:
    old = make([Piece(task.pk)], NEVER, mira)
    new = renew(old.share.pk, mira)
    assert new.token != old.token
    assert find(old.token) is None
    assert find(new.token) == old.share
    assert deeds() == [Deed.SHARE_MADE, Deed.SHARE_RENEWED]


def test_a_new_take_is_shown_behind_the_same_link(account: Account, task: Task, mira: User) -> None:
    take = make_task(account, "Fjord, take 2")
    made = make([Piece(task.pk)], NEVER, mira)
    versions = version(task), version(take)
    replace(made.share.pk, [Piece(take.pk)], mira)
    assert [one.task for one in exposed_by(made.share)] == [take]
    assert find(made.token) == made.share
    assert (shares_of(task), shares_of(take)) == ([], [made.share])
    assert (version(task), version(take)) == (versions[0] + 1, versions[1] + 1)
    assert Event.objects.get(type=EventType.SHARE_ENDED).task == task
    with pytest.raises(NothingToShare):
        replace(made.share.pk, [Piece(uuid4())], mira)
    assert [one.task for one in exposed_by(made.share)] == [take], "a replacement that fails changes nothing"


def test_a_revoked_link_is_dead_for_everything(task: Task, mira: User) -> None:
    made = make([Piece(task.pk)], NEVER, mira)
    before = version(task)
    assert revoke([made.share.pk, uuid4()], mira) == [made.share.pk]
    assert revoke([made.share.pk], mira) == []
    assert (find(made.token), shares_of(task), version(task)) == (None, [], before + 1)
    assert deeds() == [Deed.SHARE_MADE, Deed.SHARE_REVOKED]
    for act in (
        lambda: change(made.share.pk, mira, {"title": "x"}),
        lambda: renew(made.share.pk, mira),
        lambda: replace(made.share.pk, [Piece(task.pk)], mira),
    ):
        with pytest.raises(NoSuchShare):
            act()


def test_an_expired_link_is_found_and_can_be_extended(task: Task, mira: User) -> None:
    now = timezone.now()
    made = make([Piece(task.pk)], Terms(expires_at=now - timedelta(seconds=1)), mira)
    share = find(made.token)
    assert share is not None
    assert not share.is_working(now)
    assert not Share.objects.working(now).exists()
    assert change(share.pk, mira, {"expires_at": now + timedelta(hours=1)}).is_working(now)
    assert Share.objects.working(now).get() == share


def test_views_count_a_visitor_once_an_hour(task: Task, mira: User) -> None:
    share = make([Piece(task.pk)], NEVER, mira).share
    at = timezone.now().replace(minute=10)
    before = version(task)
    visits = [
        ("10.0.0.1", "Firefox", 0),
        ("10.0.0.1", "Firefox", 5),
        ("10.0.0.2", "Firefox", 6),
        ("10.0.0.1", "Safari", 7),
        ("10.0.0.1", "Firefox", 60),
    ]
    counted = [count_visit(share.pk, who, with_, at + timedelta(minutes=m)) for who, with_, m in visits]
    assert counted == [True, False, True, True, True]
    share.refresh_from_db()
    assert (share.views, share.last_seen_at) == (4, at + timedelta(hours=1))
    assert version(task) == before + 4


def test_being_seen_again_is_noted_once_a_minute(task: Task, mira: User) -> None:
    share = make([Piece(task.pk)], NEVER, mira).share
    at = timezone.now().replace(minute=10, second=0)
    for seconds in (0, 30, 61):
        count_visit(share.pk, "10.0.0.1", "Firefox", at + timedelta(seconds=seconds))
    share.refresh_from_db()
    assert share.last_seen_at == at + timedelta(seconds=61)


def test_a_visit_names_nobody_and_is_forgotten(account: Account, task: Task, mira: User) -> None:
    at = timezone.now().replace(minute=10)
    shares = [make([Piece(task.pk)], NEVER, mira).share for _ in range(2)]
    for share in shares:
        for hours in range(2):
            count_visit(share.pk, "10.0.0.1", "Firefox", at + timedelta(hours=hours))
    visitors = set(ShareVisit.objects.values_list("visitor", flat=True))
    assert len(visitors) == 4, "the same browser is another visitor in every hour and at every link"
    assert "10.0.0.1" not in str(list(ShareVisit.objects.values()))
    assert forget_visits(at + timedelta(hours=3, minutes=30)) == 2
    assert forget_visits(at + timedelta(hours=9)) == 2
    assert forget_visits(at + timedelta(hours=9)) == 0
    assert [share.views for share in Share.objects.all()] == [2, 2], "the number stays"


def test_a_deleted_result_leaves_the_link(task: Task, mira: User) -> None:
    result = keep(task)
    made = make([Piece(task.pk, result.pk)], NEVER, mira)
    Result.objects.all().delete()
    assert find(made.token) is None
