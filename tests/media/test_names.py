from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.media.names import content_disposition, good_name

MADE_AT = datetime(2026, 10, 19, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "position", "extension", "expected"),
    [
        ("A red fox, running!", 0, "mp4", "2026-10-19_nebula_a-red-fox-running.mp4"),
        ("A red fox", 1, ".MP4", "2026-10-19_nebula_a-red-fox-2.mp4"),
        ("狐狸 在跑", 0, "webp", "2026-10-19_nebula_狐狸-在跑.webp"),
        ("../../etc/passwd", 0, "mp4", "2026-10-19_nebula_etcpasswd.mp4"),
        ("🦊", 0, "mp4", "2026-10-19_nebula_result.mp4"),
        ("", 2, "", "2026-10-19_nebula_result-3.bin"),
        ("fox", 0, "tar/../x", "2026-10-19_nebula_fox.bin"),
        ("word " * 40, 0, "mp3", "2026-10-19_nebula_word-word-word-word-word-word-word-word-word-wor.mp3"),
    ],
)
def test_a_name_tells_day_provider_and_title(
    title: str, position: int, extension: str, expected: str
) -> None:
    assert good_name(MADE_AT, "nebula", title, position, extension) == expected


@given(st.text(max_size=200), st.text(max_size=20))
def test_every_name_fits_every_file_system(title: str, extension: str) -> None:
    name = good_name(MADE_AT, "moneyprinterturbo", title, 11, extension)
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\:*?"<>|\0\n')


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("clip.mp4", 'attachment; filename="clip.mp4"'),
        ("été.mp4", "attachment; filename=\"ete.mp4\"; filename*=UTF-8''%C3%A9t%C3%A9.mp4"),
        ("狐.mp4", "attachment; filename=\"_.mp4\"; filename*=UTF-8''%E7%8B%90.mp4"),
        ('a"b\\c/d.mp4', 'attachment; filename="a_b_c_d.mp4"'),
        ("100%41.mp4", 'attachment; filename="100_41.mp4"'),
        ("a\r\nSet-Cookie: x=1", 'attachment; filename="a__Set-Cookie_ x=1"'),
        ("it's.mp4", "attachment; filename=\"it_s.mp4\"; filename*=UTF-8''it%27s.mp4"),
        ("..", 'attachment; filename="result"'),
    ],
)
def test_the_header_carries_the_name(name: str, expected: str) -> None:
    assert content_disposition("attachment", name) == expected


@given(st.text(max_size=60))
def test_the_header_is_ascii_on_one_line_whatever_the_name(name: str) -> None:
    header = content_disposition("inline", name)
    assert header.isascii()
    assert header.isprintable()
    plain = header.partition('"')[2].partition('"')[0]
    real = unquote(header.partition("UTF-8''")[2])
    assert plain
    assert not set(plain + real) & set('"\\/\r\n')
