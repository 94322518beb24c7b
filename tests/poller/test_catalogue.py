"""Which page of a provider's list is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.poller.catalogue import FIRST_SIZE, MOST, PAGE_BYTES, SLACK, WORTHWHILE, Catalogue
from tasks.providers.contract import Listed, ListedTask, Page, Snapshot
from tasks.vocabulary import Status

RUNNING = Snapshot(Status.RUNNING, "4")


def a_page(page: Page, names: list[str], record_bytes: int = 250) -> tuple[Listed, int]:
    """What a server whose list is `names` answers, and how many bytes that are."""
    first = (page.number - 1) * page.size
    shown = names[first : first + page.size]
    return Listed(tuple(ListedTask(one, RUNNING) for one in shown), first, len(names)), len(
        shown
    ) * record_bytes


def shown(page: Page | None, names: list[str]) -> list[str]:
    assert page is not None
    return [task.remote_id for task in a_page(page, names)[0].tasks if task]


def knowing(names: list[str], ours: list[str], *pages: Page, record_bytes: int = 250) -> Catalogue:
    made = Catalogue()
    for page in pages:
        made.learn(*a_page(page, names, record_bytes), set(ours))
    return made


def named(count: int) -> list[str]:
    return [f"t{n}" for n in range(count)]


def test_fewer_than_three_tasks_are_asked_one_by_one() -> None:
    assert Catalogue().page_for(["a", "b"]) is None
    assert Catalogue().page_for(["a", "b", "c"]) == Page(1, FIRST_SIZE)


def test_a_short_list_is_read_whole_and_with_what_came_meanwhile() -> None:
    names = named(40)
    found = knowing(names, names, Page(1, FIRST_SIZE)).page_for(names)
    assert found == Page(1, 40 + SLACK)


def test_new_tasks_are_looked_for_at_the_end_of_a_long_list() -> None:
    names = named(5000)
    wanted = names[-80:]
    page = knowing(names, wanted, Page(1, FIRST_SIZE)).page_for(wanted)
    assert set(wanted) <= set(shown(page, names))
    assert set(wanted) <= set(shown(page, [*names, "new", "newer"]))


def test_a_page_is_no_larger_than_what_it_is_asked_for() -> None:
    names = named(5000)
    wanted = names[3000:3050]
    catalogue = knowing(names, wanted, Page(7, 500))
    page = catalogue.page_for(wanted)
    assert set(wanted) <= set(shown(page, names))
    assert set(wanted[:-SLACK]) <= set(shown(page, names[SLACK:]))  # as many were deleted before them
    assert page is not None
    assert page.size < 150


def test_tasks_far_apart_are_asked_one_by_one() -> None:
    names = named(10_000)
    wanted = [names[500], names[4000], names[8000]]
    pages = [Page(n, 500) for n in (2, 9, 17)]
    assert knowing(names, wanted, *pages).page_for(wanted) is None


def test_the_fullest_stretch_is_chosen() -> None:
    names = named(3000)
    few, many = names[100:104], names[2000:2030]
    page = knowing(names, few + many, *(Page(n, 500) for n in range(1, 7))).page_for(few + many)
    assert set(many) <= set(shown(page, names))


def test_pages_of_large_records_are_small() -> None:
    names = named(5000)
    page = knowing(names, names, Page(1, FIRST_SIZE), record_bytes=2000).page_for(named(5000)[-300:])
    assert page is not None
    assert page.size * 2000 <= PAGE_BYTES


def test_tasks_that_are_not_at_the_end_are_looked_for_before_it() -> None:
    names = named(5000)
    wanted = names[-700:]
    catalogue = knowing(names, wanted, Page(1, FIRST_SIZE))
    last = catalogue.page_for(wanted)
    assert last is not None
    catalogue.learn(*a_page(last, names), set(wanted))
    missed = [one for one in wanted if one not in shown(last, names)]
    assert catalogue.missed(last, missed) == []
    assert set(missed) <= set(shown(catalogue.page_for(missed), names))


def test_a_task_that_is_nowhere_is_looked_for_twice() -> None:
    names = named(5000)
    nowhere = ["a", "b", "c"]
    catalogue = knowing(names, nowhere, Page(1, FIRST_SIZE))
    for left in ([], nowhere):
        page = catalogue.page_for(nowhere)
        assert page is not None
        assert catalogue.expected(page, nowhere) == nowhere
        assert catalogue.missed(page, nowhere) == left


def test_of_a_list_read_whole_nothing_else_is_left_to_look_at() -> None:
    names = named(50)
    catalogue = knowing(names, ["a", "b", "c"], Page(1, FIRST_SIZE))
    page = catalogue.page_for(["a", "b", "c"])
    assert page is not None
    assert catalogue.missed(page, ["a", "b", "c"]) == ["a", "b", "c"]


@pytest.mark.parametrize("total", [0, None, 3])
def test_a_total_that_cannot_be_is_not_believed(total: int | None) -> None:
    catalogue = Catalogue()
    tasks = tuple(ListedTask(one, RUNNING) for one in named(100))
    catalogue.learn(Listed(tasks, 900, total), 25_000, set(named(100)))
    page = catalogue.page_for(named(100))
    assert page is not None
    assert (page.number - 1) * page.size <= 900
    assert page.number * page.size >= 1000


@given(
    total=st.integers(1, 20_000),
    places=st.sets(st.integers(0, 19_999), min_size=1, max_size=60),
    record_bytes=st.integers(100, 20_000),
)
def test_any_page_is_worthwhile_and_bounded(total: int, places: set[int], record_bytes: int) -> None:
    names = named(total)
    wanted = [names[place] for place in places if place < total]
    catalogue = knowing(names, wanted, Page(1, total), record_bytes=record_bytes)
    page = catalogue.page_for(wanted)
    if page is None:
        return
    assert page.number >= 1
    assert 1 <= page.size <= MOST
    expected = catalogue.expected(page, wanted)
    assert len(expected) >= WORTHWHILE
    assert set(expected) == set(wanted) & set(shown(page, names))
