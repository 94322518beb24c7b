"""Many calls out of one text: every line is read, and what is wrong with each is told at once."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.providers.lemondata_forms import AUDIO, MODEL3D, VIDEO
from tasks.tables import ROWS_MAX, TEXT_MAX, Table, read_lines, read_table

SHARED: dict[str, object] = {"model": "veo3.1", "duration": 8}


def table(text: str, form: object = VIDEO, shared: dict[str, object] | None = None) -> Table:
    return read_table(form, text, SHARED if shared is None else shared)  # type: ignore[arg-type]


def told(text: str) -> list[str]:
    return [str(one) for one in table(text).problems]


def test_each_row_goes_over_the_shared_values() -> None:
    found = table('prompt,model,duration,title,tags\nA fox,,4,Shot 1,\nA hare,sora-2,,,"night, forest"\n')
    assert found.problems == []
    first, second = found.rows
    assert first.params == {"model": "veo3.1", "duration": 4, "prompt": "A fox"}
    assert (first.line, first.title, first.tags) == (2, "Shot 1", None)
    assert second.params == {"model": "sora-2", "duration": 8, "prompt": "A hare"}
    assert (second.line, second.title, second.tags) == (3, None, "night, forest")


@pytest.mark.parametrize(
    "text", ["prompt;duration\nA fox;4", "prompt\tduration\nA fox\t4", "\ufeffPrompt,Length\r\nA fox,4"]
)
def test_spreadsheets_of_all_countries_are_read(text: str) -> None:
    assert table(text).rows[0].params == SHARED | {"prompt": "A fox", "duration": 4}


def test_lines_are_counted_as_the_text_has_them() -> None:
    found = table('prompt,duration\n\n"A fox\nin snow",4\nA hare,long\n')
    assert [row.line for row in found.rows] == [3]
    assert found.rows[0].params["prompt"] == "A fox\nin snow"
    assert [str(one) for one in found.problems] == ["Line 5: Length must be a whole number."]


def test_every_line_that_is_wrong_is_told_in_order() -> None:
    text = "prompt,duration,resolution\nA fox,900,\n,4,\nA hare,4,720p\nAn owl,4,,surplus\n"
    assert told(text) == [
        "Line 2: Length must be at most 600.",
        "Line 3: Prompt is needed.",
        "Line 5: There are more cells than names in the first row.",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "prompt,durration\nA fox,4",
            ["Line 1: There is no parameter “durration”. Did you mean “duration”?"],
        ),
        ("prompt,qqq\nA fox,4", ["Line 1: There is no parameter “qqq”."]),
        ("prompt,Prompt\nA,B", ["Line 1: “Prompt” is there twice."]),
        ("prompt", ["Line 1: A table needs a row of names and rows below it."]),
        ("", ["Line 1: A table needs a row of names and rows below it."]),
        ('prompt\nA fox\n"open', ["Line 3: This is no CSV: unexpected end of data."]),
        ("prompt,\nA fox,4", ["Line 2: There are more cells than names in the first row."]),
    ],
)
def test_what_is_no_table_is_told(text: str, says: list[str]) -> None:
    assert told(text) == says


def test_columns_that_the_provider_knows_are_the_provider_s() -> None:
    """Songs have a title and tags of their own."""
    (row,) = table("prompt,title,tags\nA fox,Night drive,synthwave", AUDIO, {}).rows
    assert row.params == {"prompt": "A fox", "title": "Night drive", "tags": "synthwave"}
    assert (row.title, row.tags) == (None, None)


def test_a_cell_may_hold_several_values_or_an_object() -> None:
    text = 'model,images,world_prompt\nmarble-1.1,https://a.example|https://b.example,"{""text"": ""A fox""}"'
    (row,) = table(text, MODEL3D, {}).rows
    assert row.params["images"] == ["https://a.example", "https://b.example"]
    assert row.params["world_prompt"] == {"text": "A fox"}
    bad = table("model,world_prompt\nmarble-1.1,{", MODEL3D, {}).problems
    assert [str(one) for one in bad] == ["Line 2: World prompt is no valid JSON."]


def test_too_much_is_refused_as_a_whole() -> None:
    assert told("prompt\n" + "A fox\n" * (ROWS_MAX + 1)) == [
        f"Line {ROWS_MAX + 2}: At most {ROWS_MAX} go out at once; there are {ROWS_MAX + 1}."
    ]
    assert told("x" * (TEXT_MAX + 1)) == ["Line 1: A table has 1,000,000 characters at most."]


def test_prompts_on_lines_of_their_own() -> None:
    found = read_lines(VIDEO, "A fox\n\n  A hare \n", SHARED)
    assert [(row.line, row.params["prompt"]) for row in found.rows] == [(1, "A fox"), (3, "A hare")]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
    str.strip
)


@given(st.lists(CELLS, min_size=1, max_size=20))
def test_what_a_program_writes_as_csv_is_read_as_it_was(prompts: list[str]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["prompt", "duration"], *([one, "4"] for one in prompts)])
    found = table(out.getvalue())
    assert found.problems == []
    assert [row.params["prompt"] for row in found.rows] == [one.strip() for one in prompts]


@given(st.text())
def test_it_never_fails_another_way(text: str) -> None:
    found = table(text)
    assert found.rows or found.problems
