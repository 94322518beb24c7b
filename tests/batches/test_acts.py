"""Every act done to many: what it changes, what it leaves and why, and how it is taken back."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from tasks.batches import beginning
from tasks.batches.acts import ACTS, GONE
from tasks.batches.beginning import CannotUndo, Plan, TooMany, begin, cancel_batch, undo
from tasks.creating import Wish, create
from tasks.models import Account, AuditEntry, Batch, BatchItem, Event, Result, Submission, Task
from tasks.tracking import Intent, stop_tracking
from tasks.vocabulary import Archive, BatchAct, Kind
from tests.batches.conftest import begun, worked_off
from tests.pages.tasks import make

pytestmark = pytest.mark.django_db(transaction=True)

DESK: list[tuple[BatchAct, dict[str, Any], dict[str, Any]]] = [
    (BatchAct.STAR, {}, {"starred": True}),
    (BatchAct.UNSTAR, {"starred": True}, {"starred": False}),
    (BatchAct.ARCHIVE, {}, {"archived_at__isnull": False}),
    (BatchAct.UNARCHIVE, {"archived_at": "2026-11-22T12:00:00Z"}, {"archived_at": None}),
    (BatchAct.STOP, {}, {"deleted_at__isnull": False}),
    (BatchAct.RESTORE, {"deleted_at": timezone.now()}, {"deleted_at": None}),
]


def reasons(batch: Batch) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in BatchItem.objects.filter(batch=batch).exclude(state="done"):
        found[item.reason] = found.get(item.reason, 0) + 1
    return found


def made_here(account: Account, title: str) -> Task:
    wish = Wish(Kind.VIDEO, {"model": "veo3.1", "prompt": title}, Intent(title=title))
    return create(account, wish, None).task


@pytest.mark.parametrize(("act", "before", "after"), DESK)
def test_it_is_done_to_all_in_pieces_and_taken_back_for_those_alone(
    account: Account,
    mira: User,
    monkeypatch: pytest.MonkeyPatch,
    act: BatchAct,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    monkeypatch.setitem(ACTS, act, type(ACTS[act])(ACTS[act].do, size=3))
    for _ in range(7):
        make(account, **before)
    so_already = {name.removesuffix("__isnull"): value for name, value in after.items()}
    if "deleted_at" in so_already or "archived_at" in so_already:
        name = next(iter(so_already))
        so_already = {name: None if so_already[name] is None else timezone.now()}
    other = make(account, **so_already)
    batch = begun(act, mira)
    assert worked_off() == 1
    batch.refresh_from_db()
    assert (batch.total, batch.done, batch.not_done) == (8, 7, 1)
    assert batch.ended_at is not None
    assert Task.objects.filter(**after).count() == 8
    version = Task.objects.get(pk=other.pk).version
    assert version == 1
    back = undo(batch, mira)
    assert worked_off() == 1
    assert Task.objects.filter(**after).get() == other
    assert (back.total, back.undoes) == (7, batch)
    with pytest.raises(CannotUndo):
        undo(batch, mira)


def test_the_history_and_the_audit_log_tell_who(account: Account, mira: User) -> None:
    make(account)
    make(account)
    begun(BatchAct.STOP, mira)
    worked_off()
    assert set(Event.objects.filter(type="stopped").values_list("actor", flat=True)) == {"mira"}
    assert [(entry.deed, entry.actor, entry.subject) for entry in AuditEntry.objects.all()] == [
        ("task_deleted", mira, "2 tasks")
    ]


def test_tags_spoil_nothing_for_tasks_that_have_room(account: Account, mira: User) -> None:
    full = make(account, tags=[f"t{n}" for n in range(50)])
    one, two = make(account), make(account, tags=["sea"])
    batch = begun(BatchAct.TAG, mira, tags=["sea"])
    worked_off()
    assert Task.objects.get(pk=one.pk).tags == ["sea"]
    assert len(Task.objects.get(pk=full.pk).tags) == 50
    assert reasons(batch) == {"A task takes 50 tags at most.": 1, "Tagged so already.": 1}
    begun(BatchAct.UNTAG, mira, tags=["SEA"])
    worked_off()
    assert [Task.objects.get(pk=task.pk).tags for task in (one, two)] == [[], []]


def test_results_are_fetched_of_those_that_have_some(account: Account, mira: User) -> None:
    lost, kept, _ = make(account), make(account), make(account)
    for task, archive in ((lost, Archive.FAILED), (kept, Archive.STORED)):
        Result.objects.create(task=task, kind="video", position=0, remote_url="https://x/", archive=archive)
    batch = begun(BatchAct.KEEP, mira)
    worked_off()
    assert Result.objects.get(task=lost).archive == Archive.PENDING
    assert reasons(batch) == {"Kept already.": 1, "It has no results.": 1}
    assert BatchItem.objects.get(state="done").task_id == lost.pk


def test_each_is_made_once_and_what_cannot_be_is_told(account: Account, mira: User) -> None:
    paused = Account.objects.create(slug="p", provider="lemondata", base_url="https://p", enabled=False)
    one = made_here(account, "Fjord")
    made_here(paused, "Storm")
    make(account, title="Tracked only")
    batch = begun(BatchAct.AGAIN, mira)
    worked_off()
    worked_off()
    new = Submission.objects.get(retry_of__isnull=False)
    assert (new.retry_of, new.params["prompt"], new.owner) == (one, "Fjord", mira)
    assert BatchItem.objects.get(state="done").made == new.pk
    assert reasons(batch) == {
        "Its account is paused.": 1,
        "It was not made here, so its parameters are not known.": 1,
    }


def test_what_left_meanwhile_is_told(account: Account, mira: User) -> None:
    task = make(account)
    for act in BatchAct:
        if act not in {BatchAct.RESTORE, BatchAct.STOP}:
            begun(act, mira, tags=["x"])
    stop_tracking([task.pk], None)
    worked_off()
    assert set(BatchItem.objects.values_list("state", "reason")) == {("not_done", GONE)}


def test_whoever_may_no_longer_change_tasks_changes_none(account: Account, mira: User) -> None:
    make(account)
    batch = begun(BatchAct.STAR, mira)
    mira.groups.set(Group.objects.filter(name="viewer"))
    worked_off()
    assert reasons(batch) == {"mira may no longer change tasks.": 1}
    User.objects.create_user("jonas", is_active=False)
    batch = begun(BatchAct.STAR, User.objects.get(username="jonas"))
    worked_off()
    assert reasons(batch) == {"jonas may no longer change tasks.": 1}
    assert not Task.objects.filter(starred=True).exists()


def test_a_canceled_one_leaves_the_rest_as_it_was(account: Account, mira: User) -> None:
    make(account)
    batch = begun(BatchAct.STAR, mira)
    assert cancel_batch(batch, mira)
    worked_off()
    batch.refresh_from_db()
    assert (batch.done, batch.left) == (0, 1)
    assert reasons(batch) == {"mira ended it before its turn.": 1}
    assert not cancel_batch(batch, mira)
    assert not Task.objects.filter(starred=True).exists()


def test_a_fault_of_ours_costs_one_task_and_is_logged(
    account: Account, mira: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = make(account), make(account)
    do = ACTS[BatchAct.STAR].do

    def stumbling(batch: Batch, ids: list[Any], by: User) -> Any:
        told = do(batch, ids, by)
        if bad.pk in ids:
            raise RuntimeError("a bug")
        return told

    monkeypatch.setitem(ACTS, BatchAct.STAR, type(ACTS[BatchAct.STAR])(stumbling))
    batch = begun(BatchAct.STAR, mira)
    worked_off()
    assert [task.starred for task in (Task.objects.get(pk=bad.pk), Task.objects.get(pk=good.pk))] == [
        False,
        True,
    ]
    assert reasons(batch) == {"A fault in Dailies itself; its log says more.": 1}
    assert "a bug" in caplog.text


def test_a_form_that_is_sent_twice_begins_one(account: Account, mira: User) -> None:
    make(account)
    plan = Plan(BatchAct.STAR)
    assert begin(plan, Task.objects.all(), mira) == begin(plan, Task.objects.all(), mira)
    assert BatchItem.objects.count() == 1


def test_nothing_that_matches_is_an_end_at_once(mira: User) -> None:
    assert begun(BatchAct.STAR, mira).ended_at is not None


def test_more_than_it_takes_is_refused_and_nothing_begun(
    account: Account, mira: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "MOST", 1)
    make(account)
    make(account)
    with pytest.raises(TooMany, match="at most 1 tasks"):
        begun(BatchAct.STAR, mira)
    assert not Batch.objects.exists()
    assert not BatchItem.objects.exists()
