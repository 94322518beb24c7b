"""Results as pages show them: played, seen, read, or handed out. The team's pages and shared ones show the same.

`exhibits_of` works on what is loaded and asks the database nothing; only `Exhibit.excerpt` reads a stored file.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from dashboard.excerpts import Excerpt, excerpt_of
from dashboard.figures import clock, size
from dashboard.results import can_be_had, measures, why_not
from dashboard.safety import Safety, safety_of
from dashboard.waveform import waveform
from tasks.models import Result
from tasks.vocabulary import Kind


class Show(StrEnum):
    """How a page shows a result."""

    VIDEO = "video"
    IMAGE = "image"
    AUDIO = "audio"
    MODEL3D = "model3d"
    TEXT = "text"
    FILE = "file"
    """Not at all: it is handed out, or said why not."""


class Links(Protocol):
    """Where the pages of one kind of reader find a result's bytes. "" for what that reader is not given."""

    def file(self, result: Result, *, download: bool = False) -> str:
        """The file itself, to be shown; with `download`, to be saved under a good name."""
        ...

    def poster(self, result: Result) -> str:
        """Its picture, of a result that has one."""
        ...

    def viewer(self, result: Result) -> str:
        """The page that shows a GLB model, made to be framed."""
        ...


SHOWS: dict[str, Show] = {
    **dict.fromkeys(("video/mp4", "video/webm", "video/ogg", "video/quicktime"), Show.VIDEO),
    **dict.fromkeys((f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "avif", "bmp")), Show.IMAGE),
    **dict.fromkeys(
        (f"audio/{name}" for name in ("mpeg", "mp4", "aac", "ogg", "wav", "x-wav", "webm", "flac")),
        Show.AUDIO,
    ),
    "model/gltf-binary": Show.MODEL3D,
    **dict.fromkeys(("text/plain", "text/vtt", "application/x-subrip", "application/json"), Show.TEXT),
}
"""What browsers show by themselves. All other types are handed out."""
UNTOLD = {Kind.VIDEO: Show.VIDEO, Kind.IMAGE: Show.IMAGE, Kind.AUDIO: Show.AUDIO}
"""Of files whose type nobody has told yet."""
NOUNS = {
    Kind.VIDEO: "Take",
    Kind.IMAGE: "Image",
    Kind.AUDIO: "Track",
    Kind.MODEL3D: "Model",
    Kind.TEXT: "Text",
    Kind.OTHER: "File",
}
ROLES = {
    "cover": "Cover",
    "last_frame": "Last frame",
    "lyrics": "Lyrics",
    "pano": "Panorama",
    "subtitle": "Subtitles",
    "thumbnail": "Thumbnail",
    "visualizer": "Visualizer",
    "world": "World",
}
ALONE = {"Take": "Video"}
"""What one is called that is the only one of its name."""
CODECS = {
    "h264": "H.264",
    "hevc": "H.265",
    "opus": "Opus",
    "vorbis": "Vorbis",
    "mjpeg": "JPEG",
    "mpeg4": "MPEG-4",
    "webp": "WebP",
}
FORMATS = frozenset({"glb", "gltf", "fbx", "obj", "usdz", "stl", "ply"})
TYPES = {"quicktime": "MOV", "mpeg": "MP3", "x-subrip": "SRT", "gltf-binary": "GLB", "plain": "Text"}


@dataclass(frozen=True)
class Exhibit:
    """A result with everything its pages say of it; what is "" is not known or not given to this reader."""

    result: Result
    show: Show
    name: str
    url: str
    poster_url: str
    download_url: str
    viewer_url: str
    says: str
    """Why it cannot be had; "" when it can."""

    @property
    def id(self) -> UUID:
        return self.result.pk

    @property
    def icon(self) -> str:
        """Also the class of its tint."""
        return f"k-{self.result.kind}"

    @property
    def facts(self) -> list[str]:
        """`["0:08", "1280×720", "19 MB", "H.264"]`, as far as they are known."""
        return [*measures(self.result), *filter(None, [codec_name(self.result.codec) or self.type])]

    @property
    def brief(self) -> str:
        """`1280×720 · 19 MB`: what its thumb does not show."""
        return " · ".join(measures(self.result)[1 if self.length else 0 :]) or self.type

    @property
    def type(self) -> str:
        """`MP4`, `GLB`: for people."""
        word = self.result.content_type.partition(";")[0].rpartition("/")[2]
        return TYPES.get(word, word.removeprefix("x-").upper() if len(word) <= 6 else "")

    @property
    def content_type(self) -> str:
        return self.result.content_type

    @property
    def width(self) -> int:
        """Pixels; with `height`, 16 to 9 when unknown, so that its place is kept free."""
        return self.result.width if self.result.width and self.result.height else 16

    @property
    def height(self) -> int:
        return self.result.height if self.result.width and self.result.height else 9

    @property
    def is_upright(self) -> bool:
        return self.height > self.width

    @property
    def duration_s(self) -> float | None:
        return self.result.duration_s

    @property
    def length(self) -> str:
        """`0:08`."""
        return clock(self.result.duration_s) if self.result.duration_s else ""

    @property
    def size(self) -> str:
        return size(self.result.bytes) if self.result.bytes is not None else ""

    @property
    def wave(self) -> str:
        """The path of its waveform in a box of 320 by 48; "" for what makes no sound."""
        return waveform(self.result.peaks, 160) if self.show is Show.AUDIO else ""

    @property
    def thumb_wave(self) -> str:
        """The same with few bars."""
        return waveform(self.result.peaks, 40) if self.show is Show.AUDIO else ""

    @cached_property
    def excerpt(self) -> Excerpt | None:
        """The beginning of a text, None for all else and when it cannot be read. Reads the media storage."""
        return excerpt_of(self.result) if self.show is Show.TEXT else None

    @property
    def safety(self) -> Safety:
        """Where our own copy stands: for the team, not for visitors."""
        return safety_of(self.result)

    @property
    def sha256(self) -> str:
        return self.result.sha256


def exhibits_of(results: Iterable[Result], links: Links) -> list[Exhibit]:
    """Results as `links`'s reader is shown them, loaded with their task and its account."""
    found = list(results)
    together = Counter(noun_of(result) for result in found)
    seen: Counter[str] = Counter()
    exhibits = []
    for result in found:
        noun = noun_of(result)
        seen[noun] += 1
        name = f"{noun} {seen[noun]}" if together[noun] > 1 else ALONE.get(noun, noun)
        exhibits.append(_exhibit(result, name, links))
    return exhibits


def _exhibit(result: Result, name: str, links: Links) -> Exhibit:
    is_there = can_be_had(result)
    show = show_of(result) if is_there else Show.FILE
    return Exhibit(
        result=result,
        show=show,
        name=name,
        url=links.file(result) if is_there else "",
        poster_url=links.poster(result) if result.has_poster else "",
        download_url=links.file(result, download=True) if is_there else "",
        viewer_url=links.viewer(result) if show is Show.MODEL3D else "",
        says="" if is_there else why_not(result),
    )


def show_of(result: Result) -> Show:
    """How a result is shown once its bytes are there, by its type; while that is untold, by its kind."""
    kind, told = Kind(result.kind), result.content_type.partition(";")[0].strip().lower()
    if not told:
        return Show.MODEL3D if kind is Kind.MODEL3D and _is_glb(result) else UNTOLD.get(kind, Show.FILE)
    show = SHOWS.get(told, Show.FILE)
    if show is Show.TEXT and not result.is_stored:
        return Show.FILE
    return Show.AUDIO if show is Show.VIDEO and kind is Kind.AUDIO else show


def _is_glb(result: Result) -> bool:
    path = result.name or urlsplit(result.remote_url).path
    return path.lower().endswith(".glb")


def codec_name(codec: str) -> str:
    """As people write it: `H.264`, `PCM`."""
    plain = codec.lower()
    return CODECS.get(plain, "PCM" if plain.startswith("pcm_") else plain.upper())


def noun_of(result: Result) -> str:
    """What people call such a file: `Take`, `Last frame`, `FBX model`. Its own name only where no word fits."""
    if result.kind == Kind.OTHER and result.name:
        return result.name
    role = result.role
    if role in FORMATS:
        return f"{role.upper()} model"
    if role in {"output", ""}:
        return NOUNS[Kind(result.kind)]
    return ROLES.get(role, role.replace("_", " ").capitalize())
