"""What people type: durations, parameters, ids, and tasks to track."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard.cli.failures import Exit, Failure, verdict
from dashboard.cli.names import file_name, plain
from dashboard.cli.naming import named_in_arguments, named_in_text
from dashboard.cli.reading import Duration, TaskId, parameter
from dashboard.media.names import content_disposition

ID = "0190f3a2-7c1e-7b7e-9a51-3d1c0c0e5a11"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("12h", 43_200), ("7d", 604_800), ("1.5h", 5400), (" 2W ", 1_209_600)],
)
def test_durations(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "7", "0s", "-1d", "d", "never", "1y", "1d2h"])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Duration().convert(text, None, None)


def test_never_is_told_apart_where_it_may_be_said() -> None:
    assert Duration(has_never=True).convert("never", None, None) == Duration.NEVER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("duration=8", ("duration", 8)),
        ("prompt=A fox = red", ("prompt", "A fox = red")),
        ("audio=true", ("audio", True)),
        ("size=[1, 2]", ("size", [1, 2])),
        ('prompt="8"', ("prompt", "8")),
        ("seed=NaN", ("seed", "NaN")),
        ("prompt=", ("prompt", "")),
    ],
)
def test_parameters_are_json_where_they_can_be(text: str, expected: tuple[str, object]) -> None:
    assert parameter(text) == expected


@pytest.mark.parametrize("text", [ID, ID.upper(), f"https://dailies.example/tasks/{ID}/", f"/tasks/{ID}#x"])
def test_a_task_is_named_by_its_id_or_its_page(text: str) -> None:
    assert TaskId().convert(text, None, None) == ID


def bodies(text: str) -> list[dict[str, object]]:
    return [named.body for named in named_in_text(text)]


def test_lines_are_ids_and_addresses() -> None:
    assert bodies("ldtask_1\n\n  https://api.example/v1/tasks/2 \r\n") == [
        {"remote_id": "ldtask_1"},
        {"poll_url": "https://api.example/v1/tasks/2"},
    ]


def test_json_lines_are_calls_or_answers() -> None:
    text = '{"remote_id": "a", "account": "lemon", "tags": ["x"]}\n{"id": "b", "status": "pending"}\n'
    assert bodies(text) == [
        {"remote_id": "a", "account": "lemon", "tags": ["x"]},
        {"response": {"id": "b", "status": "pending"}},
    ]


def test_one_answer_may_take_many_lines_and_a_list_holds_many() -> None:
    assert bodies('{\n  "id": "b"\n}') == [{"response": {"id": "b"}}]
    assert bodies('["a", {"id": "b"}]') == [{"remote_id": "a"}, {"response": {"id": "b"}}]


def test_csv_has_a_header_and_empty_cells_count_as_absent() -> None:
    text = '\ufeffID,Title,Tags\nldtask_1,"Shot 1, wide",a; b\nldtask_2,,\n'
    assert bodies(text) == [
        {"remote_id": "ldtask_1", "title": "Shot 1, wide", "tags": ["a", "b"]},
        {"remote_id": "ldtask_2"},
    ]


def test_a_line_that_cannot_be_read_stops_no_other() -> None:
    found = list(named_in_text('{"id": "a"}\n{"id": \nldtask_3\n'))
    assert [(named.place, bool(named.problem)) for named in found] == [
        ("line 1", False),
        ("line 2", True),
        ("line 3", False),
    ]


def test_a_column_that_nobody_knows_is_wrong_usage() -> None:
    with pytest.raises(Failure) as refused:
        list(named_in_text("id,tittle\na,b\n"))
    assert "tittle" in refused.value.message
    assert refused.value.exit_code == Exit.USAGE


@given(some.text())
def test_any_text_is_read_without_a_trace(text: str) -> None:
    try:
        found = list(named_in_text(text))
    except Failure:
        return
    assert all(named.problem or named.body for named in found)


def test_arguments_are_read_alike() -> None:
    (named,) = named_in_arguments(['{"task_id": "a"}'])
    assert named.body == {"response": {"task_id": "a"}}


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["succeeded", "succeeded"], Exit.DONE),
        (["succeeded", "failed"], Exit.FAILED),
        (["lost"], Exit.FAILED),
        (["gone"], Exit.FAILED),
        (["failed", "unconfirmed"], Exit.UNCONFIRMED),
    ],
)
def test_how_tasks_end_is_a_code(statuses: list[str], code: Exit) -> None:
    assert verdict(statuses) is code


@pytest.mark.parametrize(
    "name", ["2026-10-19_nebula_red-fox-2.mp4", "雪の狐.mp4", "a b (1).png", "50% off.webp"]
)
def test_files_keep_the_names_that_the_server_gives(name: str) -> None:
    assert file_name(content_disposition("attachment", name), "x.bin") == name.replace("%", "_")


@pytest.mark.parametrize(
    "disposition",
    [
        "",
        "attachment",
        'attachment; filename=".."',
        'attachment; filename="/"',
        "attachment; filename*=UTF-8''%2e%2e",
    ],
)
def test_a_name_that_is_none_is_replaced(disposition: str) -> None:
    assert file_name(disposition, "x.bin") in {"x.bin", "_"}


@given(some.text())
def test_no_name_leads_out_of_its_folder_or_hides(name: str) -> None:
    found = file_name(f'attachment; filename="{name}"', "x.bin")
    assert found
    assert "/" not in found
    assert not found.startswith(".")
    assert len(found.encode()) < 255


def test_a_terminal_is_not_steered_by_a_title() -> None:
    assert plain("red\x1b[2J fox\n\u202eevil") == "red [2J fox evil"
