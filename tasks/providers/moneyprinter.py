"""MoneyPrinterTurbo: the team's own server, which makes short videos, speech and subtitles, and knows no key."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote, unquote

from tasks.providers import answers, moneyprinter_forms
from tasks.providers.addresses import id_at_end
from tasks.providers.adoption import UUID, adopt_text
from tasks.providers.complaints import Complaint, understand
from tasks.providers.contract import Adoption, Answer, Failure, File, Request, Snapshot, TaskRef
from tasks.providers.failures import failure_of
from tasks.providers.fields import address, identifier, items, mapping, number, progress, seconds, text
from tasks.providers.files import unique
from tasks.providers.words import status_of
from tasks.vocabulary import Kind, Reason, Status

NAME = "MoneyPrinterTurbo"
SHORT = "MP"
DEFAULT_BASE_URL = "http://localhost:8080"
NEEDS_KEY = False
SUMMARY = "Your own MoneyPrinterTurbo server: short videos from a subject, made on your machine."

FORMS = moneyprinter_forms.FORMS
KINDS_MADE: Mapping[str, Kind] = moneyprinter_forms.KINDS_MADE

TASKS_PATH = "/api/v1/tasks"
DOWNLOAD_PATH = "/api/v1/download/"
STREAM_PATH = "/api/v1/stream/"

STATES = {4: Status.RUNNING, 1: Status.SUCCEEDED, -1: Status.FAILED, 0: Status.QUEUED}

Fields = Mapping[str, object]

_REQUEST_ID = re.compile(rf"{UUID.pattern}:\s*", re.IGNORECASE)
_POLL_ROUTE = re.compile(r"/api/v1/tasks/[^/]+/?$")
_FILE_ROUTE = re.compile(rf"/(?:tasks|api/v1/(?:stream|download))/({UUID.pattern})/[^/]", re.IGNORECASE)


def poll_request(ref: TaskRef) -> Request:
    return Request(ref.poll_url or f"{TASKS_PATH}/{quote(ref.remote_id, safe='')}")


def probe_request() -> Request:
    return Request(f"{TASKS_PATH}?page=1&page_size=1")


def check_probe(answer: Answer) -> None:
    body = _read(answer)
    if not isinstance(mapping(body.get("data")).get("tasks"), list):
        raise answers.invalid(
            NAME, "answered without a list of tasks: another server may stand there", answer
        )


def parse_task(answer: Answer, ref: TaskRef) -> Snapshot:
    body = _read(answer)
    task = _task_in(body)
    if not _is_state(task.get("state")):
        raise answers.refusal(NAME, answer, body, reader=_understand)
    return _snapshot(task, ref)


def parse_created(body: object) -> Adoption:
    whole = answers.object_of(NAME, body)
    task = _task_in(whole)
    remote_id = identifier(task.get("task_id"))
    if not remote_id:
        raise answers.unusable(NAME, whole, reader=_understand)
    snapshot = _snapshot(task, TaskRef(remote_id)) if _is_state(task.get("state")) else None
    return Adoption(remote_id, kind=snapshot.kind if snapshot else None, snapshot=snapshot)


def create_request(kind: Kind, params: Mapping[str, object], task_id: uuid.UUID) -> Request:
    """Newer servers take the id from us and make nothing twice under it; older ones overlook it."""
    body = {**params, "idempotency_key": str(task_id)}
    return Request(moneyprinter_forms.create_path(kind), "POST", json.dumps(body).encode())


def cancel_request(ref: TaskRef) -> Request | None:
    return None


def delete_request(ref: TaskRef) -> Request | None:
    """Removes the files as well."""
    return Request(f"{TASKS_PATH}/{quote(ref.remote_id, safe='')}", "DELETE") if ref.remote_id else None


def read_created(answer: Answer) -> Adoption:
    return parse_created(_read(answer))


def adopt(text: str) -> Adoption | None:
    return adopt_text(text, from_object=_adopt_object, from_address=_adopt_address, from_id=_adopt_id)


def stream_request(url: str) -> Request | None:
    """Its download route offers a file to be saved; this one plays it, and always answers 206."""
    return Request(url.replace(DOWNLOAD_PATH, STREAM_PATH, 1)) if url else None


def deadline_s(kind: Kind, model: str) -> float:
    """It may wait behind a hundred others on one machine."""
    return 6 * 3600.0


def auth_headers(api_key: str) -> Mapping[str, str]:
    return {"x-api-key": api_key} if api_key else {}


def _read(answer: Answer) -> Fields:
    """The body of a good answer; the HTTP status may say less than the one inside the body."""
    body = answers.read_object(NAME, answer, reader=_understand)
    inner = number(body.get("status"))
    if inner is not None and 400 <= inner < 600:
        raise answers.refusal(NAME, answer, body, reader=_understand, http_status=int(inner))
    return body


def _understand(body: Fields) -> Complaint:
    """Its own errors have a request id before the message, and no code; a missing field is told in `data`."""
    said = understand(body)
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


def _task_in(body: Fields) -> Fields:
    return mapping(body.get("data")) or body


def _is_state(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and bool(text(value))


def _status_of(state: object) -> Status | None:
    """By number; forks write words."""
    found = number(state)
    if found is None:
        return status_of(text(state))
    return STATES.get(int(found)) if found.is_integer() else None


def _snapshot(task: Fields, ref: TaskRef) -> Snapshot:
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


def _adopt_object(body: Fields) -> Adoption | None:
    """An envelope with a numeric status, or a bare record out of a list."""
    enveloped = number(body.get("status")) is not None and isinstance(body.get("data"), dict)
    return parse_created(body) if enveloped or _is_state(body.get("state")) else None


def _adopt_address(target: str) -> Adoption | None:
    """A link to one of its files names the task too, but is no poll address."""
    path = target.partition("?")[0].partition("#")[0]
    if _POLL_ROUTE.search(path):
        remote_id = identifier(id_at_end(target))
        return Adoption(remote_id, poll_url=target) if remote_id else None
    found = _FILE_ROUTE.search(path)
    return Adoption(found[1]) if found else None


def _adopt_id(remote_id: str) -> Adoption | None:
    return Adoption(remote_id, certain=False, likelihood=0.6) if UUID.fullmatch(remote_id) else None
