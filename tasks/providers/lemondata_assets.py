"""What a LemonData answer makes, and the files in it: every medium has fields of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from tasks.providers.contract import File, TaskRef
from tasks.providers.fields import mapping, text
from tasks.providers.files import extension, files_in, unique
from tasks.vocabulary import Kind

Fields = Mapping[str, object]

_PATHS = {
    "/videos/": Kind.VIDEO,
    "/images/": Kind.IMAGE,
    "/music/": Kind.AUDIO,
    "/3d/": Kind.MODEL3D,
    "/worlds/": Kind.MODEL3D,
    "/contents/generations/": Kind.VIDEO,
}
_PREFIXES = {
    "video_": Kind.VIDEO,
    "cgt-": Kind.VIDEO,
    "img_": Kind.IMAGE,
    "music_": Kind.AUDIO,
    "3d_": Kind.MODEL3D,
}
_FIELDS = (
    (Kind.AUDIO, ("audio_url", "audio", "clips")),
    (Kind.MODEL3D, ("glb_url", "model_url", "fbx_url", "world_id", "world_marble_url", "operation_id")),
    (Kind.VIDEO, ("video_url", "video", "videos", "content")),
)
_MODELS = (
    (Kind.TEXT, "lyrics"),
    (Kind.AUDIO, "suno music"),
    (Kind.MODEL3D, "tripo 3d marble"),
    (Kind.VIDEO, "video sora veo kling seedance hailuo runway"),
    (Kind.IMAGE, "image imagen dall-e flux seedream midjourney"),
    (Kind.VIDEO, "wan"),
)


def kind_of(body: Fields, ref: TaskRef) -> Kind | None:
    """What the task makes, by the surest sign first: poll path, id prefix, what we knew, fields, model name."""
    path = (text(body.get("poll_url"), 1000) or ref.poll_url).partition("?")[0]
    model = (text(body.get("model")) or ref.model).lower()
    known = None if ref.kind is Kind.OTHER else ref.kind
    return (
        next((kind for part, kind in _PATHS.items() if part in path), None)
        or next((kind for prefix, kind in _PREFIXES.items() if ref.remote_id.startswith(prefix)), None)
        or known
        or next((kind for kind, names in _FIELDS if any(body.get(name) for name in names)), None)
        or (Kind.IMAGE if isinstance(body.get("data"), list) else None)
        or next((kind for kind, hints in _MODELS if any(hint in model for hint in hints.split())), None)
    )


def files_of(body: Fields, kind: Kind | None) -> tuple[File, ...]:
    """The files of a finished task, those of its own kind first. Should there be none, those of any kind."""
    found = unique(_READERS[kind](body)) if kind in _READERS else ()
    return found or unique(chain.from_iterable(reader(body) for reader in _READERS.values()))


def _audio(body: Fields) -> Iterator[File]:
    """A music task's `video_url` only shows its sound."""
    yield from files_in(body.get("audio"), Kind.AUDIO)
    yield from files_in(body.get("audio_url"), Kind.AUDIO)
    yield from files_in(body.get("clips"), Kind.AUDIO, names=("audio_url", "url"))
    yield from files_in(body.get("video_url"), Kind.VIDEO, "visualizer")


def _models(body: Fields) -> Iterator[File]:
    names = ("glb_url", "model_url", "fbx_url", "obj_url", "usdz_url")
    for position, file in enumerate(
        unique(chain.from_iterable(files_in(body.get(n), Kind.MODEL3D) for n in names))
    ):
        yield file if position == 0 else replace(file, role=extension(file.url) or "model")
    yield from files_in(body.get("pano_url"), Kind.IMAGE, "pano")
    yield from files_in(body.get("thumbnail_url"), Kind.IMAGE, "thumbnail")
    yield from files_in(body.get("world_marble_url"), Kind.OTHER, "world")


def _videos(body: Fields) -> Iterator[File]:
    for source in (body, mapping(body.get("content"))):
        for name in ("video", "video_url", "videos", "file_url"):
            yield from files_in(source.get(name), Kind.VIDEO, names=("url", "video_url"))
    for source in (body, mapping(body.get("content"))):
        yield from files_in(source.get("last_frame_url"), Kind.IMAGE, "last_frame")


def _images(body: Fields) -> Iterator[File]:
    for name in ("data", "images"):
        yield from files_in(body.get(name), Kind.IMAGE)


_READERS: dict[Kind | None, Callable[[Fields], Iterator[File]]] = {
    Kind.MODEL3D: _models,
    Kind.VIDEO: _videos,
    Kind.AUDIO: _audio,
    Kind.IMAGE: _images,
}
