"""From the history to notices: nothing missed, nothing twice, whoever reads and whenever it becomes visible."""

import pytest
from django.utils import timezone

from tasks.models import Account, Bookmark, Channel, Event, Notice, Task
from tasks.notifying.reading import AT_A_TIME, Reader, newest_event_id
from tasks.vocabulary import EventType, Status
from tests.notifying.conftest import account_named, ends, running

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def account() -> Account:
    return account_named()


@pytest.fixture
def channel() -> Channel:
    return Channel.objects.create(name="Farm", kind="webhook", since_event_id=newest_event_id())


def read(reader: Reader, clock_s: float = 0.0) -> bool:
    return reader.read(list(Channel.objects.all()), NOW, clock_s)


def told() -> list[int]:
    return list(Notice.objects.order_by("event_id").values_list("event_id", flat=True))


def event(task: Task, status: Status, pk: int | None = None) -> Event:
    return Event.objects.create(pk=pk, task=task, type=EventType.STATUS, to_status=status)


def test_two_readers_note_an_event_once(channel: Channel, account: Account) -> None:
    ends(running(account))
    for reader in (Reader(60.0, 10.0), Reader(60.0, 10.0)):
        read(reader)
        read(reader)
    assert told() == [newest_event_id()]


def test_what_becomes_visible_late_is_noted(channel: Channel, account: Account) -> None:
    """A longer transaction had taken the lower number."""
    reader, task = Reader(60.0, 0.0), running(account)
    first = newest_event_id() + 100
    event(task, Status.TIMED_OUT, first + 5)
    read(reader, 0.0)
    event(task, Status.SUCCEEDED, first + 2)
    read(reader, 59.0)
    assert told() == [first + 2, first + 5]
    read(reader, 200.0)
    read(reader, 300.0)
    assert Bookmark.objects.get().event_id == first + 5


def test_a_reader_begins_where_the_last_one_was_sure(channel: Channel, account: Account) -> None:
    task, reader = running(account), Reader(60.0, 0.0)
    one = event(task, Status.TIMED_OUT)
    read(reader, 0.0)
    read(reader, 61.0)
    assert Bookmark.objects.get().event_id == one.pk
    other = event(task, Status.SUCCEEDED)
    Notice.objects.all().delete()
    read(Reader(60.0, 0.0), 0.0)
    assert told() == [other.pk]


def test_the_bookmark_never_moves_back(channel: Channel, account: Account) -> None:
    event(running(account), Status.SUCCEEDED)
    late = Reader(60.0, 0.0)
    read(late, 0.0)
    read(late, 61.0)
    Bookmark.objects.update(event_id=10**9)
    late.keep_place(62.0)
    assert Bookmark.objects.get().event_id == 10**9


def test_a_long_history_is_read_in_parts(channel: Channel, account: Account) -> None:
    task = running(account)
    Event.objects.bulk_create(
        [Event(task=task, type=EventType.STATUS, to_status=Status.FAILED) for _ in range(AT_A_TIME + 7)]
    )
    reader = Reader(60.0, 10.0)
    assert read(reader)
    assert Notice.objects.count() == AT_A_TIME
    assert not read(reader)
    assert Notice.objects.count() == AT_A_TIME + 7


def test_what_only_moves_on_is_not_told(channel: Channel, account: Account) -> None:
    task = running(account)
    event(task, Status.RUNNING)
    event(task, Status.QUEUED)
    Event.objects.create(task=task, type=EventType.EDITED)
    read(Reader(60.0, 10.0))
    assert told() == []


def test_a_channel_that_was_deleted_meanwhile_is_no_trouble(channel: Channel, account: Account) -> None:
    known = [channel]
    ends(running(account))
    Channel.objects.filter(pk=channel.pk).delete()
    Reader(60.0, 10.0).read(known, NOW, 0.0)
    assert told() == []
