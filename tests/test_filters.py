from dataclasses import replace
from itertools import product

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.filters import MAX_TEXT, TaskFilter, UnknownWord
from tasks.models import Account, Task
from tasks.models.task import words_of
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
TAGS = [[], ["Trailer"], ["STRASSE", "night  shots"], ["Rome, Paris", "100 %_"], ["trailers"]]
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
    """Tasks of three accounts, over statuses, kinds, titles, owners and tags; some in the trash, some put aside."""
    accounts = [
        Account.objects.create(slug=f"{provider}-{n}", provider=provider, base_url="https://x.example")
        for provider, n in (("lemondata", 1), ("lemondata", 2), ("nebula", 1))
    ]
    people = [None, User.objects.create_user("mira"), User.objects.create_user("Jo@x.example")]
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
            created_by=people[n % len(people)],
            tags=TAGS[n % len(TAGS)],
            tag_words=words_of(TAGS[n % len(TAGS)]),
            starred=n % 4 == 0,
            archived_at=now if n % 3 == 0 else None,
        )
        for n, (account, title) in enumerate(product(accounts, TITLES * 2))
    )
    return list(Task.objects.select_related("account", "created_by"))


def some(words: list[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(words), max_size=3)


FILTERS = st.builds(
    TaskFilter,
    status=some([status.value for status in Status]),
    account=some(["lemondata-1", "lemondata-2", "nebula-1", "nobody"]),
    provider=some(list(PROVIDERS)),
    kind=some([kind.value for kind in Kind]),
    owner=some(["mira", "Jo@x.example", "nobody"]),
    tag=some(["trailer", "strasse", "night shots", "rome", "rome, paris", "100 %_", "100 %__", "%", ""]),
    starred=st.sampled_from(["", "1"]),
    archived=st.sampled_from(["", "no", "yes"]),
    q=st.sampled_from(TEXTS) | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=FILTERS)
def test_python_and_sql_let_the_same_tasks_through(house: list[Task], wanted: TaskFilter) -> None:
    assert set(wanted.tasks()) == {task for task in house if wanted.matches(task)}


@given(wanted=FILTERS)
def test_its_query_string_reads_back_as_itself(wanted: TaskFilter) -> None:
    wanted = replace(wanted, q=TaskFilter.read({"q": wanted.q}).q, tag=wanted.tag - {"", "rome, paris"})
    assert TaskFilter.read(QueryDict(wanted.query()).dict()) == wanted
    assert (wanted.query() == "") == wanted.is_empty


def test_an_empty_filter_lets_all_but_the_trash_through(house: list[Task]) -> None:
    assert set(TaskFilter().tasks()) == {task for task in house if task.deleted_at is None}


def test_words_are_separated_by_commas_and_trimmed() -> None:
    found = TaskFilter.read({"status": " queued ,running,,", "account": "a, b"})
    assert sorted(found.status) == ["queued", "running"]
    assert sorted(found.account) == ["a", "b"]


@pytest.mark.parametrize("field", ["status", "provider", "kind", "starred", "archived"])
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
    words = {
        "status": "queued",
        "kind": "video",
        "owner": "mira",
        "tag": "a",
        "starred": "1",
        "archived": "no",
    }
    narrow = TaskFilter.read(words | {"q": "x"})
    for name in [*words, "q"]:
        assert not narrow.without(name).query().count(f"{name}=")
    assert narrow.without("q").without("status").without("kind").query().startswith("owner=mira&tag=a")
    assert narrow.without("q").kind == {"video"}


def test_tags_are_compared_without_case_and_space(house: list[Task]) -> None:
    found = TaskFilter.read({"tag": " TRAILER,Night    Shots "})
    assert found.tag == {"trailer", "night shots"}
    assert {str(task.tags) for task in found.tasks()} == {"['Trailer']", "['STRASSE', 'night  shots']"}


def test_more_tags_than_a_database_compares_are_refused(house: list[Task]) -> None:
    with pytest.raises(UnknownWord, match="50 tags at most"):
        TaskFilter.read({"tag": ",".join(f"t{n}" for n in range(51))})
    assert list(TaskFilter.read({"tag": ",".join(f"t{n}" for n in range(50))}).tasks()) == []


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "task_list"),
        ({"archived": "no"}, "task_desk"),
        ({"archived": "yes"}, "task_archived"),
        ({"archived": "no", "status": "failed"}, "task_desk_by_status"),
        ({"archived": "no", "account": "nebula-1"}, "task_desk_by_account"),
        ({"archived": "no", "kind": "audio"}, "task_desk_by_kind"),
        ({"archived": "no", "starred": "1"}, "task_starred"),
        ({"archived": "no", "owner": "mira"}, "task_by_owner"),
        ({"status": "failed"}, "task_by_status"),
        ({"account": "nebula-1"}, "task_by_account"),
    ],
)
def test_a_list_is_read_in_order_through_an_index_of_its_own(
    house: list[Task], query: dict[str, str], index: str
) -> None:
    """PostgreSQL reads a table this small without any index."""
    plan = TaskFilter.read(query).tasks().order_by("-created_at", "-id")[:51].explain()
    assert f"INDEX {index} " in f"{plan} "
    assert "TEMP B-TREE" not in plan
