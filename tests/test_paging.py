import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.paging import BadCursor, Cursor, Page, page_of
from tasks.models import Account, Task

KNOWN_ID = "01a2015c-7313-73c1-9baa-47cca06aa0ba"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://x.example")


def make(account: Account, name: str, seconds: float) -> Task:
    at = NOON + timedelta(seconds=seconds)
    return Task.objects.create(account=account, remote_id=name, created_at=at, deadline_at=at)


def names(page: Page) -> str:
    return "".join(task.remote_id or "" for task in page.tasks)


def read(cursor: Cursor | None, limit: int = 2) -> Page:
    return page_of(Task.objects.tracked(), cursor, limit)


@pytest.fixture
def alphabet(account: Account) -> None:
    """Tasks a to g, newest first."""
    for age, name in enumerate("abcdefg"):
        make(account, name, -age)


def test_pages_lead_forwards_and_back(alphabet: None) -> None:
    first = read(None)
    second = read(first.next)
    third = read(second.next)
    last = read(third.next)
    assert [names(page) for page in (first, second, third, last)] == ["ab", "cd", "ef", "g"]
    assert (first.previous, last.next) == (None, None)
    assert names(read(last.previous)) == "ef"
    assert names(read(third.previous)) == "cd"
    assert names(read(second.previous)) == "ab"
    assert read(second.previous).previous is None
    assert names(read(read(second.previous).next)) == "cd"


def test_a_page_that_is_exactly_full_is_the_last(alphabet: None) -> None:
    assert read(None, 7).next is None
    assert read(None, 6).next is not None


def test_nothing_is_one_empty_page(account: Account) -> None:
    assert read(None) == Page([], None, None)


def test_new_tasks_neither_repeat_nor_hide_a_row(alphabet: None, account: Account) -> None:
    first = read(None)
    make(account, "z", 1)
    Task.objects.filter(remote_id="b").delete()
    second = read(first.next)
    assert names(second) == "cd"
    assert names(read(second.previous, 3)) == "za"


def test_equal_times_are_settled_by_id(account: Account) -> None:
    twins = [make(account, str(n), 0) for n in range(5)]
    wanted = "".join(task.remote_id or "" for task in sorted(twins, key=lambda task: task.id, reverse=True))
    page = read(None)
    seen = names(page)
    while page.next:
        page = read(page.next)
        seen += names(page)
    assert seen == wanted
    assert names(read(page.previous, 5)) == wanted[:4]


@given(
    at=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis adds it
    identifier=st.uuids(),
    before=st.booleans(),
)
def test_a_cursor_reads_back_to_the_microsecond(at: datetime, identifier: UUID, before: bool) -> None:
    cursor = Cursor(at, identifier, before)
    assert Cursor.read(str(cursor)) == cursor


@given(text=st.text(max_size=60))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with suppress(BadCursor):
        assert isinstance(Cursor.read(text), Cursor)


@pytest.mark.parametrize(
    "plain",
    [f"{'9' * 30}.{KNOWN_ID}.a", f"-{'9' * 17}.{KNOWN_ID}.a", f"1.{KNOWN_ID}.c", "1.2.a", f"x.{KNOWN_ID}.a",
     f"1.{KNOWN_ID}", f"{'9' * 5000}.{KNOWN_ID}.a", f"1.5.{KNOWN_ID}.a"],
)  # fmt: skip
def test_a_forged_cursor_is_refused(plain: str) -> None:
    with pytest.raises(BadCursor):
        Cursor.read(base64.urlsafe_b64encode(plain.encode()).decode())
