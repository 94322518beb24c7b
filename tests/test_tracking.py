"""Track, check now, edit, stop, restore and purge: what page, API and admin site do alike."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from tasks.archive.storage import card_name, media_storage, poster_name, result_name
from tasks.models import Account, Event, Result, Task
from tasks.models.task import TRASH_KEPT
from tasks.providers.addresses import AddressRefused
from tasks.providers.contract import Adoption, Failure, File, Snapshot
from tasks.tracking import (
    CLOCKS_DIFFER,
    PURGE_CHUNK,
    Intent,
    NothingToAsk,
    Tracked,
    check_now,
    edit_task,
    purge_trash,
    restore,
    stop_tracking,
    track,
)
from tasks.vocabulary import Kind, Reason, Status

pytestmark = pytest.mark.django_db

VIDEO = File("https://cdn.example/a.mp4", Kind.VIDEO)


@pytest.fixture
def account() -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example/v1")


@pytest.fixture
def mira() -> User:
    return User.objects.create_user("mira", first_name="Mira", last_name="Ek")


@pytest.fixture
def task(account: Account, mira: User) -> Task:
    return track(account, Adoption("t1", kind=Kind.VIDEO), mira, Intent(title="Fjord")).task


def history(task: Task) -> list[tuple[str, str]]:
    return [(one.type, one.actor) for one in task.events.order_by("id")]


def now_of(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def test_a_tracked_task_is_queued_and_asked_at_once(task: Task) -> None:
    assert (task.status, task.version) == ("queued", 1)
    assert task.next_poll_at == task.created_at
    assert task.deadline_at > task.created_at
    assert history(task) == [("created", "Mira Ek")]


def test_what_a_person_says_comes_before_what_the_provider_told(account: Account) -> None:
    told = Adoption("t1", kind=Kind.OTHER, model="veo", title="theirs", prompt="their prompt")
    task = track(account, told, None, Intent(kind=Kind.VIDEO, title="ours", tags=("a",))).task
    assert (task.kind, task.title, task.model, task.prompt) == ("video", "ours", "veo", "their prompt")
    assert task.tags == ["a"]


def test_tracking_again_gives_the_same_task_unchanged(account: Account, task: Task) -> None:
    again = track(account, Adoption("t1", title="other"), None, Intent(title="another"))
    assert again == Tracked(task, created=False)
    assert now_of(task).title == "Fjord"
    assert now_of(task).version == task.version
    assert Task.objects.count() == 1


def test_the_same_id_at_another_account_is_another_task(account: Account, task: Task) -> None:
    other = Account.objects.create(slug="other", provider="lemondata", base_url="https://b.example")
    assert track(other, Adoption("t1"), None).created


def test_tracking_what_is_in_the_trash_brings_it_back(account: Account, task: Task, mira: User) -> None:
    stop_tracking([task.pk], mira)
    again = track(account, Adoption("t1"), mira)
    assert (again.task.pk, again.created, again.task.deleted_at) == (task.pk, False, None)
    assert now_of(task).next_poll_at is not None
    assert [kind for kind, _ in history(task)] == ["created", "stopped", "restored"]


@pytest.mark.parametrize("url", ["https://elsewhere.example/v1/t1", "//elsewhere.example/t1", "/v1/../admin"])
def test_a_poll_url_that_leads_away_is_refused_and_nothing_kept(account: Account, url: str) -> None:
    with pytest.raises(AddressRefused):
        track(account, Adoption("t1", poll_url=url), None)
    assert not Task.objects.exists()


def test_a_final_answer_makes_a_final_task_at_once(account: Account) -> None:
    told = Snapshot(Status.SUCCEEDED, "completed", model="veo3.1", files=(VIDEO,))
    task = track(account, Adoption("t1", snapshot=told), None).task
    assert (task.status, task.progress, task.next_poll_at) == ("succeeded", 100, None)
    assert task.finished_at is not None
    assert [one.remote_url for one in task.results.all()] == [VIDEO.url]
    assert [kind for kind, _ in history(task)] == ["created", "status"]
    assert "veo3.1" in now_of(task).search


def test_a_failure_told_at_once_is_explained(account: Account) -> None:
    told = Snapshot(Status.FAILED, "failed", error=Failure(Reason.MODERATION, "Content policy", "policy"))
    task = now_of(track(account, Adoption("t1", snapshot=told), None).task)
    assert (task.status, task.error_reason, task.error_code) == ("failed", "moderation", "policy")


def test_an_account_with_an_absurd_deadline_still_tracks(account: Account) -> None:
    account.deadline_s = 1e300
    task = track(account, Adoption("t1"), None).task
    assert task.deadline_at - task.created_at == timedelta(days=366)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_track_one_task(account: Account) -> None:
    made: list[Tracked] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait(10)
        try:
            made.append(track(account, Adoption("same"), None))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(one.created for one in made) == [False, False, False, True]
    assert len({one.task.pk for one in made}) == 1
    assert Event.objects.filter(type="created").count() == 1


def test_check_now_makes_it_due(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(next_poll_at=timezone.now() + timedelta(hours=1))
    check_now(task, None)
    after = now_of(task)
    assert after.check_requested_at == after.next_poll_at
    assert after.version == task.version


@pytest.mark.parametrize("columns", [{"status": "succeeded"}, {"deleted_at": timezone.now()}])
def test_check_now_of_what_nobody_can_ask_says_so(task: Task, columns: dict[str, object]) -> None:
    Task.objects.filter(pk=task.pk).update(**columns)
    with pytest.raises(NothingToAsk):
        check_now(now_of(task), None)


def test_check_now_of_a_task_that_ended_meanwhile_asks_nothing(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(status="succeeded", next_poll_at=None)
    check_now(task, None)
    assert now_of(task).check_requested_at is None


def test_stop_and_restore_leave_a_trace_and_raise_the_version(task: Task, mira: User) -> None:
    assert stop_tracking([task.pk], mira) == [task.pk]
    assert now_of(task).next_poll_at is None
    assert stop_tracking([task.pk, uuid4()], mira) == []
    assert restore([task.pk], mira) == [task.pk]
    assert restore([task.pk], mira) == []
    assert now_of(task).version == task.version + 2
    assert history(task)[1:] == [("stopped", "Mira Ek"), ("restored", "Mira Ek")]


def test_a_final_task_comes_back_final(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(status="failed", next_poll_at=None)
    stop_tracking([task.pk], None)
    restore([task.pk], None)
    assert (now_of(task).status, now_of(task).next_poll_at) == ("failed", None)


def test_an_edit_is_found_by_search_with_all_that_was_learned_meanwhile(task: Task, mira: User) -> None:
    Task.objects.filter(pk=task.pk).update(model="Veo3.1", prompt="a boat", version=2)
    edit_task(task, {"title": "Harbour", "status": "failed", "tags": ["sea"]}, mira)
    after = now_of(task)
    assert (after.title, after.status, after.tags, after.version) == ("Harbour", "queued", ["sea"], 3)
    assert after.search.split("\n") == ["harbour", "a boat", "veo3.1", "t1"]
    assert after.events.last().message == "Changed tags, title"  # type: ignore[union-attr]


def test_an_edit_of_nothing_leaves_no_trace(task: Task) -> None:
    edit_task(task, {"status": "failed"}, None)
    assert (now_of(task).version, len(history(task))) == (task.version, 1)


def test_the_trash_is_emptied_after_thirty_days_and_not_before(account: Account, task: Task) -> None:
    other = track(account, Adoption("t2"), None).task
    stop_tracking([task.pk], None)
    made = Result.objects.create(task=task, position=0, kind=Kind.IMAGE, archive="stored")
    names = [name(made.pk) for name in (result_name, poster_name, card_name)]
    storage = media_storage()
    for name in names:
        storage.save(name, ContentFile(b"x"))
    later = timezone.now() + TRASH_KEPT + CLOCKS_DIFFER
    assert purge_trash(later - timedelta(minutes=1)) == 0
    assert all(storage.exists(name) for name in names)
    assert purge_trash(later + timedelta(minutes=1)) == 1
    assert not any(storage.exists(name) for name in names)
    assert [one.pk for one in Task.objects.all()] == [other.pk]
    assert not Event.objects.filter(task_id=task.pk).exists()


def test_what_may_be_going_is_not_restored(task: Task) -> None:
    """So that no task comes back while its files are deleted."""
    stop_tracking([task.pk], None)
    late = timezone.now() + TRASH_KEPT + timedelta(seconds=1)
    assert purge_trash(late) == 0
    assert restore([task.pk], None, late) == []
    assert restore([task.pk], None, late - timedelta(minutes=1)) == [task.pk]


def test_a_large_trash_is_emptied_in_chunks(account: Account) -> None:
    now = timezone.now()
    old = now - TRASH_KEPT - timedelta(days=1)
    Task.objects.bulk_create(
        Task(account=account, remote_id=f"t{n}", deadline_at=now, deleted_at=old)
        for n in range(PURGE_CHUNK + 1)
    )
    assert [purge_trash(now) for _ in range(3)] == [PURGE_CHUNK, 1, 0]
