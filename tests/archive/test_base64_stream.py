import base64
import binascii
import json
import tracemalloc
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.archive.base64_stream import BadPayload, Base64Stream, Payload

VIDEO = bytes(range(256)) * 5 + b"end"
PLAIN = base64.b64encode(VIDEO).decode()
URI = f"data:video/mp4;base64,{PLAIN}"


def decode(body: bytes, *, step: int = 0, stream: Base64Stream | None = None) -> tuple[bytes, Payload]:
    stream = stream or Base64Stream()
    step = step or len(body) or 1
    decoded = b"".join(stream.feed(body[at : at + step]) for at in range(0, len(body), step))
    return decoded, stream.finish()


def complaint(body: bytes) -> str:
    with pytest.raises(BadPayload) as raised:
        decode(body)
    return str(raised.value)


def sora(**changes: object) -> dict[str, object]:
    whole = {
        "success": True,
        "task_id": "video_1",
        "format": "mp4",
        "size": len(VIDEO),
        "base64": PLAIN,
        "data_url": URI,
    }
    return whole | changes


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 64, 1000, 100_000])
def test_a_download_answer_is_decoded_once_wherever_it_is_cut(step: int) -> None:
    decoded, payload = decode(json.dumps(sora()).encode(), step=step)
    assert decoded == VIDEO
    assert payload.size_bytes == len(VIDEO)
    assert payload.fields["format"] == "mp4"
    assert payload.fields["success"] is True


def test_the_order_of_the_keys_does_not_matter() -> None:
    backwards = dict(reversed(sora().items()))
    decoded, payload = decode(json.dumps(backwards).encode(), step=11)
    assert decoded == VIDEO
    assert payload.content_type == "video/mp4"
    assert payload.fields["size"] == len(VIDEO)


@given(st.data())
def test_it_agrees_with_the_json_and_base64_modules(data: st.DataObject) -> None:
    file = data.draw(st.binary(min_size=1, max_size=300))
    others = st.text(max_size=20) | st.integers() | st.booleans() | st.none() | st.lists(st.text(max_size=5))
    fields = data.draw(st.dictionaries(st.sampled_from(["a", "b", 'q"\\', "é"]), others))
    field = data.draw(st.sampled_from(["base64", "b64_json", "bytesBase64Encoded"]))
    pairs = data.draw(st.permutations([*fields.items(), (field, base64.b64encode(file).decode())]))
    body = json.dumps(dict(pairs), ensure_ascii=data.draw(st.booleans())).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    stream = Base64Stream()
    parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert b"".join(map(stream.feed, parts)) == file
    told = {name: value for name, value in fields.items() if not isinstance(value, list)}
    kept = stream.finish().fields
    assert {name: kept[name] for name in told} == told


@given(st.binary(max_size=200), st.integers(1, 9))
def test_whatever_arrives_is_a_file_or_a_complaint(body: bytes, step: int) -> None:
    """With a closing quote and brace, a body may happen to be base64."""
    try:
        decoded, payload = decode(b'{"base64": "%b"}' % body, step=step)
    except BadPayload as error:
        told = str(error)
    else:
        told = "The provider" if len(decoded) == payload.size_bytes > 0 else ""
    assert told.startswith("The provider")


@given(st.binary(min_size=1, max_size=400), st.data())
def test_every_way_to_write_base64_is_read(file: bytes, data: st.DataObject) -> None:
    text = base64.b64encode(file).decode()
    if data.draw(st.booleans(), "URL-safe"):
        text = text.translate(str.maketrans("+/", "-_"))
    if data.draw(st.booleans(), "without padding"):
        text = text.rstrip("=")
    if data.draw(st.booleans(), "in lines"):
        text = "\r\n ".join(text[at : at + 7] for at in range(0, len(text), 7))
    body = json.dumps({"base64": text}).encode()
    if data.draw(st.booleans(), "escaped"):
        body = body.replace(b"/", b"\\/").replace(b"=", b"\\u003D")
    assert decode(body, step=data.draw(st.integers(1, 50)))[0] == file


def test_line_breaks_that_are_not_escaped_are_tolerated() -> None:
    assert decode(b'{"base64": "QU\nJD\r\nRA=="}')[0] == b"ABCD"


@pytest.mark.parametrize("size", [len(VIDEO) - 1, len(VIDEO) + 1, 0])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_file_of_another_length_than_announced_is_refused(size: int, reverse: bool) -> None:
    answer = sora(size=size)
    body = json.dumps(dict(reversed(answer.items())) if reverse else answer).encode()
    assert "announced" in complaint(body)


def test_a_size_that_is_no_length_is_ignored() -> None:
    assert decode(json.dumps(sora(size="1280x720")).encode())[0] == VIDEO
    stream = Base64Stream(size_name="")
    assert decode(json.dumps(sora(size=720)).encode(), stream=stream)[0] == VIDEO


def test_only_the_length_beside_the_file_counts() -> None:
    body = json.dumps({"size": 5, "data": {"size": len(VIDEO), "base64": PLAIN}}).encode()
    assert decode(body)[0] == VIDEO


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"success": False, "error": {"message": "Not finished"}}, "Not finished"),
        ({"success": False, "message": "Gone\n"}, "did not give the file: Gone"),
        ({"success": False, "base64": PLAIN, "error": "Wrong account"}, "Wrong account"),
        ({"success": True, "format": "mp4"}, "holds no file"),
        ({"base64": "", "data_url": None}, "holds no file"),
        ({"base64": "===="}, "breaks off"),
        ({"base64": "   "}, "holds no file"),
        ({"url": "https://cdn.example.com/a.mp4"}, "holds no file"),
        ({"data_url": "data:video/mp4,plain"}, "not in base64"),
        ({"data_url": "data:" + "x" * 3_000}, "no proper beginning"),
        ({"data_url": "data:video/mp4;base64"}, "breaks off"),
        ({"base64": "AAAAA"}, "breaks off"),
        ({"base64": "AA==AA=="}, "base64"),
        ({"base64": "AAAA====", "size": 3}, "breaks off"),
        ({"base64": "not base64!"}, "characters that are none"),
        ({"base64": "AAAA\u2028"}, "characters that are none"),
    ],
)
def test_an_answer_without_a_whole_file_is_refused_with_its_reason(
    answer: dict[str, object], words: str
) -> None:
    assert words in complaint(json.dumps(answer).encode())


@pytest.mark.parametrize("body", [b"", b"<html>", b"{]", b'{"a" 1}', b'{"a":1}x', b"[" * 100, b'{"a":yes}'])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert complaint(body).startswith("The provider's answer")


def test_every_beginning_of_an_answer_is_refused() -> None:
    body = json.dumps(sora()).encode()
    for end in [*range(0, len(body), 37), len(body) - 1]:
        assert "broke off" in complaint(body[:end])


def test_a_long_provider_message_is_shortened() -> None:
    assert len(complaint(json.dumps({"error": "x" * 1_500}).encode())) < 400


def test_a_data_uri_in_a_poll_answer_is_found() -> None:
    body = json.dumps({"task_id": "t", "prompt": "data:, they said", "url": "  " + URI}).encode()
    for step in (1, 13, 4_000):
        decoded, payload = decode(body, step=step)
        assert decoded == VIDEO
        assert payload.content_type == "video/mp4"
        assert payload.fields["task_id"] == "t"


def _uris(*files: bytes) -> list[str]:
    return [f"data:image/png;base64,{base64.b64encode(file).decode()}" for file in files]


@pytest.mark.parametrize(("index", "file"), [(0, b"first"), (1, b"second"), (2, b"third")])
def test_one_of_several_files_is_picked(index: int, file: bytes) -> None:
    bare = [{"bytesBase64Encoded": base64.b64encode(one).decode()} for one in (b"first", b"second", b"third")]
    for answer in (
        {"url": _uris(b"first", b"second", b"third")},
        {"data": [{"url": uri} for uri in _uris(b"first", b"second", b"third")]},
        {"url": _uris(b"first")[0], "metadata": {"response": {"videos": bare}}},
    ):
        assert decode(json.dumps(answer).encode(), stream=Base64Stream(index=index))[0] == file


def test_a_file_that_is_not_in_the_list_is_missed() -> None:
    stream = Base64Stream(index=1)
    with pytest.raises(BadPayload, match="holds no file"):
        decode(json.dumps({"url": _uris(b"only")}).encode(), stream=stream)


def test_the_picture_that_was_sent_in_is_not_the_result() -> None:
    body = {"input": {"url": _uris(b"sent")[0]}, "image": _uris(b"sent")[0], "url": _uris(b"made")[0]}
    assert decode(json.dumps(body).encode())[0] == b"made"


def _long_answer(piece: bytes, pieces: int) -> Iterator[bytes]:
    text = binascii.b2a_base64(piece, newline=False)
    yield b'{"success":true,"prompt":"' + b"say \\u00e9 " * 20_000 + b'","base64":"'
    for _ in range(pieces):
        yield text
    yield b'","data_url":"data:video/mp4;base64,'
    for _ in range(pieces):
        yield text
    yield b'","size":%d}' % (len(piece) * pieces)


def test_memory_does_not_grow_with_the_file() -> None:
    piece = Random(1).randbytes(48 * 1024)
    stream, total = Base64Stream(), 0
    tracemalloc.start()
    try:
        for chunk in _long_answer(piece, 420):
            total += len(stream.feed(chunk))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert stream.finish().size_bytes == total == len(piece) * 420
    assert peak < 1_000_000
