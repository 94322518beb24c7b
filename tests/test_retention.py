"""Retention rules: what they let go, what they never touch, and that a killed run goes on."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from tasks import keeping, retention, rules
from tasks.accounts import delete_account
from tasks.archive.storage import media_storage, result_name
from tasks.caretaker import run_caretaker
from tasks.keeping import delete_copies, keep_now, remove_leftovers
from tasks.models import Account, AuditEntry, Poller, Result, RetentionRule, Share, ShareItem, Task
from tasks.retention import apply_rules, preview
from tasks.rules import Terms, make_rule
from tasks.vocabulary import Archive, Deed, Kind, Status
from tests.archive.stored import PNG, keep
from tests.live.sockets import elsewhere

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MakeTask = Callable[..., Task]


@pytest.fixture
def accounts() -> list[Account]:
    return [
        Account.objects.create(slug=slug, provider="lemondata", base_url="https://api.example")
        for slug in ("lemon", "pear")
    ]


@pytest.fixture
def make(accounts: list[Account]) -> MakeTask:
    def make(title: str = "Take", **columns: Any) -> Task:
        given: dict[str, Any] = {
            "account": accounts[0],
            "title": title,
            "status": Status.SUCCEEDED,
            "deadline_at": NOW,
        }
        return Task.objects.create(**given | columns)

    return make


def aged(task: Task, days: float, **columns: Any) -> Result:
    """A stored copy of that age."""
    given: dict[str, Any] = {"stored_at": NOW - timedelta(days=days), "kind": Kind.IMAGE}
    return keep(task, position=task.results.count(), **given | columns)


def rule(days: int = 30, **columns: Any) -> RetentionRule:
    return RetentionRule.objects.create(older_than_days=days, **columns)


def run(now: datetime = NOW) -> None:
    while apply_rules(now):
        pass


def left() -> set[str]:
    """The titles of tasks whose copies are still there."""
    return set(Result.objects.filter(archive=Archive.STORED).values_list("task__title", flat=True))


def has_file(result: Result) -> bool:
    return bool(media_storage().exists(result_name(result.pk)))


def share(task: Task, result: Result | None = None, **columns: Any) -> Share:
    made = Share.objects.create(token_hash=str(Share.objects.count()), **columns)
    ShareItem.objects.create(share=made, task=task, result=result, position=0)
    return made


# What is let go


def test_it_deletes_by_age_and_tells_why(make: MakeTask) -> None:
    old, young = aged(make("old"), 31), aged(make("young"), 29)
    rule(30)
    run()
    old.refresh_from_db()
    assert left() == {"young"}
    assert (has_file(old), has_file(young)) == (False, True)
    assert (old.archive, old.stored_at, old.has_poster) == (Archive.SKIPPED, None, False)
    assert old.problem == "Deleted by the retention rule “Everything after 30 days”."
    assert (old.sha256, old.bytes) == (young.sha256, len(PNG)), "what is known of it stays"


def test_its_readers_hear_of_it(make: MakeTask) -> None:
    task = make()
    aged(task, 31)
    rule(30)
    run()
    assert Task.objects.get(pk=task.pk).version == task.version + 1


@pytest.mark.parametrize("kind", ["", Kind.IMAGE, Kind.VIDEO])
@pytest.mark.parametrize("account", [None, 0, 1])
def test_it_keeps_to_its_account_and_kind(
    make: MakeTask, accounts: list[Account], account: int | None, kind: str
) -> None:
    for (number, one), made in product(enumerate(accounts), (Kind.IMAGE, Kind.VIDEO)):
        aged(make(f"{number} {made}", account=one), 31, kind=made)
    rule(30, account=None if account is None else accounts[account], kind=kind)
    run()
    chosen = {
        f"{number} {made}"
        for number, made in product((0, 1), (Kind.IMAGE, Kind.VIDEO))
        if account in {None, number} and kind in {"", made}
    }
    assert {"0 image", "0 video", "1 image", "1 video"} - left() == chosen


KEPT: dict[str, Callable[[Task, Result], object]] = {
    "pinned": lambda _, result: Result.objects.filter(pk=result.pk).update(pinned=True),
    "starred": lambda task, _: Task.objects.filter(pk=task.pk).update(starred=True),
    "not final": lambda task, _: Task.objects.filter(pk=task.pk).update(status=Status.TIMED_OUT),
    "still running": lambda task, _: Task.objects.filter(pk=task.pk).update(status=Status.RUNNING),
    "its task shared": lambda task, _: share(task),
    "itself shared": lambda task, result: share(task, result, expires_at=NOW + timedelta(hours=1)),
    "an archiver at work": lambda _, result: Result.objects.filter(pk=result.pk).update(
        claimed_by=Poller.objects.create(host="here", pid=1, started_at=NOW, heartbeat_at=NOW)
    ),
}


@pytest.mark.parametrize("why", KEPT)
def test_it_never_touches(make: MakeTask, why: str) -> None:
    task = make("kept")
    kept = aged(task, 400)
    aged(make("gone"), 400)
    KEPT[why](task, kept)
    rule(1)
    run()
    assert left() == {"kept"}
    assert has_file(kept)


NOT_KEPT: dict[str, Callable[[Task, Result], object]] = {
    "a revoked link": lambda task, _: share(task, revoked_at=NOW),
    "an expired link": lambda task, _: share(task, expires_at=NOW - timedelta(seconds=1)),
    "a link to another result": lambda task, _: share(task, aged(task, 0)),
    "the trash": lambda task, _: Task.objects.filter(pk=task.pk).update(deleted_at=NOW),
    "being put aside": lambda task, _: Task.objects.filter(pk=task.pk).update(archived_at=NOW),
}


@pytest.mark.parametrize("why", NOT_KEPT)
def test_it_is_not_stopped_by(make: MakeTask, why: str) -> None:
    task = make()
    result = aged(task, 400)
    NOT_KEPT[why](task, result)
    rule(1)
    run()
    assert not has_file(result)


@pytest.mark.parametrize("archive", [one for one in Archive if one is not Archive.STORED])
def test_what_is_not_stored_is_left_alone(make: MakeTask, archive: Archive) -> None:
    result = aged(make(), 400, archive=archive, archive_due_at=NOW)
    rule(1)
    run()
    after = Result.objects.get(pk=result.pk)
    assert (after.archive, after.archive_due_at, after.problem) == (archive, NOW, "")


def test_a_copy_fetched_again_begins_a_new_life(make: MakeTask) -> None:
    result = aged(make(), 31)
    rule(30)
    run()
    assert keep_now([result.pk]) == [result.pk]
    Result.objects.filter(pk=result.pk).update(archive=Archive.STORED, stored_at=NOW)
    run(NOW + timedelta(hours=2))
    assert left() == {"Take"}


# The dry run


def test_the_dry_run_says_exactly_what_the_run_deletes(make: MakeTask, accounts: list[Account]) -> None:
    for n in range(retention.EXAMPLES + 3):
        aged(make(f"old {n}"), 31 + n)
    for why, act in KEPT.items():
        task = make(why)
        act(task, aged(task, 400))
    wanted = Terms(None, "", 30).rule()
    seen = preview(wanted, NOW)
    assert (seen.count, seen.bytes) == (retention.EXAMPLES + 3, (retention.EXAMPLES + 3) * len(PNG))
    assert [str(one.task) for one in seen.examples][:2] == [
        f"old {retention.EXAMPLES + 2}",
        f"old {retention.EXAMPLES + 1}",
    ]
    before = left()
    wanted.save()
    run()
    assert before - left() == {f"old {n}" for n in range(retention.EXAMPLES + 3)}
    wanted.refresh_from_db()
    assert (wanted.deleted_count, wanted.deleted_bytes) == (seen.count, seen.bytes)
    assert preview(wanted, NOW).count == 0


def test_looking_changes_nothing(make: MakeTask) -> None:
    aged(make(), 31)
    rule(30, enabled=False)
    preview(RetentionRule.objects.get(), NOW)
    run()
    assert left() == {"Take"}
    assert not AuditEntry.objects.exists()


# Runs


def test_a_run_is_remembered_once_with_what_it_did(make: MakeTask) -> None:
    for n in range(3):
        aged(make(f"old {n}"), 31)
    made = rule(30)
    run()
    told = list(AuditEntry.objects.order_by("id").values_list("deed", "actor_name", "subject"))
    assert told == [(Deed.COPY_DELETED, "", "3 copies"), (Deed.RULE_APPLIED, "", "Everything after 30 days")]
    summary = AuditEntry.objects.get(deed=Deed.RULE_APPLIED)
    assert summary.details == f"3 files deleted, {3 * len(PNG)} B freed"
    assert "output 1 of old 2" in AuditEntry.objects.get(deed=Deed.COPY_DELETED).details
    made.refresh_from_db()
    assert (made.ran_at, made.began_at, made.deleted_count) == (NOW, None, 3)


def test_it_runs_every_hour_and_tells_nothing_of_nothing(make: MakeTask) -> None:
    made = rule(30)
    run()
    aged(make(), 31)
    run(NOW + timedelta(minutes=59))
    assert left() == {"Take"}
    run(NOW + timedelta(minutes=61))
    assert left() == set()
    run(NOW + timedelta(minutes=130))
    made.refresh_from_db()
    assert made.deleted_count == 0, "of the last run"
    assert AuditEntry.objects.filter(deed=Deed.RULE_APPLIED).count() == 1


def test_a_run_deletes_what_was_old_when_it_began(make: MakeTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 1)
    aged(make("old"), 31)
    aged(make("older soon"), 29.9)
    rule(30)
    assert apply_rules(NOW)
    run(NOW + timedelta(days=1))
    assert left() == {"older soon"}


def test_a_killed_run_goes_on_and_counts_everything_once(
    make: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after every chunk, before its files are gone: each time another process finds what is left."""
    monkeypatch.setattr(retention, "CHUNK", 2)
    results = [aged(make(f"old {n}"), 31) for n in range(7)]
    made = rule(30)

    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    for _ in range(3):
        with monkeypatch.context() as patched:
            patched.setattr(retention, "remove_files", kill)
            with pytest.raises(Killed):
                apply_rules(NOW)
    assert sum(map(has_file, results)) == 7, "their files are still there, but nobody is offered them"
    assert len(left()) == 1
    remove_leftovers()
    assert sum(map(has_file, results)) == 1
    run()
    made.refresh_from_db()
    assert (made.deleted_count, made.deleted_bytes) == (7, 7 * len(PNG))
    assert AuditEntry.objects.get(deed=Deed.RULE_APPLIED).details.startswith("7 files deleted")
    assert not any(map(has_file, results))


def test_a_storage_that_is_away_is_tried_again(
    make: MakeTask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    results = [aged(make(), 31) for _ in range(2)]

    def fail(_: object) -> None:
        raise OSError("the bucket is away")

    with monkeypatch.context() as patched:
        patched.setattr(keeping, "delete_files", fail)
        assert len(delete_copies([one.pk for one in results], None, "Enough.")) == 2
    assert "the bucket is away" in caplog.text
    assert all(map(has_file, results))
    remove_leftovers()
    assert not any(map(has_file, results))


def test_a_copy_that_somebody_wants_again_is_no_leftover(
    make: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = aged(make(), 31)
    with monkeypatch.context() as patched:
        patched.setattr(keeping, "remove_files", lambda _: None)
        delete_copies([result.pk], None, "Enough.")
    keep_now([result.pk])
    remove_leftovers()
    assert has_file(result), "the archiver may be writing it"


def test_several_rules_are_applied_one_after_the_other(make: MakeTask, accounts: list[Account]) -> None:
    aged(make("a"), 31)
    aged(make("b", account=accounts[1]), 11)
    rule(30)
    rule(10, account=accounts[1], kind=Kind.IMAGE)
    run()
    assert left() == set()
    assert set(RetentionRule.objects.values_list("deleted_count", flat=True)) == {1}


# Rules


@pytest.fixture
def mira() -> User:
    return User.objects.create_user("mira")


def deeds() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("deed", "subject", "details"))


def test_rules_are_remembered_from_beginning_to_end(mira: User, accounts: list[Account]) -> None:
    made = make_rule(Terms(None, "", 30), mira)
    rules.change_rule(made, Terms(accounts[0], Kind.VIDEO, 1), mira)
    rules.change_rule(made, Terms(accounts[0], Kind.VIDEO, 1), mira)
    rules.disable_rule(made, mira)
    rules.disable_rule(made, mira)
    rules.enable_rule(made, mira)
    rules.delete_rule(made, mira)
    assert deeds() == [
        (Deed.RULE_MADE, "Everything after 30 days", ""),
        (Deed.RULE_CHANGED, "Videos of lemon after 1 day", "before: Everything after 30 days"),
        (Deed.RULE_CHANGED, "Videos of lemon after 1 day", "disabled"),
        (Deed.RULE_CHANGED, "Videos of lemon after 1 day", "enabled"),
        (Deed.RULE_DELETED, "Videos of lemon after 1 day", ""),
    ]


def test_the_rules_of_a_deleted_account_go_with_it(mira: User, accounts: list[Account]) -> None:
    make_rule(Terms(accounts[1], "", 30), mira)
    delete_account(accounts[1], mira)
    assert {one[0] for one in deeds()[1:]} == {Deed.RULE_DELETED, Deed.ACCOUNT_DELETED}
    assert not RetentionRule.objects.exists()


@pytest.mark.parametrize("days", [0, -1, 36_501, 10**9])
def test_a_rule_without_sense_is_refused(mira: User, days: int) -> None:
    with pytest.raises(ValidationError) as caught:
        make_rule(Terms(None, "", days), mira)
    assert "older_than_days" in caught.value.message_dict


def test_the_same_rule_twice_is_refused(mira: User) -> None:
    made = make_rule(Terms(None, "", 30), mira)
    other = make_rule(Terms(None, "", 31), mira)
    with pytest.raises(ValidationError):
        make_rule(Terms(None, "", 30), mira)
    with pytest.raises(ValidationError):
        rules.change_rule(other, Terms(None, "", 30), mira)
    rules.change_rule(made, Terms(None, "", 30), mira)
    assert RetentionRule.objects.count() == 2


def test_a_disabled_rule_stops_in_the_middle(
    make: MakeTask, mira: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 1)
    for n in range(3):
        aged(make(f"{n}"), 31)
    made = make_rule(Terms(None, "", 30), mira)
    assert apply_rules(NOW)
    made.refresh_from_db()
    rules.disable_rule(made, mira)
    run()
    assert len(left()) == 2


def test_running_now_does_not_wait_for_the_hour(make: MakeTask, mira: User) -> None:
    made = make_rule(Terms(None, "", 30), mira)
    run()
    aged(make(), 31)
    rules.run_rule(made)
    run()
    assert left() == set()


# The process


@pytest.mark.django_db(transaction=True)
async def test_the_caretaker_applies_rules_and_ends_when_told(accounts: list[Account]) -> None:
    def prepare() -> Result:
        task = Task.objects.create(account=accounts[0], status=Status.SUCCEEDED, deadline_at=NOW)
        result = aged(task, 31)
        rule(30)
        return result

    result = await sync_to_async(prepare)()
    stop = asyncio.Event()
    caring = asyncio.create_task(run_caretaker(stop, every_s=0.02))
    try:
        async with asyncio.timeout(10):
            while await sync_to_async(has_file)(result):
                pass
    finally:
        stop.set()
        await caring


@pytest.mark.only_on("postgresql")  # SQLite lets one writer in
@pytest.mark.django_db(transaction=True)
async def test_nobody_pins_what_is_being_deleted(accounts: list[Account]) -> None:
    """Two connections: the pin waits for the deletion, or the deletion sees the pin."""

    def prepare() -> list[Result]:
        task = Task.objects.create(account=accounts[0], status=Status.SUCCEEDED, deadline_at=NOW)
        made = [aged(task, 31) for _ in range(40)]
        rule(30)
        return made

    results = await sync_to_async(prepare)()
    pins = [elsewhere(keeping.set_pinned, [one.pk], pinned=True) for one in results]
    pinned, *_ = await asyncio.gather(asyncio.gather(*pins), elsewhere(run))

    def check() -> None:
        for result in Result.objects.filter(archive=Archive.STORED):
            assert result.pinned
            assert has_file(result)
        for result in Result.objects.exclude(archive=Archive.STORED):
            assert not has_file(result)

    await sync_to_async(check)()
    assert pinned
