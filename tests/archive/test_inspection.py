import asyncio
import io
import struct
import subprocess
import sys
import zlib
from array import array
from collections.abc import Callable
from pathlib import Path
from random import Random

import av
import pytest
from PIL import Image

from tasks.archive.inspection import PROGRAM, Facts, inspect
from tasks.vocabulary import Kind

MEDIA = Path(__file__).parents[2] / "dashboard" / "demo" / "media"


def opened(facts: Facts) -> Image.Image:
    assert facts.poster is not None
    image = Image.open(io.BytesIO(facts.poster))
    assert image.format == "WEBP"
    return image.convert("RGB")


def near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(one - other) < 40 for one, other in zip(found, colour, strict=True))


def write_video(path: Path, colours: list[tuple[int, int, int]], *, size: tuple[int, int] = (64, 48)) -> None:
    """Ten frames a second, the left half in each one's colour and the right half black."""
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for colour in colours:
            image = Image.new("RGB", size)
            image.paste(colour, (0, 0, size[0] // 2, size[1]))
            container.mux(stream.encode(av.VideoFrame.from_image(image)))  # type: ignore[no-untyped-call]
        container.mux(stream.encode())


@pytest.mark.parametrize(
    ("name", "size"), [("aurora.mp4", (480, 270)), ("street.mp4", (270, 480)), ("sea.mp4", (480, 270))]
)
async def test_a_video_tells_its_measures_and_shows_a_frame(name: str, size: tuple[int, int]) -> None:
    facts = await inspect(MEDIA / name, Kind.VIDEO)
    assert (facts.width, facts.height) == size
    assert (facts.kind, facts.duration_s, facts.codec) == (Kind.VIDEO, 3.0, "h264")
    assert opened(facts).size == size
    assert len(facts.poster or b"") < 30_000
    assert facts.reason == ""


@pytest.mark.parametrize(("name", "side", "codec"), [("dunes.webp", 640, "webp"), ("street.png", 360, "png")])
async def test_a_picture_tells_its_measures_and_shows_itself(name: str, side: int, codec: str) -> None:
    facts = await inspect(MEDIA / name, Kind.IMAGE)
    assert (facts.width, facts.height, facts.codec, facts.duration_s) == (side, side, codec, None)
    assert opened(facts).size == (side, side)
    assert facts.reason == ""


@pytest.mark.parametrize(
    ("name", "duration_s", "codec"),
    [("night-drive.mp3", 6.0, "mp3"), ("tide.ogg", 6.006, "opus"), ("chime.wav", 2.0, "pcm_s16le")],
)
async def test_sound_tells_its_length_and_shows_its_waveform(
    name: str, duration_s: float, codec: str
) -> None:
    facts = await inspect(MEDIA / name, Kind.AUDIO)
    assert facts.duration_s == pytest.approx(duration_s, abs=0.01)
    assert (facts.kind, facts.codec, facts.width) == (Kind.AUDIO, codec, None)
    assert opened(facts).size == (640, 160)
    assert len(facts.peaks) == 160
    assert max(facts.peaks) == 100


async def test_the_waveform_follows_the_sound(tmp_path: Path) -> None:
    path = tmp_path / "half.wav"
    samples = array("h", [0] * 8_000 + [16_000, -16_000] * 4_000)
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + 32_000,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        8_000,
        16_000,
        2,
        16,
        b"data",
        32_000,
    )
    path.write_bytes(head + samples.tobytes())
    facts = await inspect(path, Kind.AUDIO)
    assert facts.duration_s == 2.0
    assert max(facts.peaks[:78]) <= 1
    assert min(facts.peaks[82:]) >= 98


async def test_a_dark_beginning_is_passed_over(tmp_path: Path) -> None:
    write_video(tmp_path / "dark.mp4", [(0, 0, 0)] * 20 + [(255, 255, 0)] * 20)
    facts = await inspect(tmp_path / "dark.mp4", Kind.VIDEO)
    assert facts.duration_s == 4.0
    assert near(opened(facts), (10, 20), (255, 255, 0))


async def test_the_frame_is_taken_near_a_tenth_of_the_video(tmp_path: Path) -> None:
    write_video(tmp_path / "turns.mp4", [(255, 0, 0)] * 3 + [(0, 255, 0)] * 4 + [(0, 0, 255)] * 33)
    assert near(opened(await inspect(tmp_path / "turns.mp4", Kind.VIDEO)), (10, 20), (0, 255, 0))


@pytest.mark.parametrize("frames", [1, 10])
async def test_a_video_that_is_black_throughout_has_a_poster(tmp_path: Path, frames: int) -> None:
    write_video(tmp_path / "black.mp4", [(0, 0, 0)] * frames)
    facts = await inspect(tmp_path / "black.mp4", Kind.VIDEO)
    assert near(opened(facts), (10, 20), (0, 0, 0))


async def test_a_video_filmed_on_its_side_is_shown_upright(tmp_path: Path) -> None:
    write_video(tmp_path / "flat.mp4", [(255, 0, 0)] * 10)
    with av.open(tmp_path / "flat.mp4") as flat, av.open(tmp_path / "side.mp4", "w") as side:
        copy = side.add_stream_from_template(flat.streams.video[0])
        copy.set_display_rotation(-90)
        for packet in flat.demux(flat.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copy
                side.mux(packet)
    facts = await inspect(tmp_path / "side.mp4", Kind.VIDEO)
    assert (facts.width, facts.height) == (48, 64)
    poster = opened(facts)
    assert poster.size == (48, 64)
    assert near(poster, (24, 10), (255, 0, 0))
    assert near(poster, (24, 54), (0, 0, 0))


async def test_sound_in_a_container_for_video_is_sound(tmp_path: Path) -> None:
    with av.open(MEDIA / "tide.ogg") as source, av.open(tmp_path / "tide.webm", "w") as target:
        copy = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    facts = await inspect(tmp_path / "tide.webm", Kind.VIDEO)
    assert (facts.kind, facts.codec) == (Kind.AUDIO, "opus")
    assert facts.poster


def picture(path: Path, name: str, image: Image.Image, **options: object) -> Path:
    image.save(path, name, **options)
    return path


@pytest.mark.parametrize("name", ["JPEG", "TIFF", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
async def test_a_picture_taken_on_its_side_is_shown_upright(tmp_path: Path, name: str, mode: str) -> None:
    image = Image.new("RGB", (300, 100), "black")
    image.paste((255, 255, 255), (0, 0, 150, 100))
    turned = Image.Exif()
    turned[0x0112] = 6
    facts = await inspect(picture(tmp_path / "a", name, image.convert(mode), exif=turned), Kind.IMAGE)
    assert (facts.width, facts.height) == (100, 300)
    poster = opened(facts)
    assert poster.size == (100, 300)
    assert near(poster, (50, 20), (255, 255, 255))
    assert near(poster, (50, 280), (0, 0, 0))


async def test_of_a_moving_picture_the_first_frame_is_shown(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (50, 40), colour) for colour in ("red", "blue", "green")]
    path = picture(tmp_path / "a.gif", "GIF", frames[0], save_all=True, append_images=frames[1:])
    assert near(opened(await inspect(path, Kind.IMAGE)), (20, 20), (255, 0, 0))


@pytest.mark.parametrize(
    ("mode", "size", "expected"),
    [
        ("RGBA", (1280, 640), (640, 320)),
        ("P", (2000, 100), (640, 32)),
        ("I;16", (100, 3000), (43, 1280)),
        ("1", (7, 1), (7, 1)),
        ("LA", (5000, 1), (640, 1)),
    ],
)
async def test_posters_of_all_colours_and_shapes_fit_their_box(
    tmp_path: Path, mode: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    facts = await inspect(picture(tmp_path / "a.png", "PNG", Image.new(mode, size)), Kind.IMAGE)
    assert (facts.width, facts.height) == size
    assert opened(facts).size == expected


async def test_a_restless_picture_still_makes_a_small_poster(tmp_path: Path) -> None:
    noise = Image.frombytes("RGB", (700, 500), Random(1).randbytes(700 * 500 * 3))
    facts = await inspect(picture(tmp_path / "a.png", "PNG", noise), Kind.IMAGE)
    assert 0 < len(facts.poster or b"") < 30_000


def _png(width: int, height: int) -> bytes:
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(9_000_000), 9)),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("side", [60_000, 2_000_000_000])
async def test_a_picture_that_claims_to_be_huge_is_not_unpacked(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(side, side))
    facts = await inspect(path, Kind.IMAGE)
    assert facts.poster is None
    assert facts.width == (side if side <= 100_000 else None)
    assert facts.reason


async def test_a_picture_that_wants_too_much_memory_says_so(tmp_path: Path) -> None:
    image = Image.new("RGBA", (9_000, 9_000))
    facts = await inspect(picture(tmp_path / "a.webp", "WEBP", image, lossless=True, method=0), Kind.IMAGE)
    assert facts == Facts(
        width=9_000, height=9_000, codec="webp", reason="The file is too large for a poster."
    )


@pytest.mark.parametrize("kind", [Kind.VIDEO, Kind.IMAGE, Kind.AUDIO])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no media at all",
        Random(2).randbytes(20_000),
        b"\x00\x00\x00\x18ftypisom" + Random(3).randbytes(5_000),
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile other.mp4\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n",
    ],
    ids=["empty", "text", "noise", "half a video", "playlist", "list of files", "PostScript"],
)
async def test_what_is_no_media_gives_a_reason_and_nothing_else(
    tmp_path: Path, kind: Kind, content: bytes
) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    facts = await inspect(path, kind)
    assert facts == Facts(reason=facts.reason)
    assert facts.reason


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("aurora.mp4", Kind.VIDEO),
        ("dunes.webp", Kind.IMAGE),
        ("street.png", Kind.IMAGE),
        ("night-drive.mp3", Kind.AUDIO),
        ("tide.ogg", Kind.AUDIO),
    ],
)
async def test_a_cut_file_is_no_error(tmp_path: Path, name: str, kind: Kind, kept: float) -> None:
    whole = (MEDIA / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: int(len(whole) * kept)])
    facts = await inspect(path, kind)
    assert bool(facts.poster) == (facts.reason == "")


async def test_a_cut_picture_has_told_its_measures(tmp_path: Path) -> None:
    whole = (MEDIA / "street.png").read_bytes()
    path = tmp_path / "cut.png"
    path.write_bytes(whole[:600])
    facts = await inspect(path, Kind.IMAGE)
    assert (facts.width, facts.height, facts.codec) == (360, 360, "png")
    assert facts.poster is None
    assert facts.reason


async def test_a_file_that_is_gone_gives_a_reason(tmp_path: Path) -> None:
    assert (await inspect(tmp_path / "nowhere", Kind.VIDEO)).reason


@pytest.mark.parametrize("kind", [Kind.MODEL3D, Kind.TEXT, Kind.OTHER])
async def test_other_kinds_are_not_opened(kind: Kind) -> None:
    assert await inspect(MEDIA / "vase.glb", kind, program=Path("/nowhere")) == Facts()


@pytest.fixture
def child(tmp_path: Path) -> Callable[[str], Path]:
    """A program that does something else in the place of ours."""

    def write(text: str) -> Path:
        program = tmp_path / "child.py"
        program.write_text(text)
        return program

    return write


HANGS = """
import os, subprocess, sys, time
print('{"width": 640, "height": 360}', flush=True)
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open(sys.argv[2], "w") as file:
    file.write(f"{os.getpid()} {helper.pid}")
time.sleep(60)
"""


def alive(note: Path) -> bool:
    """Whether any process whose id stands in `note` goes on; before anything stands there, none does."""
    return any(_state(pid) not in ("Z", "") for pid in note.read_text().split())


def _state(pid: str) -> str:
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def has_begun(note: Path) -> bool:
    return note.exists() and " " in note.read_text()


async def until(holds: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 30
    while not holds():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


async def test_a_child_that_hangs_is_ended_with_all_it_started(
    child: Callable[[str], Path], tmp_path: Path
) -> None:
    note = tmp_path / "note"
    facts = await inspect(note, Kind.VIDEO, timeout_s=2.0, program=child(HANGS))
    assert (facts.width, facts.height) == (640, 360)
    assert facts.reason == "Looking into the file took too long."
    await until(lambda: not alive(note))


async def test_a_child_ends_when_nobody_waits_for_it_any_more(
    child: Callable[[str], Path], tmp_path: Path
) -> None:
    note = tmp_path / "note"
    waiting = asyncio.create_task(inspect(note, Kind.VIDEO, program=child(HANGS)))
    await until(lambda: has_begun(note))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until(lambda: not alive(note))


@pytest.mark.parametrize(
    "program",
    [
        "while True: print('x' * 65536)",
        "import sys; sys.stdout.buffer.write(bytes(range(256)) * 10)",
        'print(\'[1]\'); print(\'{"width": -4, "height": 1e99, "duration_s": NaN, "codec": [], "peaks": [101]}\')',
        'print(\'{"kind": "model3d", "width": true, "duration_s": -1, "codec": "a\\\\u0000", "poster": true}\')',
        "print('[' * 60000)",
        "import os; os.abort()",
        "import sys; open(sys.argv[3], 'w').write('<script>'); print('{\"poster\": true}')",
    ],
    ids=["floods", "garbage", "wrong types", "lies", "deep", "crashes", "no picture"],
)
async def test_a_child_that_was_taken_over_is_not_believed(
    child: Callable[[str], Path], tmp_path: Path, program: str
) -> None:
    facts = await inspect(tmp_path / "media", Kind.IMAGE, program=child(program))
    assert facts == Facts(width=facts.width, reason=facts.reason)
    assert facts.width in (None, 1)
    assert facts.reason


async def test_the_child_gets_no_secrets(
    child: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "of-the-house")
    program = child("import json, os; print(json.dumps({'codec': ' '.join(sorted(os.environ))[:30]}))")
    facts = await inspect(tmp_path / "media", Kind.IMAGE, program=program)
    assert facts.codec
    assert "SECRET" not in facts.codec


@pytest.mark.parametrize(
    ("deed", "outcome"),
    [
        ("bytearray(2 * 1024**3)", "MemoryError"),
        ("open(sys.argv[1], 'wb').write(bytes(2 * 1024**2))", "File too large"),
        (
            "[open('/dev/null') for _ in range(100)] and [os.dup(1) for _ in range(100)]",
            "Too many open files",
        ),
        ("print(resource.getrlimit(resource.RLIMIT_CPU))", "(20, 20)"),
    ],
)
def test_the_program_limits_itself(tmp_path: Path, deed: str, outcome: str) -> None:
    text = f"""
import os, resource, runpy, sys
runpy.run_path({str(PROGRAM)!r})["limit_itself"]()
{deed}
"""
    run = [sys.executable, "-I", "-c", text, str(tmp_path / "file")]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=30, check=False)
    assert outcome in ended.stdout + ended.stderr


def test_the_program_loads_nothing_of_ours() -> None:
    text = f"import runpy, sys; runpy.run_path({str(PROGRAM)!r}); print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-I", "-c", text], capture_output=True, text=True, timeout=30, check=True
    )
    assert not {"django", "tasks", "av", "PIL"} & set(ended.stdout.split())


async def test_several_at_once_do_not_disturb_each_other() -> None:
    names = ("aurora.mp4", "street.mp4", "sea.mp4")
    found = await asyncio.gather(*(inspect(MEDIA / name, Kind.VIDEO) for name in names))
    assert [facts.width for facts in found] == [480, 270, 480]
    assert len({facts.poster for facts in found}) == 3
