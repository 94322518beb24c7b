from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.media.ranges import (
    Asked,
    Span,
    Unsatisfiable,
    if_range_holds,
    parse_content_range,
    parse_length,
    parse_range,
    unsatisfied,
)

ETAG = '"5f1d"'
MODIFIED_AT = datetime(2026, 10, 19, 12, 4, 30, 250_000, tzinfo=UTC)
contents = st.binary(max_size=40)
ends = st.integers(0, 60)


def chosen(text: str, content: bytes) -> bytes | None:
    """What a `Range` header chooses of `content`; None when it is to be refused."""
    asked = parse_range(text)
    try:
        span = asked.span(len(content)) if asked else None
    except Unsatisfiable:
        return None
    return content[span.start : span.stop] if span else content


@given(contents, ends, ends)
def test_a_range_is_a_slice(content: bytes, first: int, last: int) -> None:
    expected = content[first : last + 1] if first <= last else content
    assert chosen(f"bytes={first}-{last}", content) == (expected or None if first <= last else content)


@given(contents, ends)
def test_a_range_without_an_end_is_a_slice_to_the_end(content: bytes, first: int) -> None:
    assert chosen(f"bytes={first}-", content) == (content[first:] or None)


@given(contents, ends)
@example(b"", 5)
def test_a_suffix_is_a_slice_from_the_end(content: bytes, length: int) -> None:
    assert chosen(f"bytes=-{length}", content) == (content[-length:] if length else None)


@given(st.text(max_size=30), st.integers(0, 100))
def test_no_header_breaks_the_parser(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        asked = parse_range(header)
        assert asked is None or parse_range(str(asked)) == asked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-1", Asked(0, 1)),
        ("bytes=0-", Asked(0, None)),
        ("bytes=-7", Asked(None, 7)),
        ("BYTES=2-5", Asked(2, 5)),
        ("bytes=, 2-5 ,", Asked(2, 5)),
        ("bytes=007-0009", Asked(7, 9)),
        ("bytes=0-" + "9" * 30, Asked(0, int("9" * 30))),
    ],
)
def test_it_reads_one_range(text: str, expected: Asked) -> None:
    assert parse_range(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=0-1,3-4", "bytes=0-1,0-1", "items=0-1",
     "bytes=1", "bytes=--1", "bytes=0-1-2", "bytes=+0-1", "bytes=0x1-2", "bytes=1 - 2", "bytes=²-3",
     "bytes=" + "9" * 5000 + "-"],
)  # fmt: skip
def test_it_ignores_what_is_not_one_range(text: str) -> None:
    assert parse_range(text) is None


def test_a_span_tells_what_it_holds() -> None:
    assert Span(2, 6).content_range(10) == "bytes 2-5/10"
    assert Span(2, 6).length == 4
    assert unsatisfied(10) == "bytes */10"


@given(st.integers(1, 10**6), st.data())
def test_what_an_answer_holds_is_read_back(size: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, size - 1))
    span = Span(start, data.draw(st.integers(start + 1, size)))
    assert parse_content_range(span.content_range(size)) == (span, size)
    assert parse_content_range(unsatisfied(size)) == (None, size)


@pytest.mark.parametrize(
    "text", ["", "bytes", "bytes 0-9/*", "bytes 0-9", "items 0-9/10", "bytes 0-9/-1", "bytes a-b/c"]
)
def test_an_answer_that_tells_no_size_tells_nothing(text: str) -> None:
    assert parse_content_range(text) is None


@pytest.mark.parametrize(
    ("text", "expected"), [("10", 10), ("", None), ("-1", None), ("1e3", None), ("²", None)]
)
def test_a_length_is_a_number_or_nothing(text: str, expected: int | None) -> None:
    assert parse_length(text) == expected


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        (ETAG, True),
        ('"other"', False),
        (f"W/{ETAG}", False),
        (f'{ETAG}, "other"', False),
        ("Mon, 19 Oct 2026 12:04:30 GMT", True),
        ("Monday, 19-Oct-26 12:04:30 GMT", True),
        ("Mon, 19 Oct 2026 12:04:31 GMT", False),
        ("Mon, 19 Oct 2026 12:04:29 GMT", False),
        ("yesterday", False),
    ],
)
def test_a_part_is_sent_only_of_the_same_file(text: str, holds: bool) -> None:
    assert if_range_holds(text, etag=ETAG, modified_at=MODIFIED_AT) is holds


def test_a_weak_etag_never_names_exactly_one_file() -> None:
    assert not if_range_holds('W/"5f1d"', etag='W/"5f1d"', modified_at=MODIFIED_AT)
