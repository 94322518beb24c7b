import json

from hypothesis import given
from hypothesis import strategies as st

from tasks.lifecycle import RAW_MAX_BYTES
from tasks.providers.contract import Answer
from tasks.raw import raw_of


def test_an_answer_is_kept_as_it_came() -> None:
    assert json.loads(raw_of(Answer(200, {}, b'{"a": [1, "b"]}')).text) == {"a": [1, "b"]}


def test_a_video_inside_the_answer_is_not_kept() -> None:
    body = json.dumps({"status": "succeeded", "url": "data:video/mp4;base64," + "A" * 1_000_000}).encode()
    raw = raw_of(Answer(200, {}, body))
    assert len(raw.text) < 1_000
    assert json.loads(raw.text)["status"] == "succeeded"


def test_a_page_is_kept_as_text() -> None:
    assert raw_of(Answer(502, {}, b"<html>Bad gateway</html>")).text == "<html>Bad gateway</html>"


@given(st.binary(max_size=2_000) | st.text(max_size=2_000).map(str.encode))
def test_whatever_came_is_bounded_text_without_nul(body: bytes) -> None:
    text = raw_of(Answer(200, {}, body * 100)).text
    assert len(text.encode()) <= RAW_MAX_BYTES
    assert "\x00" not in text
