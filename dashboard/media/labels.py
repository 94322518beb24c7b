"""What a result is labelled with on its way out: a name that people find again, and its type."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.utils import timezone

from dashboard.media.names import good_name
from dashboard.media.shown import HARMLESS
from tasks.archive import sniffing
from tasks.archive.extensions import extension_of
from tasks.archive.sniffing import Sniffed
from tasks.models import Result
from tasks.vocabulary import Kind

_KNOWN = [one for one in reversed(vars(sniffing).values()) if isinstance(one, Sniffed)]
_BY_EXTENSION = {one.extension: one for one in _KNOWN} | {"jpeg": sniffing.JPEG, "tiff": sniffing.TIFF}
_USUAL = {
    Kind.VIDEO: sniffing.MP4,
    Kind.IMAGE: sniffing.PNG,
    Kind.AUDIO: sniffing.MP3,
    Kind.MODEL3D: sniffing.GLB,
    Kind.TEXT: sniffing.PLAIN,
    Kind.OTHER: sniffing.UNKNOWN,
}


def file_name(result: Result, title: str | None = None) -> str:
    """What a saved file is called. `title` stands for the task's own words, where those are not to be told."""
    task = result.task
    made_at = timezone.localtime(task.created_at)
    shown = task.shown_title if title is None else title
    return good_name(made_at, task.account.provider, shown, result.position, _extension(result))


def type_of(result: Result, told: str) -> str:
    """By what the file is; while nobody looked, by its name, else as its server `told`, else what is usual."""
    told = told.partition(";")[0].strip().lower()
    if result.content_type:
        return result.content_type
    if named := _by_name(result):
        return named.content_type
    return told if told in HARMLESS else _USUAL[Kind(result.kind)].content_type


def _extension(result: Result) -> str:
    if result.content_type:
        return extension_of(result.content_type)
    return (_by_name(result) or _USUAL[Kind(result.kind)]).extension


def _by_name(result: Result) -> Sniffed | None:
    """What its name at the provider says it is."""
    path = result.name or unquote(_path(result.remote_url))
    return _BY_EXTENSION.get(PurePosixPath(path).suffix.lstrip(".").lower())


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
