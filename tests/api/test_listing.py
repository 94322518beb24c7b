from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tasks.models import Account, Result
from tasks.vocabulary import Kind, Status
from tests.api.conftest import MakeTask, Program, body_of, error_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def remote_ids(program: Program, **query: str) -> list[str]:
    """Of every task the query finds, over all pages."""
    found: list[str] = []
    cursor = ""
    while True:
        page = body_of(program.get("tasks", **query, cursor=cursor))
        found += [task["remote_id"] for task in page["items"]]
        if page["next"] is None:
            return found
        cursor = page["next"]


def test_an_empty_house_has_an_empty_page(program: Program) -> None:
    assert body_of(program.get("tasks")) == {"items": [], "next": None}


def test_the_newest_come_first_and_equal_times_by_id(program: Program, make_task: MakeTask) -> None:
    for hours in (1, 3, 2):
        make_task(remote_id=f"{hours}", created_at=NOON + timedelta(hours=hours))
    twins = [make_task(remote_id=f"twin-{n}", created_at=NOON) for n in range(3)]
    twins.sort(key=lambda task: task.id, reverse=True)
    assert remote_ids(program) == ["3", "2", "1", *(twin.remote_id for twin in twins)]


@pytest.mark.parametrize("limit", ["1", "2", "3", "7", "8", "200"])
def test_pages_of_any_size_hold_every_task_once(program: Program, make_task: MakeTask, limit: str) -> None:
    for n in range(7):
        make_task(remote_id=str(n), created_at=NOON + timedelta(seconds=n // 3))
    found = remote_ids(program, limit=limit)
    assert sorted(found) == [str(n) for n in range(7)]
    assert found == remote_ids(program)


def test_pages_stay_stable_while_tasks_arrive_and_go(program: Program, make_task: MakeTask) -> None:
    tasks = [make_task(remote_id=str(n), created_at=NOON - timedelta(seconds=n)) for n in range(6)]
    first = body_of(program.get("tasks", limit="3"))
    make_task(remote_id="newer", created_at=NOON + timedelta(seconds=1))
    tasks[2].delete()  # the very task the cursor stands on
    second = body_of(program.get("tasks", limit="3", cursor=first["next"]))
    assert [task["remote_id"] for task in first["items"]] == ["0", "1", "2"]
    assert [task["remote_id"] for task in second["items"]] == ["3", "4", "5"]
    assert second["next"] is None


def test_fifty_is_the_usual_page_and_two_hundred_the_largest(program: Program, make_task: MakeTask) -> None:
    for n in range(51):
        make_task(remote_id=str(n))
    assert len(body_of(program.get("tasks"))["items"]) == 50
    assert len(body_of(program.get("tasks", limit="200"))["items"]) == 51


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "-1"),
        ("limit", "ten"),
        ("limit", "1.5"),
        ("limit", "9" * 5000),
        ("status", "done"),
        ("status", "queued,done"),
        ("status", "Queued"),
        ("kind", "film"),
        ("provider", "openai"),
        ("account", "nobody"),
        ("account", "lemon,nobody"),
        ("owner", "nobody"),
        ("owner", "mira,\0"),
        ("tag", ",".join(f"t{n}" for n in range(51))),
        ("starred", "0"),
        ("starred", "yes"),
        ("archived", "all"),
        ("archived", "no,yes"),
        ("cursor", "abc"),
        ("cursor", "MTcwNg"),
        ("cursor", "😀"),
        ("cursor", "\0"),
        ("q", "\0"),
        ("q", "x" * 501),
        ("page", "2"),
        ("Status", "queued"),
    ],
)
def test_a_wrong_parameter_is_named(program: Program, account: Account, name: str, value: str) -> None:
    assert error_of(program.get("tasks", **{name: value})) == (400, "invalid_field", name)


@pytest.mark.parametrize("name", ["status", "q", "limit", "tag", "owner", "archived"])
def test_a_parameter_given_twice_is_refused(program: Program, name: str) -> None:
    client = Client(headers={"authorization": f"Bearer {program.token}"})
    response = client.get(f"/api/v1/tasks?{name}=1&{name}=2")
    assert error_of(response) == (400, "invalid_field", name)


def test_empty_parameters_are_absent(program: Program, make_task: MakeTask) -> None:
    make_task(remote_id="a")
    names = (
        "status",
        "account",
        "provider",
        "kind",
        "owner",
        "tag",
        "starred",
        "archived",
        "q",
        "cursor",
        "limit",
    )
    assert len(body_of(program.get("tasks", **dict.fromkeys(names, "")))["items"]) == 1


def test_filters_narrow_together_and_words_within_one_widen(program: Program, make_task: MakeTask) -> None:
    other = Account.objects.create(slug="neb", provider="nebula", base_url="https://nebula.example")
    make_task(remote_id="a", status=Status.QUEUED, kind=Kind.VIDEO)
    make_task(remote_id="b", status=Status.RUNNING, kind=Kind.VIDEO, title="Äpfel 100%")
    make_task(remote_id="c", status=Status.RUNNING, kind=Kind.IMAGE, account=other)

    def found(**query: str) -> str:
        return "".join(sorted(remote_ids(program, **query)))

    assert found(status="queued,running") == "abc"
    assert found(status=" queued , running ", kind="video") == "ab"
    assert found(account="lemon,neb", status="running") == "bc"
    assert found(provider="nebula") == "c"
    assert found(provider="nebula", account="lemon") == ""
    assert found(q="ÄPFEL") == found(q="100%") == "b"
    assert found(q="1_0") == found(q="%").replace("b", "") == ""


def test_what_people_do_on_the_pages_can_be_asked_for(program: Program, make_task: MakeTask) -> None:
    mira = User.objects.create_user("mira")
    make_task(remote_id="a", created_by=mira, tags=["Trailer", "night shots"], starred=True)
    make_task(remote_id="b", tags=["teaser"], archived_at=NOON)
    make_task(remote_id="c", starred=True, archived_at=NOON, tags=["night shots"])

    def found(**query: str) -> str:
        return "".join(sorted(remote_ids(program, **query)))

    assert found() == "abc", "what was put aside is listed unless it is asked otherwise"
    assert (found(archived="no"), found(archived="yes")) == ("a", "bc")
    assert (found(starred="1"), found(starred="1", archived="no")) == ("ac", "a")
    assert (found(tag="TRAILER"), found(tag="trailer, teaser"), found(tag="trail")) == ("a", "ab", "")
    assert found(owner="mira") == "a"


def test_a_page_costs_at_most_five_queries(
    program: Program, make_task: MakeTask, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    program.get("tasks")  # notes the token's use, once a minute
    for n in range(30):
        Result.objects.create(task=make_task(remote_id=str(n)), position=0, kind=Kind.IMAGE)
    for query in ({}, {"limit": "200"}, {"status": "queued", "account": "lemon", "q": "1"}):
        with django_assert_max_num_queries(5):
            assert program.get("tasks", **query).status_code == 200


def test_trash_is_in_no_list(program: Program, make_task: MakeTask) -> None:
    make_task(remote_id="a", deleted_at=timezone.now())
    assert remote_ids(program) == remote_ids(program, status="queued") == []
