from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.lifecycle import Change, Known, NewEvent, apply, change_from, verdict
from tasks.models import Account, Event, Task
from tasks.providers.contract import Failure, File, Snapshot
from tasks.transactions import write_transaction
from tasks.vocabulary import FINAL, EventType, Kind, Reason, Status

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KNOWN = Known(Status.RUNNING, "processing", 40, "veo3.1", Kind.VIDEO, NOW, NOW)
FILE = File("https://cdn.example/a.mp4", Kind.VIDEO)
statuses = st.sampled_from(list(Status))


def test_the_same_answer_again_changes_nothing() -> None:
    assert not change_from(KNOWN, Snapshot(Status.RUNNING, "processing", 40), NOW)


def test_progress_never_goes_backwards() -> None:
    assert not change_from(KNOWN, Snapshot(Status.RUNNING, "processing", 10), NOW)
    assert change_from(KNOWN, Snapshot(Status.RUNNING, "processing", 41), NOW).columns == {"progress": 41}


def test_progress_alone_leaves_no_event() -> None:
    assert change_from(KNOWN, Snapshot(Status.RUNNING, "processing", 90), NOW).events == ()


def test_progress_of_a_hundred_decides_nothing() -> None:
    change = change_from(KNOWN, Snapshot(Status.RUNNING, "4", 100), NOW)
    assert "status" not in change.columns


def test_success_is_a_hundred_percent_with_files() -> None:
    change = change_from(KNOWN, Snapshot(Status.SUCCEEDED, "completed", None, files=(FILE,)), NOW)
    assert change.columns["progress"] == 100
    assert change.columns["finished_at"] == NOW
    assert change.files == (FILE,)


def test_success_without_a_file_says_so() -> None:
    change = change_from(KNOWN, Snapshot(Status.SUCCEEDED, "completed"), NOW)
    assert [one.type for one in change.events] == [EventType.STATUS, EventType.NO_FILE]


def test_a_failure_keeps_reason_code_and_words() -> None:
    failure = Failure(Reason.MODERATION, "Content policy", "policy")
    columns = change_from(KNOWN, Snapshot(Status.FAILED, "failed", error=failure), NOW).columns
    assert (columns["error_reason"], columns["error_code"]) == ("moderation", "policy")
    assert columns["error_message"] == "Content policy"


def test_a_task_given_up_is_not_waited_for_again() -> None:
    given_up = replace(KNOWN, status=Status.TIMED_OUT)
    assert "status" not in change_from(given_up, Snapshot(Status.RUNNING, "processing"), NOW).columns


@pytest.mark.parametrize("before", [Status.TIMED_OUT, Status.LOST])
def test_a_late_success_is_recovered(before: Status) -> None:
    change = change_from(replace(KNOWN, status=before), Snapshot(Status.SUCCEEDED, "ok", files=(FILE,)), NOW)
    assert change.columns["status"] is Status.SUCCEEDED
    assert change.events[-1].type is EventType.RECOVERED


def test_a_clock_in_the_future_is_not_believed() -> None:
    late = NOW + timedelta(days=1)
    change = change_from(KNOWN, Snapshot(Status.SUCCEEDED, "ok", finished_at=late), NOW)
    assert change.columns["finished_at"] == NOW


def test_files_known_already_are_not_listed_twice() -> None:
    known = replace(KNOWN, file_count=1)
    second = File("https://cdn.example/b.mp4", Kind.VIDEO)
    assert change_from(known, Snapshot(Status.SUCCEEDED, "ok", files=(FILE, second)), NOW).files == (second,)


@given(statuses, st.none() | statuses, st.none() | st.integers(0, 100), st.text(max_size=300))
def test_nothing_moves_a_final_task_and_every_move_leaves_an_event(
    before: Status, told: Status | None, progress: int | None, word: str
) -> None:
    known = replace(KNOWN, status=before)
    change = change_from(known, Snapshot(told, word, progress), NOW)
    if before in FINAL:
        assert not change
    moved = change.columns.get("status", before) is not before
    assert moved == any(one.type is EventType.STATUS for one in change.events)
    assert not change_from(known.after(change), Snapshot(told, word, progress), NOW) or not moved


@pytest.fixture
def task(db: None) -> Task:
    account = Account.objects.create(slug="a", provider="lemondata", base_url="https://a.example")
    return Task.objects.create(account=account, remote_id="t1", title="Fjord", deadline_at=NOW)


def _apply(task: Task, version: int, change: Change) -> bool:
    with write_transaction():
        return apply(task.id, version, change, NOW)


def test_only_the_first_of_two_changes_to_a_version_wins(task: Task) -> None:
    lost = verdict(Known.of(task), Status.LOST, "gone", NOW)
    assert _apply(task, 1, lost)
    assert not _apply(task, 1, lost)
    task.refresh_from_db()
    assert (task.status, task.version) == ("lost", 2)
    assert Event.objects.filter(task=task).count() == 1


def test_a_task_in_the_trash_takes_no_change(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(deleted_at=NOW)
    assert not _apply(task, 1, Change({"progress": 5}))


def test_a_model_learned_late_is_found_by_search(task: Task) -> None:
    assert _apply(task, 1, Change({"model": "Veo3.1"}))
    assert Task.objects.filter(search__contains="veo3.1").exists()
    assert Task.objects.filter(search__contains="fjord").exists()


def test_text_with_nul_is_kept_without_it(task: Task) -> None:
    snapshot = Snapshot(Status.FAILED, "fai\x00led", error=Failure(Reason.UNKNOWN, "a\x00b", "c\x00"))
    assert _apply(task, 1, change_from(Known.of(task), snapshot, NOW))
    task.refresh_from_db()
    assert (task.raw_status, task.error_message, task.error_code) == ("failed", "ab", "c")


def test_odd_characters_in_a_result_do_not_keep_its_task_from_ending(task: Task) -> None:
    file = File("/a\ud800\x00.mp4", Kind.VIDEO, "o\x00" * 40, "n\udfff" * 300, "video/\ud800" * 40)
    odd = Snapshot(Status.SUCCEEDED, "o\ud800k", model="m\ud800", files=(file,))
    assert _apply(task, 1, change_from(Known.of(task), odd, NOW))
    kept = task.results.get()
    assert (kept.remote_url, len(kept.role), len(kept.name), len(kept.content_type)) == (
        "/a?.mp4",
        32,
        255,
        100,
    )


def test_an_end_never_comes_before_the_beginning() -> None:
    early = Snapshot(Status.SUCCEEDED, "ok", finished_at=NOW - timedelta(hours=1))
    assert change_from(KNOWN, early, NOW + timedelta(hours=1)).columns["finished_at"] == NOW


def test_an_event_alone_raises_the_version(task: Task) -> None:
    assert _apply(task, 1, Change(events=(NewEvent(EventType.PROBLEM, "no answer"),)))
    task.refresh_from_db()
    assert task.version == 2
