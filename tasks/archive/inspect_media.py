"""The program that opens untrusted media, alone and within limits: `python -I inspect_media.py KIND MEDIA POSTER`.

It knows nothing of the product. What it finds out goes to standard output as JSON objects, one a line, each as
soon as it is known, so that a file which breaks it later has still told its measures. The picture goes to
POSTER, as WebP. On media it cannot read it stops with an error; `inspection.py` makes sense of that.
"""

import contextlib
import io
import json
import resource
import sys
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL.Image import Image

MEMORY_MAX_BYTES = 1024**3
CPU_MAX_S = 20
FILES_MAX = 32
POSTER_FILE_MAX_BYTES = 1024**2

PIXELS_MAX = 100_000_000
POSTER_BOX = (640, 1280)
POSTER_TARGET_BYTES = 30_000
ATTEMPTS = ((640, 78), (640, 60), (640, 40), (480, 40), (320, 30))
"""Width and quality, tried in this order until the poster is small enough."""

SHARES = (0.1, 0.25, 0.5, 0.75, 0.0)
"""Where in a video to look for a frame that is not black."""
FRAMES_MAX = 48
"""Decoded after a key frame at most: a poster need not be exact."""
DARK = 32
LIT_SHARE = 0.02

PEAKS = 160
WAVE_SIZE = (640, 160)
WAVE_COLOUR = (185, 182, 173, 255)
SAMPLE_RATE = 8_000
BLOCK = 80
"""Samples, 10 ms of them: what a peak is first taken over, while the length is still unknown."""

PICTURES = ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
CONTAINERS = "mov,mp4,m4a,matroska,webm,avi,mp3,wav,w64,ogg,flac,aac"
"""No playlists and no lists of other files: media must not make us read a second file, or an address."""


def main(kind: str, media: str, poster: str) -> None:
    limit_itself()
    try:
        picture = inspect_picture(media) if kind == "image" else inspect_streams(media)
        if picture is not None:
            Path(poster).write_bytes(smallest(picture))
            tell(poster=True)
    except MemoryError:
        tell(reason="The file is too large for a poster.")


def limit_itself() -> None:
    """Before the libraries are loaded; never above what this process was given. macOS knows no RLIMIT_AS."""
    wanted = {
        resource.RLIMIT_AS: MEMORY_MAX_BYTES,
        resource.RLIMIT_CPU: CPU_MAX_S,
        resource.RLIMIT_NOFILE: FILES_MAX,
        resource.RLIMIT_FSIZE: POSTER_FILE_MAX_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for name, most in wanted.items():
        given = resource.getrlimit(name)[1]
        allowed = most if given == resource.RLIM_INFINITY else min(most, given)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(name, (allowed, allowed))


def tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def inspect_picture(media: str) -> "Image | None":
    """The first frame, upright, at poster size; None when it is too large to be opened."""
    from PIL import Image, ImageOps

    # Ours is counted below, where the measures were told already.
    Image.MAX_IMAGE_PIXELS = None
    # By name, a TIFF that lies on its side would be mapped into memory and come out wrong.
    with Path(media).open("rb") as file, Image.open(file, formats=PICTURES) as image:
        width, height = image.size
        tell(width=width, height=height, codec=(image.format or "").lower())
        if width * height > PIXELS_MAX:
            tell(reason="The picture is too large for a poster.")
            return None
        turn = orientation(image)
        sideways = turn >= 5
        if sideways:
            tell(width=height, height=width)
        shown = in_plain_colours(image)
        shown.thumbnail(POSTER_BOX[::-1] if sideways else POSTER_BOX)
        shown.load()
        return ImageOps.exif_transpose(shown) if turn > 1 else shown


def orientation(image: "Image") -> int:
    """1 for upright, up to 8 as EXIF has it. May read the whole picture. TIFFs the library turns by itself."""
    found = image.getexif().get(0x0112) if image.format != "TIFF" else 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def in_plain_colours(image: "Image") -> "Image":
    """Palettes and deep greys cannot be scaled well, nor written as WebP."""
    if image.mode in ("RGB", "RGBA"):
        return image
    if image.mode.startswith(("I", "F")):
        return image.convert("I").point(lambda level: level / 256).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def inspect_streams(media: str) -> "Image | None":
    """A frame of the video; of sound alone, its waveform."""
    with Path(media).open("rb") as file, opened(file) as container:
        videos = [stream for stream in container.streams.video if not is_cover(stream)]
        if videos:
            return inspect_video(container, videos[0])
        if container.streams.audio:
            return inspect_sound(container, container.streams.audio[0])
    tell(reason="The file holds neither pictures nor sound.")
    return None


def opened(file: BinaryIO) -> "InputContainer":
    import av

    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
    return av.open(file, "r", container_options=options, metadata_errors="replace")


def is_cover(stream: "VideoStream") -> bool:
    """The picture that music files carry."""
    from av.stream import Disposition

    return Disposition.attached_pic in stream.disposition


def length_s(container: "InputContainer", stream: "VideoStream | AudioStream") -> float | None:
    if container.duration is not None and container.duration > 0:
        return container.duration / 1_000_000
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None


def inspect_video(container: "InputContainer", stream: "VideoStream") -> "Image | None":
    duration_s = length_s(container, stream)
    size = shown_size(stream, stream.width, stream.height)
    tell(kind="video", width=size[0], height=size[1], duration_s=duration_s)
    tell(codec=stream.codec_context.codec.canonical_name)
    stream.codec_context.thread_count = 1
    first = None
    for at_s in [share * duration_s for share in SHARES] if duration_s else [1.0, 0.0]:
        frame = frame_near(container, stream, at_s)
        if frame is None:
            continue
        image = upright(stream, frame)
        first = first or image
        if is_lit(image):
            return image
    return first


def shown_size(stream: "VideoStream", width: int, height: int) -> tuple[int, int]:
    """In square pixels."""
    ratio = stream.sample_aspect_ratio
    return (max(1, round(width * ratio)), height) if ratio else (width, height)


def frame_near(container: "InputContainer", stream: "VideoStream", at_s: float) -> "VideoFrame | None":
    """The frame at `at_s`, or one before it; None when nothing can be decoded there."""
    from av.error import FFmpegError

    start_s = (container.start_time or 0) / 1_000_000
    found = None
    with contextlib.suppress(FFmpegError):
        container.seek(int((start_s + at_s) * 1_000_000))
        for count, frame in enumerate(container.decode(stream)):
            found = frame
            if frame.pts is None or frame.time >= start_s + at_s or count >= FRAMES_MAX:
                break
    return found


def upright(stream: "VideoStream", frame: "VideoFrame") -> "Image":
    """The frame as a player shows it, at poster size; tells the measures again when it lies on its side."""
    width, height = shown_size(stream, frame.width, frame.height)
    sideways = frame.rotation % 180 == 90
    across, down = POSTER_BOX[::-1] if sideways else POSTER_BOX
    scale = min(1.0, across / width, down / height)
    small = frame.reformat(max(1, round(width * scale)), max(1, round(height * scale)), "rgb24", threads=1)
    if sideways:
        tell(width=height, height=width)
    image: Image = small.to_image()  # type: ignore[no-untyped-call]
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def is_lit(image: "Image") -> bool:
    levels = image.convert("L").resize((64, 64)).histogram()
    return sum(levels[DARK:]) > LIT_SHARE * sum(levels)


def inspect_sound(container: "InputContainer", stream: "AudioStream") -> "Image | None":
    tell(
        kind="audio", duration_s=length_s(container, stream), codec=stream.codec_context.codec.canonical_name
    )
    blocks = array("H")
    for samples in loudness(container, stream):
        blocks.extend(
            min(32_767, max(*part, -min(part)))
            for at in range(0, len(samples), BLOCK)
            if (part := samples[at : at + BLOCK])
        )
    if not blocks:
        tell(reason="The sound cannot be decoded.")
        return None
    peaks = peaks_of(blocks)
    tell(peaks=peaks)
    return drawn(peaks)


def loudness(container: "InputContainer", stream: "AudioStream") -> Iterator["array[int]"]:
    """One channel at a low rate. What cannot be decoded is left out."""
    from av import AudioResampler
    from av.error import FFmpegError

    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    with contextlib.suppress(FFmpegError):
        for packet in container.demux(stream):
            with contextlib.suppress(FFmpegError):
                for frame in packet.decode():
                    for part in resampler.resample(frame):
                        yield array("h", bytes(part.planes[0])[: part.samples * 2])


def peaks_of(blocks: "array[int]") -> list[int]:
    """0 to 100, where 100 is the loudest moment of this sound."""
    bounds = [len(blocks) * place // PEAKS for place in range(PEAKS + 1)]
    peaks = [max(blocks[start : max(end, start + 1)], default=0) for start, end in pairwise(bounds)]
    loudest = max(peaks) or 1
    return [round(100 * peak / loudest) for peak in peaks]


def drawn(peaks: list[int]) -> "Image":
    from PIL import Image, ImageDraw

    width, height = WAVE_SIZE
    image = Image.new("RGBA", WAVE_SIZE)
    brush, step = ImageDraw.Draw(image), width // len(peaks)
    for place, peak in enumerate(peaks):
        half = max(1, peak * (height - 16) // 200)
        brush.rectangle(
            (place * step, height // 2 - half, place * step + step - 2, height // 2 + half), WAVE_COLOUR
        )
    return image


def smallest(picture: "Image") -> bytes:
    """As WebP, good if that is small enough, else smaller and coarser."""
    packed = b""
    for width, quality in ATTEMPTS:
        picture.thumbnail((width, POSTER_BOX[1]))
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=quality, method=4)
        packed = file.getvalue()
        if len(packed) <= POSTER_TARGET_BYTES:
            break
    return packed


if __name__ == "__main__":
    main(*sys.argv[1:4])
