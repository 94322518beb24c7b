"""Stars, tags and what is put aside: what page and admin site do alike."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks.desk import (
    MAX_TAG,
    MAX_TAGS,
    BadTags,
    add_tags,
    known_tags,
    put_aside,
    read_tags,
    remove_tags,
    set_starred,
    take_back,
)
from tasks.models import Account, Task
from tasks.models.task import words_of
from tests.pages.tasks import make

pytestmark = pytest.mark.django_db

Act = Callable[[list[UUID], User], list[UUID]]
ACTS: dict[str, Act] = {
    "star": lambda ids, by: set_starred(ids, starred=True),
    "put aside": put_aside,
    "tag": lambda ids, by: add_tags(ids, ["trailer"], by),
}
BACK: dict[str, Act] = {
    "star": lambda ids, by: set_starred(ids, starred=False),
    "put aside": take_back,
    "tag": lambda ids, by: remove_tags(ids, ["TRAILER"], by),
}


@pytest.fixture
def account() -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example/v1")


@pytest.fixture
def mira() -> User:
    return User.objects.create_user("mira", first_name="Mira", last_name="Ek")


@pytest.fixture
def pair(account: Account) -> list[Task]:
    return [make(account, title="One"), make(account, title="Two")]


def now_of(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


@pytest.mark.parametrize("act", ACTS)
def test_it_is_done_and_undone_once_and_raises_the_version(pair: list[Task], mira: User, act: str) -> None:
    one, two = pair
    assert ACTS[act]([one.pk, uuid4()], mira) == [one.pk]
    assert ACTS[act]([one.pk, two.pk], mira) == [two.pk]
    assert [now_of(task).version for task in pair] == [2, 2]
    assert set(BACK[act]([one.pk, two.pk], mira)) == {one.pk, two.pk}
    assert BACK[act]([one.pk, two.pk], mira) == []
    after = now_of(one)
    assert (after.version, after.starred, after.archived_at, after.tags) == (3, False, None, [])
    assert after.changed_at > one.changed_at


@pytest.mark.parametrize("act", ACTS)
def test_nothing_happens_to_what_is_in_the_trash(account: Account, mira: User, act: str) -> None:
    task = make(account, deleted_at=timezone.now())
    assert ACTS[act]([task.pk], mira) == []
    assert now_of(task).version == 1


def test_the_history_tells_who_put_it_aside_and_tagged_it(pair: list[Task], mira: User) -> None:
    ids = [task.pk for task in pair]
    put_aside(ids, mira)
    take_back(ids, mira)
    add_tags(ids, ["trailer", "Spring"], mira)
    remove_tags(ids, ["spring"], None)
    for task in pair:
        assert [(one.type, one.actor, one.message) for one in task.events.order_by("id")] == [
            ("archived", "Mira Ek", ""),
            ("unarchived", "Mira Ek", ""),
            ("edited", "Mira Ek", "Tagged trailer, Spring"),
            ("edited", "", "No longer tagged spring"),
        ]


def test_what_was_put_aside_is_still_asked_about(account: Account, mira: User) -> None:
    now = timezone.now()
    task = make(account, next_poll_at=now)
    put_aside([task.pk], mira)
    assert (now_of(task).next_poll_at, now_of(task).can_be_asked) == (now, True)


def test_tags_are_added_behind_the_old_ones_and_each_once(account: Account, mira: User) -> None:
    task = make(account, tags=["Trailer"])
    add_tags([task.pk], ["trailer", "Night shots"], mira)
    after = now_of(task)
    assert after.tags == ["Trailer", "Night shots"]
    assert after.tag_words == "\ntrailer\nnight shots\n"


def test_too_many_tags_on_one_task_leave_all_tasks_as_they_were(account: Account, mira: User) -> None:
    full = make(account, tags=[f"t{n}" for n in range(MAX_TAGS)])
    other = make(account)
    with pytest.raises(BadTags, match="50 tags at most"):
        add_tags([other.pk, full.pk], ["one more"], mira)
    assert [(now_of(task).version, task.events.count()) for task in (full, other)] == [(1, 0), (1, 0)]


def test_a_task_that_has_too_many_already_can_lose_some(account: Account, mira: User) -> None:
    task = make(account, tags=[f"t{n}" for n in range(MAX_TAGS + 5)])
    assert remove_tags([task.pk], ["t3"], mira) == [task.pk]
    assert len(now_of(task).tags) == MAX_TAGS + 4


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (" trailer , Night   shots,,TRAILER\nspring", ["trailer", "Night shots", "spring"]),
        (" , \n", []),
        ("x" * MAX_TAG, ["x" * MAX_TAG]),
    ],
)
def test_tags_are_read_as_people_type_them(text: str, tags: list[str]) -> None:
    assert read_tags(text) == tags


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * (MAX_TAG + 1), "longer than 100 characters"),
        ("a\0b", "no text"),
        ("\ud800", "no text"),
        (",".join(f"t{n}" for n in range(MAX_TAGS + 1)), "50 tags at most"),
    ],
)
def test_tags_that_cannot_be_kept_are_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(BadTags, match=said):
        read_tags(text)


def test_a_tag_with_commas_or_line_breaks_is_found_by_its_parts() -> None:
    assert words_of(["Rome,  Night", "a\nb", " "]) == "\nrome\nnight\na\nb\n"
    assert words_of([" ", ","]) == words_of([]) == ""


def test_known_tags_are_those_of_the_newest_tasks(account: Account) -> None:
    for n, tags in enumerate((["beach"], ["Alps", "beach"], [], ["long ago"])):
        make(account, age_s=n, tags=tags)
    make(account, age_s=0, tags=["thrown away"], deleted_at=timezone.now())
    assert known_tags(among=3) == ["Alps", "beach"]
