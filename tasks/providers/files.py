"""The files a finished task names: from URLs, objects and lists of both, to `File` values without payloads."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from tasks.providers.contract import File
from tasks.providers.fields import MAX_ITEMS, address, items, mapping, seconds, text, whole
from tasks.vocabulary import Kind

EXPIRED = "expired"
_TYPES = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}
_INLINE_NAMES = ("b64_json", "bytesBase64Encoded")


def file_of(
    value: object, kind: Kind, role: str = "output", *, about: Mapping[str, object] | None = None
) -> File | None:
    """The file behind a URL, a path, a data URI or the word "expired"; None when there is none.

    `about` is the object that may tell its width, height, duration and format.
    """
    if not isinstance(value, str):
        return None
    about = about or {}
    inline = value[:64].lstrip()[:5].lower() == "data:"
    url = "" if inline else _safe(address(value))
    expired = url.lower() == EXPIRED
    if not (url or inline):
        return None
    return File(
        url="" if expired else url,
        kind=kind,
        role=role,
        content_type=_mime(value) if inline else _declared(about),
        width=whole(about.get("width")),
        height=whole(about.get("height")),
        duration_s=_duration(about),
        inline=inline,
        expired=expired,
    )


def files_in(
    value: object, kind: Kind, role: str = "output", *, names: tuple[str, ...] = ("url",)
) -> Iterator[File]:
    """Every file in a URL, in an object that holds one under one of `names`, or in a list of these."""
    for item in items(value):
        about = mapping(item)
        sources = [about.get(name) for name in names] if about else [item]
        found = next(filter(None, (file_of(source, kind, role, about=about) for source in sources)), None)
        if found is not None:
            yield found
        elif any(isinstance(about.get(name), str) and about.get(name) for name in _INLINE_NAMES):
            yield File(url="", kind=kind, role=role, content_type=_declared(about), inline=True)


def unique(files: Iterable[File]) -> tuple[File, ...]:
    """Without repeated URLs, the first of each kept, at most a hundred."""
    kept: list[File] = []
    seen: set[str] = set()
    for file in files:
        if len(kept) < MAX_ITEMS and (not file.url or file.url not in seen):
            seen.add(file.url)
            kept.append(file)
    return tuple(kept)


def extension(url: str) -> str:
    """Of the URL's path, in lower case and without dot: "mp4"; "" when there is none."""
    try:
        name = urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        return ""
    return name.rpartition(".")[2].lower()[:16] if "." in name else ""


def _safe(url: str) -> str:
    r"""`//host/…` and `/\host/…` name a foreign server: written out, so that nobody takes them for a path of ours."""
    return f"https://{url[2:]}" if url[:2] in ("//", "/\\") else url


def _mime(data_uri: str) -> str:
    return data_uri[:150].lstrip()[5:105].partition(",")[0].partition(";")[0].strip().lower()


def _declared(about: Mapping[str, object]) -> str:
    return text(about.get("mimeType"), 100).lower() or _TYPES.get(text(about.get("format"), 16).lower(), "")


def _duration(about: Mapping[str, object]) -> float | None:
    names = ("duration", "n_seconds", "seconds", "durationSeconds")
    return next((found for name in names if (found := seconds(about.get(name))) is not None), None)
