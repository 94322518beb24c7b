"""What a MoneyPrinterTurbo server's answers say: its envelope, its complaints, and a task's record."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote, unquote

from tasks.providers import answers
from tasks.providers.adoption import UUID
from tasks.providers.complaints import Complaint
from tasks.providers.complaints import understand as understand_any
from tasks.providers.contract import Answer, Failure, File, Snapshot, TaskRef
from tasks.providers.failures import failure_of
from tasks.providers.fields import address, identifier, items, mapping, number, progress, seconds, text
from tasks.providers.files import unique
from tasks.providers.words import status_of
from tasks.vocabulary import Kind, Reason, Status

NAME = "MoneyPrinterTurbo"
DOWNLOAD_PATH = "/api/v1/download/"

STATES = {4: Status.RUNNING, 1: Status.SUCCEEDED, -1: Status.FAILED, 0: Status.QUEUED}

Fields = Mapping[str, object]

_REQUEST_ID = re.compile(rf"{UUID.pattern}:\s*", re.IGNORECASE)


def read(answer: Answer) -> Fields:
    """The body of a good answer; the HTTP status may say less than the one inside the body."""
    body = answers.read_object(NAME, answer, reader=understand)
    inner = number(body.get("status"))
    if inner is not None and 400 <= inner < 600:
        raise answers.refusal(NAME, answer, body, reader=understand, http_status=int(inner))
    return body


def understand(body: Fields) -> Complaint:
    """Its own errors have a request id before the message, and no code; a missing field is told in `data`."""
    said = understand_any(body)
    message = _REQUEST_ID.sub("", said.message, count=1)
    details = body.get("data") or body.get("detail")
    if isinstance(details, list):
        message = _field_errors(details) or message
    gone = frozenset({"tasknotfound"}) if message.strip().lower() == "task not found" else said.words
    return replace(said, message=message, words=gone)


def _field_errors(details: list[object]) -> str:
    told = []
    for detail in map(mapping, details[:5]):
        place = ".".join(filter(None, (text(part, 80) for part in items(detail.get("loc")))))
        if message := text(detail.get("msg"), 200):
            told.append(f"{place}: {message}" if place else message)
    return "; ".join(told)


def task_in(body: Fields) -> Fields:
    return mapping(body.get("data")) or body


def is_state(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and bool(text(value))


def _status_of(state: object) -> Status | None:
    """By number; forks write words."""
    found = number(state)
    if found is None:
        return status_of(text(state))
    return STATES.get(int(found)) if found.is_integer() else None


def snapshot(task: Fields, ref: TaskRef) -> Snapshot:
    state = task.get("state")
    status = _status_of(state)
    remote_id = identifier(task.get("task_id"), ref.remote_id)
    files = _files(task, remote_id) if status is Status.SUCCEEDED else ()
    return Snapshot(
        status=status,
        raw_status=text(state),
        progress=progress(task.get("progress")),
        kind=files[0].kind if files else None,
        files=files,
        error=_failure(task) if status is Status.FAILED else None,
    )


def _files(task: Fields, remote_id: str) -> tuple[File, ...]:
    """The videos; without any, what was put together on the way; without that, the sound and the subtitles."""
    for found in (
        unique(_at_server(task.get("videos"), remote_id, Kind.VIDEO, "output")),
        unique(_at_server(task.get("combined_videos"), remote_id, Kind.VIDEO, "combined")),
    ):
        if found:
            return found
    length_s = seconds(task.get("audio_duration"))
    sound = [
        replace(file, duration_s=length_s)
        for file in _at_server(task.get("audio_file"), remote_id, Kind.AUDIO, "output")
    ]
    role = "subtitle" if sound else "output"
    return unique([*sound, *_at_server(task.get("subtitle_path"), remote_id, Kind.TEXT, role)])


def _at_server(value: object, remote_id: str, kind: Kind, role: str) -> Iterator[File]:
    """Whatever stands there, a path of either system or an address, its last part is the file's name."""
    for item in items(value):
        name = _name(address(item))
        if name and remote_id:
            url = f"{DOWNLOAD_PATH}{quote(remote_id, safe='')}/{quote(name, safe='')}"
            yield File(url=url, kind=kind, role=role, name=name[:255])


def _name(place: str) -> str:
    is_address = "://" in place or place.startswith("/tasks/")
    path = re.split(r"[?#]", place, maxsplit=1)[0] if is_address else place
    name = re.split(r"[/\\]", path)[-1]
    name = re.split(r"[/\\]", unquote(name))[-1] if is_address else name
    return "" if name in (".", "..") or not name.isprintable() else name


def _failure(task: Fields) -> Failure:
    stage = text(task.get("failed_stage"))
    otherwise = Reason.PROVIDER if stage else Reason.UNKNOWN
    return failure_of(NAME, stage, text(task.get("error"), 2000), otherwise=otherwise)
