"""Many rows in one statement, and which of them were written."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from tasks.bulk import update_rows
from tasks.ids import uuid7
from tasks.models import Account, Poller, Task
from tasks.transactions import write_transaction

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 12, 30, 15, 123456, tzinfo=UTC)
EAST = timezone(timedelta(hours=9))


@pytest.fixture
def holder() -> UUID:
    return Poller.objects.create(host="here", pid=1, started_at=NOW, heartbeat_at=NOW).pk


@pytest.fixture
def tasks(holder: UUID) -> list[Task]:
    account = Account.objects.create(slug="lemon", provider="lemondata", base_url="https://a.example")
    made = [
        Task(account=account, remote_id=f"t{n}", deadline_at=NOW, claimed_by_id=holder, last_poll_at=NOW)
        for n in range(5)
    ]
    return Task.objects.bulk_create(made)


def write(tasks: list[Task], holder: UUID, **fields: object) -> set[UUID]:
    with write_transaction():
        rows = [{"id": one.pk, **fields} for one in tasks]
        return update_rows(Task, rows, match=("id",), where={"claimed_by": holder})


@pytest.mark.parametrize("at", [NOW, NOW.astimezone(EAST), None])
def test_it_writes_every_row_as_the_orm_would(tasks: list[Task], holder: UUID, at: datetime | None) -> None:
    fields = {"poll_count": 7, "last_poll_at": at, "tags": ["a", "b’s"], "title": "Sea"}
    assert write(tasks, holder, **fields) == {one.pk for one in tasks}
    found = Task.objects.filter(last_poll_at=at) if at else Task.objects.filter(last_poll_at=None)
    assert [(one.poll_count, one.last_poll_at, one.tags, one.title) for one in found] == [
        (7, at, ["a", "b’s"], "Sea")
    ] * 5


def test_it_tells_which_rows_were_somebody_elses(tasks: list[Task], holder: UUID) -> None:
    Task.objects.filter(pk=tasks[1].pk).update(claimed_by=None)
    gone = tasks[3].pk
    tasks[3].delete()
    tasks[3].pk = gone
    assert write(tasks, holder, poll_count=9) == {tasks[n].pk for n in (0, 2, 4)}
    assert set(Task.objects.values_list("poll_count", flat=True).filter(claimed_by=None)) == {0}


def test_what_decides_may_be_what_changes(tasks: list[Task], holder: UUID) -> None:
    assert write(tasks, holder, claimed_by=None) == {one.pk for one in tasks}
    assert write(tasks, holder, claimed_by=None) == set()
    assert not Task.objects.filter(claimed_by__isnull=False).exists()


def test_nothing_is_written_of_nothing(holder: UUID) -> None:
    assert write([], holder) == set()
    assert write([Task(id=uuid7())], holder, poll_count=1) == set()
