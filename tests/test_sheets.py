"""Lists with one task a row: what is one, and what its rows say."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tasks.sheets import UnknownColumn, is_sheet, rows_of

CSV = "id,account,title,tags\nldtask_1,lemon,Shot 1,a;b\n"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (CSV, True),
        ("\ufeff\n ID ;Title\nldtask_1;x\n", True),
        ("url\thttps\nx", True),
        ('"remote_id","title"\n"a","b"', True),
        ('{"remote_id": "a", "account": "lemon"}\n{"remote_id": "b"}', True),
        ('[{"remote_id": "a", "title": "x"}]', True),
        ('{"remote_id": "a"}', True),
        ('{"id": "a", "status": "pending"}', False),
        ('{"id": "a"}\n{"id": "b"}', False),
        ('{"id": "a"}\n{"id": "b"}\n{"id": "c"}\n{"id": "d"}', True),
        ("ldtask_1\nldtask_2", False),
        ("ldtask_1\nldtask_2\nldtask_3\nldtask_4", True),
        ("what is\nthis about\nand more\nlines", False),
        ("curl https://x/\n-H a", False),
        ("", False),
    ],
)
def test_a_list_is_told_from_what_somebody_copied(text: str, *, is_one: bool) -> None:
    assert is_sheet(text, more_than=3) is is_one


def test_rows_say_where_they_stand_and_what_is_wrong() -> None:
    text = '\n\nid;title;tags\nldtask_1;"Two\nlines";a, b\n;empty;\nx;y;z;w\n'
    rows = [(row.place, row.body, row.problem) for row in rows_of(text)]
    assert rows == [
        ("line 5", {"remote_id": "ldtask_1", "title": "Two\nlines", "tags": ["a", "b"]}, ""),
        ("line 6", {}, "It names no task: its id is empty."),
        ("line 7", {}, "It has more cells than the header."),
    ]


def test_an_answer_may_stand_in_a_cell() -> None:
    (row,) = rows_of('account,response\nlemon,"{""id"": ""a""}"\n')
    assert row.body == {"account": "lemon", "response": {"id": "a"}}
    (row,) = rows_of("account,response\nlemon,{broken\n")
    assert row.problem == "Its response is no valid JSON."


def test_a_column_nobody_knows_is_named() -> None:
    with pytest.raises(UnknownColumn, match="tittle"):
        list(rows_of("id,tittle\na,b\n"))


@given(some.text())
def test_any_text_is_read_without_a_trace(text: str) -> None:
    is_sheet(text, 2)
    try:
        assert all(row.problem or row.body for row in rows_of(text))
    except UnknownColumn:
        return


@given(
    some.lists(
        some.fixed_dictionaries({"remote_id": some.text(min_size=1), "title": some.text()}), min_size=2
    )
)
def test_json_lines_come_back_as_they_were(calls: list[dict[str, str]]) -> None:
    text = "\n".join(map(json.dumps, calls))
    assert is_sheet(text, 1000)
    assert [row.body for row in rows_of(text)] == calls


def test_a_deep_or_huge_text_ends_soon() -> None:
    begun_s = time.process_time()
    for text in ("[" * 100_000, '{"a":' * 50_000, "id,title\n" + '"' * 500_000, "{\n" * 300_000):
        is_sheet(text, 200)
        for row in rows_of(text):
            assert row.place
    assert time.process_time() - begun_s < 30
