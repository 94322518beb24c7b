from itertools import product

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.filters import MAX_TEXT, TaskFilter, UnknownWord
from tasks.models import Account, Task
from tasks.providers import PROVIDERS
from tasks.vocabulary import Kind, Status

TITLES = [
    "Shot 12",
    "STRASSE straße",
    "100 % rot_grün",
    "quote \" and ' back\\slash",
    "İstanbul ŒUVRE",
    "film 🎬",
    "",
]
TEXTS = [
    "",
    "s",
    "SHOT",
    "%",
    "_",
    "\\",
    '"',
    "'",
    "ss",
    "ß",
    "ŒUVRE",
    "œuvre",
    "i̇",
    "🎬",
    "12\n",
    "ot 12",
    "ot_grün",
]


@pytest.fixture
def house(db: None) -> list[Task]:
    """Tasks of three accounts, over statuses, kinds and titles; some in the trash."""
    accounts = [
        Account.objects.create(slug=f"{provider}-{n}", provider=provider, base_url="https://x.example")
        for provider, n in (("lemondata", 1), ("lemondata", 2), ("nebula", 1))
    ]
    now = timezone.now()
    Task.objects.bulk_create(
        Task(
            account=account,
            remote_id=f"id-{n}",
            status=list(Status)[n % len(Status)],
            kind=list(Kind)[n % len(Kind)],
            title=title,
            search=Task(title=title, remote_id=f"id-{n}").search_text(),
            deadline_at=now,
            deleted_at=now if n % 11 == 0 else None,
        )
        for n, (account, title) in enumerate(product(accounts, TITLES))
    )
    return list(Task.objects.select_related("account"))


def some(words: list[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(words), max_size=3)


FILTERS = st.builds(
    TaskFilter,
    status=some([status.value for status in Status]),
    account=some(["lemondata-1", "lemondata-2", "nebula-1", "nobody"]),
    provider=some(list(PROVIDERS)),
    kind=some([kind.value for kind in Kind]),
    q=st.sampled_from(TEXTS) | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=FILTERS)
def test_python_and_sql_let_the_same_tasks_through(house: list[Task], wanted: TaskFilter) -> None:
    assert set(wanted.tasks()) == {task for task in house if wanted.matches(task)}


@given(wanted=FILTERS)
def test_its_query_string_reads_back_as_itself(wanted: TaskFilter) -> None:
    clean = TaskFilter.read({"q": wanted.q}).q
    wanted = TaskFilter(wanted.status, wanted.account, wanted.provider, wanted.kind, clean)
    assert TaskFilter.read(QueryDict(wanted.query()).dict()) == wanted
    assert (wanted.query() == "") == wanted.is_empty


def test_an_empty_filter_lets_all_but_the_trash_through(house: list[Task]) -> None:
    assert set(TaskFilter().tasks()) == {task for task in house if task.deleted_at is None}


def test_words_are_separated_by_commas_and_trimmed() -> None:
    found = TaskFilter.read({"status": " queued ,running,,", "account": "a, b"})
    assert sorted(found.status) == ["queued", "running"]
    assert sorted(found.account) == ["a", "b"]


@pytest.mark.parametrize("field", ["status", "provider", "kind"])
def test_a_word_outside_its_vocabulary_is_named(field: str) -> None:
    with pytest.raises(UnknownWord) as caught:
        TaskFilter.read({field: "queued,zebra" if field == "status" else "zebra"})
    assert (caught.value.field, caught.value.word) == (field, "zebra")
    assert "zebra" in str(caught.value)


def test_what_no_database_takes_counts_for_nothing(house: list[Task]) -> None:
    found = TaskFilter.read({"q": "stra\0sse" + " " * 3 + "\0", "account": "le\0mondata-1"})
    assert (found.q, *found.account) == ("strasse", "lemondata-1")
    assert list(found.tasks())


def test_a_very_long_text_is_cut_to_what_databases_take(house: list[Task]) -> None:
    found = TaskFilter.read({"q": "x" * 100_000})
    assert found.q == "x" * MAX_TEXT
    assert list(found.tasks()) == []


def test_a_field_can_be_left_open(house: list[Task]) -> None:
    narrow = TaskFilter.read({"status": "queued", "kind": "video", "q": "x"})
    assert narrow.without("q").without("status").without("kind") == TaskFilter()
    assert narrow.without("q").kind == {"video"}
